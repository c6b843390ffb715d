"""What is to be said about sockets that others on the network may reach. Texts are dockerd's, of the version before it
called this deprecated."""

from collections.abc import Iterator, Sequence

from wherry.daemon.tls import TlsSettings

_DANGER = (
    "Access to the remote API is equivalent to root access on the host. Refer\n"
    "         to the 'Docker daemon attack surface' section in the documentation for\n"
    "         more information: https://docs.docker.com/go/attack-surface/"
)
_INSECURE = (
    "Binding to IP address without --tlsverify is insecure and gives root access on this machine to everyone who has "
    "access to your network.",
    "Binding to an IP address, even on localhost, can also give access to scripts run in a browser. Be safe out there!",
)


def exposed(hosts: Sequence[str], tls: TlsSettings | None) -> tuple[str, ...]:
    """The addresses of TCP where clients are not verified."""
    return () if tls is not None and tls.verify else tuple(host for host in hosts if host.startswith("tcp://"))


def warnings(hosts: Sequence[str], tls: TlsSettings | None) -> tuple[str, ...]:
    """For ``info``, one for each of those addresses."""
    scheme, lack = ("http", "encryption") if tls is None else ("https", "TLS client verification")
    return tuple(
        f"WARNING: API is accessible on {scheme}://{host.removeprefix('tcp://')} without {lack}.\n         {_DANGER}"
        for host in exposed(hosts, tls)
    )


def log_lines(hosts: Sequence[str], tls: TlsSettings | None) -> Iterator[str]:
    """For the log, before the daemon listens."""
    for host in exposed(hosts, tls):
        yield from (f"{line} host={host}" for line in _INSECURE)
