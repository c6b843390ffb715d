"""Networks and the endpoints in them: addresses, ports, the firewall, links."""
