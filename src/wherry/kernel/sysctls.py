"""Kernel parameters under /proc/sys. Those below ``net`` are of the calling thread's network namespace.

Keys have slashes, since interface names may have dots: ``net/ipv4/conf/eth0.7/route_localnet``. Sources: proc_sys(5),
``Documentation/networking/ip-sysctl.rst``.
"""

from typing import Final

_LONGEST: Final = 4096

FORWARD_IPV4: Final = "net/ipv4/ip_forward"
FORWARD_IPV6: Final = "net/ipv6/conf/all/forwarding"
BRIDGED_IPV4_MEETS_FIREWALL: Final = "net/bridge/bridge-nf-call-iptables"
BRIDGED_IPV6_MEETS_FIREWALL: Final = "net/bridge/bridge-nf-call-ip6tables"


def route_localnet(link: str) -> str:
    """Key: whether packets from and to 127.0.0.0/8 may pass this link (0, 1)."""
    return f"net/ipv4/conf/{link}/route_localnet"


def disable_ipv6(link: str) -> str:
    """Key: whether the link has no IPv6 at all (0, 1)."""
    return f"net/ipv6/conf/{link}/disable_ipv6"


def accept_ra(link: str) -> str:
    """Key: whether who sends router advertisements on the link becomes this host's router (0, 1, 2)."""
    return f"net/ipv6/conf/{link}/accept_ra"


def accept_dad(link: str) -> str:
    """Key: whether IPv6 addresses are tested for duplicates first (0, 1); to be set before the link comes up.

    Until a bridge's own link-local address has passed the test, one or two seconds after its first port came up,
    the host cannot find the bridge's containers for others (``ndisc_send_ns`` in the kernel's ``net/ipv6/ndisc.c``).
    """
    return f"net/ipv6/conf/{link}/accept_dad"


def read(key: str) -> str:
    """The value, without the newline. FileNotFoundError if this kernel has no such parameter."""
    with open(f"/proc/sys/{key}", "rb", buffering=0) as file:
        return file.read(_LONGEST).decode().rstrip("\n")


def write(key: str, value: str | int) -> None:
    """Sets the value, unless it is that already."""
    if read(key) != str(value):
        with open(f"/proc/sys/{key}", "wb", buffering=0) as file:
            file.write(str(value).encode())
