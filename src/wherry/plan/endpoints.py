"""From a container's endpoints to what is made on the host: interfaces, routes, published ports."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from wherry.model.container import Container
from wherry.model.network import Endpoint, EndpointSpec, Interface, Network, PublishedPort
from wherry.plan.attachments import network_mode
from wherry.plan.namespaces import peer

_UNCONNECTED = frozenset(("host", "none"))


def specs(container: Container) -> tuple[EndpointSpec, ...]:
    """How a container asks to be in its networks, that of its network mode first.

    Nothing if it shares another's namespace or has none of the networks.
    """
    mode = network_mode(container.spec.host.network)
    if peer(mode) or mode in _UNCONNECTED or container.spec.network_disabled:
        return ()
    asked = {network_mode(spec.network): spec for spec in container.spec.endpoints}
    main = asked.pop(mode, EndpointSpec(network=mode))
    return tuple(replace(spec, network=network_mode(spec.network)) for spec in (main, *asked.values()))


def gateway_endpoint(endpoints: Iterable[Endpoint]) -> Endpoint | None:
    """The endpoint of the default route and of published ports: Docker's choice, the first by its network's name."""
    return min((each for each in endpoints if each.ipv4_gateway), key=lambda each: each.network, default=None)


def interface(endpoint: Endpoint, network: Network, *, default_route: bool) -> Interface:
    """The interface that an endpoint is made of."""
    return Interface(
        bridge=network.bridge,
        host_name=endpoint.host_interface,
        name=endpoint.interface,
        mac=endpoint.mac,
        mtu=network.mtu,
        addresses=(f"{endpoint.ipv4}/{endpoint.ipv4_prefix}",),
        gateways=(endpoint.ipv4_gateway,) if default_route else (),
    )


def interfaces(endpoints: tuple[Endpoint, ...], networks: Mapping[str, Network]) -> tuple[Interface, ...]:
    """The interfaces of a namespace; ``networks`` by id."""
    first = gateway_endpoint(endpoints)
    return tuple(
        interface(endpoint, networks[endpoint.network_id], default_route=endpoint is first) for endpoint in endpoints
    )


def published(endpoints: Iterable[Endpoint]) -> tuple[PublishedPort, ...]:
    """What the firewall translates for these endpoints."""
    return tuple(
        PublishedPort(
            protocol=binding.protocol,
            host_ip=binding.host_ip,
            host_port=binding.host_port,
            container_ip=endpoint.ipv4,
            container_port=binding.container_port,
        )
        for endpoint in endpoints
        for binding in endpoint.ports
    )


def free_interface_name(endpoints: Iterable[Endpoint]) -> str:
    """The first of eth0, eth1, … that no endpoint has."""
    used = {endpoint.interface for endpoint in endpoints}
    return next(name for number in range(len(used) + 1) if (name := f"eth{number}") not in used)
