"""From a container's endpoints to what is made on the host: interfaces, routes, published ports."""

import re
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from wherry.model.container import Container, ContainerSpec
from wherry.model.network import Endpoint, EndpointSpec, Interface, Network, PortBinding, PublishedPort
from wherry.plan.containers.namespaces import peer
from wherry.plan.naming import short_id
from wherry.plan.networks.attachments import network_mode

_UNWIRED = frozenset(("host", "none"))

ITSELF = frozenset(("0.0.0.0", "::"))
"""Gateways that stand for the interface itself."""


def specs(spec: ContainerSpec) -> tuple[EndpointSpec, ...]:
    """The networks that a new container is in: that of its network mode first, then those it names besides.

    None if it shares another's namespace or wants no network at all.
    """
    mode = network_mode(spec.host.network)
    if peer(mode) or spec.network_disabled:
        return ()
    asked = {network_mode(end.network): end for end in spec.endpoints}
    main = asked.pop(mode, EndpointSpec(network=mode))
    return tuple(replace(end, network=network_mode(end.network)) for end in (main, *asked.values()))


def is_unwired(spec: ContainerSpec, network: str) -> bool:
    """Whether a container is in a network without an interface, since it has the host's or none."""
    return network == spec.host.network and network in _UNWIRED


def wired(endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Those of the endpoints that have an interface."""
    return tuple(end for end in endpoints if end.interface)


def with_spec(specs: tuple[EndpointSpec, ...], spec: EndpointSpec) -> tuple[EndpointSpec, ...]:
    """The networks of a container and one more; what it is in already stays as it is."""
    return specs if any(known.network == spec.network for known in specs) else (*specs, spec)


def gateway_endpoint(endpoints: Iterable[Endpoint]) -> Endpoint | None:
    """The endpoint of the default route and of published ports: Docker's choice, the first by its network's name, one
    with both IP versions before others, and those without anybody to lead them out last."""
    outward = (each for each in endpoints if each.ipv4_gateway or each.ipv6_gateway)
    return min(outward, key=_precedence, default=None)


def _precedence(endpoint: Endpoint) -> tuple[bool, bool, str]:
    leads_itself = endpoint.ipv4_gateway in ITSELF
    return leads_itself, not (endpoint.ipv4_gateway and endpoint.ipv6_gateway), endpoint.network


def placed(container: Container, ends: tuple[Endpoint, ...]) -> Container:
    """A container with these endpoints. It knows the IDs of its networks after they are gone, as clients expect."""
    ids = {end.network: end.network_id for end in ends}
    specs = tuple(replace(spec, network_id=ids.get(spec.network, spec.network_id)) for spec in container.spec.endpoints)
    return replace(container, spec=replace(container.spec, endpoints=specs), endpoints=ends)


def with_ports(endpoints: Iterable[Endpoint], bindings: tuple[PortBinding, ...]) -> tuple[Endpoint, ...]:
    """The endpoints, with ``bindings`` at that which has the default route, and at no other."""
    ends = tuple(endpoints)
    outlet = gateway_endpoint(ends)
    return tuple(replace(end, ports=bindings if end is outlet else ()) for end in ends)


def bindings(endpoints: Iterable[Endpoint]) -> tuple[PortBinding, ...]:
    return tuple(binding for endpoint in endpoints for binding in endpoint.ports)


def names(container: Container, spec: EndpointSpec) -> tuple[str, ...]:
    """What a container is called in a network of users: its name, its aliases there, short id and hostname."""
    known = (container.name, *spec.aliases, short_id(container.id), container.spec.hostname)
    return tuple(dict.fromkeys(name for name in known if name))


def links(spec: EndpointSpec) -> dict[str, str]:
    """``container:alias`` texts → container by alias."""
    parts = (text.partition(":") for text in spec.links)
    return {alias or target: target for target, _, alias in parts}


def interface(endpoint: Endpoint, network: Network, *, default_route: bool) -> Interface:
    """The interface that an endpoint is made of."""
    return Interface(
        name=endpoint.interface,
        mac=endpoint.mac,
        bridge=network.bridge,
        host_name=endpoint.host_interface,
        parent=network.parent,
        mtu=network.mtu,
        addresses=cidrs(endpoint),
        gateways=gateways(endpoint) if default_route else (),
    )


def cidrs(endpoint: Endpoint) -> tuple[str, ...]:
    """An endpoint's addresses, in CIDR form."""
    pairs = ((endpoint.ipv4, endpoint.ipv4_prefix), (endpoint.ipv6, endpoint.ipv6_prefix))
    own = tuple(f"{address}/{prefix}" for address, prefix in pairs if address)
    return own + tuple(f"{address}/{64 if ':' in address else 16}" for address in endpoint.link_local)


def gateways(endpoint: Endpoint) -> tuple[str, ...]:
    """Where the default routes through an endpoint lead."""
    return tuple(gateway for gateway in (endpoint.ipv4_gateway, endpoint.ipv6_gateway) if gateway)


def interfaces(endpoints: tuple[Endpoint, ...], networks: Mapping[str, Network]) -> tuple[Interface, ...]:
    """The interfaces of a namespace; ``networks`` by id."""
    first = gateway_endpoint(endpoints)
    return tuple(
        interface(endpoint, networks[endpoint.network_id], default_route=endpoint is first)
        for endpoint in wired(endpoints)
    )


def published(endpoints: Iterable[Endpoint]) -> tuple[PublishedPort, ...]:
    """What leads to these endpoints: from an address of the host to that of the same IP version, if there is one."""
    return tuple(
        PublishedPort(
            protocol=binding.protocol,
            host_ip=binding.host_ip,
            host_port=binding.host_port,
            container_ip=(":" in binding.host_ip and endpoint.ipv6) or endpoint.ipv4,
            container_port=binding.container_port,
        )
        for endpoint in endpoints
        for binding in endpoint.ports
    )


def without(endpoints: Iterable[Endpoint], others: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Those of the endpoints that are none of ``others``, whatever ports are bound at them."""
    known = {endpoint.id for endpoint in others}
    return tuple(endpoint for endpoint in endpoints if endpoint.id not in known)


def host_interface(endpoint_id: str) -> str:
    """What the host's end of an endpoint is called."""
    return f"veth{endpoint_id[:7]}"


def is_host_interface(name: str) -> bool:
    """Whether the host's end of an endpoint may be called so."""
    return re.fullmatch("veth[0-9a-f]{7}", name) is not None


def free_interface_name(endpoints: Iterable[Endpoint]) -> str:
    """The first of eth0, eth1, … that no endpoint has."""
    used = {endpoint.interface for endpoint in endpoints}
    return next(name for number in range(len(used) + 1) if (name := f"eth{number}") not in used)
