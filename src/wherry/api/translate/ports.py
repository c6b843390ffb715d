"""Published ports: ``PortBindings`` ⇄ port specs, and what a running container shows."""

from ipaddress import ip_address
from itertools import groupby
from operator import attrgetter

from msgspec import UNSET

from wherry.errors import InvalidArgument
from wherry.model.container import Container
from wherry.model.network import PROTOCOLS, PortSpec
from wherry.plan.filters import port_range
from wherry.plan.go_values import decimal
from wherry.plan.networks.attachments import LARGEST_PORT, published, visible_ports
from wherry.wire.network import Port, PortBinding

Bindings = dict[str, list[PortBinding] | None]


def port_specs(bindings: Bindings | None) -> tuple[PortSpec, ...]:
    """What is asked to be published.

    Raises:
        InvalidArgument: a port or an address that is none.
    """
    return tuple(
        _port_spec(key, binding)
        for key, wanted in (bindings or {}).items()
        for binding in wanted or ()
        if key.partition("/")[0]
    )


def port_bindings(specs: tuple[PortSpec, ...]) -> Bindings:
    """The same, as an inspection shows it."""
    bindings: Bindings = {}
    for key, group in groupby(sorted(specs, key=_spec_order), key=_spec_key):
        bindings[key] = [PortBinding(host_ip=spec.host_ip, host_port=spec.host_port) for spec in group]
    return bindings


def bound_ports(container: Container) -> Bindings:
    """``NetworkSettings.Ports``: every exposed or published port, with the host's ends or null."""
    ends: dict[str, list[PortBinding]] = {}
    for end in published(container):
        binding = PortBinding(host_ip=end.host_ip, host_port=str(end.host_port))
        ends.setdefault(f"{end.container_port}/{end.protocol}", []).append(binding)
    return {key: ends.get(key) for key in visible_ports(container)}


def port_list(container: Container) -> list[Port]:
    """``Ports`` of a summary: one line an end, and one for a port that is exposed only."""
    ports = []
    for key, ends in bound_ports(container).items():
        number, _, protocol = key.partition("/")
        for end in ends or [PortBinding()]:
            public = int(end.host_port) if end.host_port else UNSET
            ports.append(Port(ip=end.host_ip or UNSET, private_port=int(number), public_port=public, type=protocol))
    return ports


def _port_spec(key: str, binding: PortBinding) -> PortSpec:
    number, _, protocol = key.partition("/")
    container_port = decimal(number, LARGEST_PORT)
    if container_port is None:
        raise InvalidArgument(f'invalid port specification: "{number}"')
    protocol = (protocol or "tcp").lower()
    if protocol not in PROTOCOLS:
        raise InvalidArgument(f"invalid proto: {protocol}")
    return PortSpec(
        container_port=container_port,
        protocol=protocol,
        host_ip=_address(binding.host_ip or ""),
        host_port=_host_port(binding.host_port or ""),
    )


def _host_port(text: str) -> str:
    try:
        if text:
            port_range(text)
    except ValueError:
        raise InvalidArgument(f'invalid port specification: "{text}"') from None
    return "" if text == "0" else text


def _address(text: str) -> str:
    try:
        return str(ip_address(text)) if text else ""
    except ValueError:
        raise InvalidArgument(f'invalid host address of a published port: "{text}"') from None


_spec_order = attrgetter("container_port", "protocol")


def _spec_key(spec: PortSpec) -> str:
    return f"{spec.container_port}/{spec.protocol}"
