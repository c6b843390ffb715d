"""Networks in the kernel: netlink, bridges, namespaces, nftables, relays of ports, name servers."""
