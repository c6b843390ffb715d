"""The texts of /etc/hosts and /etc/hostname of a container, as dockerd 26 writes them. Source: hosts(5)."""

from collections.abc import Iterator
from typing import Final

from wherry.model.container import Container, ContainerSpec
from wherry.model.network import Endpoint

_HOST_GATEWAY: Final = "host-gateway"
_LOOPBACK_HOSTS: Final = """\
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""


def has_hosts_of_host(spec: ContainerSpec) -> bool:
    """Whether /etc/hosts is the host's as it is: on the host's network, unless there are ``--add-host`` entries."""
    return spec.host.network == "host" and not spec.host.extra_hosts


def hosts(
    spec: ContainerSpec,
    host_gateway: str,
    endpoints: tuple[Endpoint, ...],
    linked: tuple[tuple[str, str], ...] = (),
) -> str:
    """/etc/hosts: loopback names, ``--add-host`` entries (``host-gateway`` is the address given), linked containers
    (address and names), own addresses."""
    others = (f"{address}\t{names}\n" for address, names in linked)
    lines = (*_extra_hosts(spec.host.extra_hosts, host_gateway), *others, *_own_lines(spec, endpoints))
    return "".join((_LOOPBACK_HOSTS, *lines))


def changed_hosts(text: str, before: Container, after: Container) -> str:
    """/etc/hosts of a container that came into networks or left them: its own lines change, all others stay."""
    old, new = (tuple(_own_lines(each.spec, each.endpoints)) for each in (before, after))
    kept = [line for line in text.splitlines(keepends=True) if line not in old or line in new]
    return "".join((*kept, *(line for line in new if line not in kept)))


def hostname(spec: ContainerSpec) -> str:
    """/etc/hostname: one line."""
    return f"{spec.hostname}\n"


def _own_lines(spec: ContainerSpec, endpoints: tuple[Endpoint, ...]) -> Iterator[str]:
    return (f"{address}\t{_own_names(spec)}\n" for endpoint in endpoints for address in _addresses(endpoint))


def _own_names(spec: ContainerSpec) -> str:
    """``web.example.org web``: the whole name, then its first part, if they differ."""
    whole = f"{spec.hostname}.{spec.domainname}" if spec.domainname else spec.hostname
    first = whole.partition(".")[0]
    return whole if first == whole else f"{whole} {first}"


def _addresses(endpoint: Endpoint) -> Iterator[str]:
    return filter(None, (endpoint.ipv4, endpoint.ipv6))


def _extra_hosts(entries: tuple[str, ...], host_gateway: str) -> Iterator[str]:
    for entry in entries:
        name, _, address = entry.partition(":")
        yield f"{host_gateway if address == _HOST_GATEWAY else address}\t{name}\n"
