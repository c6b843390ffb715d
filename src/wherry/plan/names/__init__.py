"""Names on the network: /etc/hosts, /etc/resolv.conf, and the answers of the name service."""
