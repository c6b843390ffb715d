"""The texts of /etc/hosts, /etc/hostname and /etc/resolv.conf of a container, as dockerd writes them."""

from collections.abc import Iterator
from ipaddress import ip_address

from wherry.model.container import ContainerSpec
from wherry.model.network import Endpoint

_HOST_GATEWAY = "host-gateway"
_LOOPBACK_HOSTS = """\
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""
_FALLBACK_SERVERS = ("8.8.8.8", "8.8.4.4")


def hosts(spec: ContainerSpec, endpoints: tuple[Endpoint, ...], host_gateway: str) -> str:
    """/etc/hosts: loopback names, ``--add-host`` entries, then the container's own addresses."""
    own = [f"{address}\t{_own_names(spec)}\n" for endpoint in endpoints for address in _addresses(endpoint)]
    return "".join((_LOOPBACK_HOSTS, *_extra_hosts(spec.host.extra_hosts, host_gateway), *own))


def hostname(spec: ContainerSpec) -> str:
    """/etc/hostname: one line."""
    return f"{spec.hostname}\n"


def resolv_conf(spec: ContainerSpec, host_text: str) -> str:
    """/etc/resolv.conf: the host's without loopback servers, each kind of line replaced by what was asked for."""
    host = spec.host
    servers = host.dns or tuple(_usable(_values(host_text, "nameserver"))) or _FALLBACK_SERVERS
    search = host.dns_search or tuple(" ".join(_values(host_text, "search")[-1:]).split())
    options = host.dns_options or tuple(" ".join(_values(host_text, "options")).split())
    lines = [f"nameserver {server}" for server in servers]
    if search and search != (".",):
        lines.append("search " + " ".join(search))
    if options:
        lines.append("options " + " ".join(options))
    return "".join(f"{line}\n" for line in lines)


def _own_names(spec: ContainerSpec) -> str:
    if not spec.domainname:
        return spec.hostname
    return f"{spec.hostname}.{spec.domainname} {spec.hostname}"


def _addresses(endpoint: Endpoint) -> Iterator[str]:
    return (address for address in (endpoint.ipv4, endpoint.ipv6) if address)


def _extra_hosts(entries: tuple[str, ...], host_gateway: str) -> Iterator[str]:
    for entry in entries:
        name, _, address = entry.partition(":")
        yield f"{host_gateway if address == _HOST_GATEWAY else address}\t{name}\n"


def _values(text: str, keyword: str) -> list[str]:
    """What follows ``keyword`` on each line that begins with it (resolv.conf(5))."""
    words = (line.split(maxsplit=1) for line in text.splitlines())
    return [fields[1].strip() for fields in words if len(fields) == 2 and fields[0] == keyword]


def _usable(servers: list[str]) -> Iterator[str]:
    return (server for server in servers if not ip_address(server.partition("%")[0]).is_loopback)
