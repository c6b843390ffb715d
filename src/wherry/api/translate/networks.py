"""Networks: what a create asks for, and what ``network ls`` and ``network inspect`` show."""

from collections.abc import Iterable

from msgspec import UNSET

from wherry.api.translate.times import rfc3339
from wherry.errors import Forbidden, NotFound
from wherry.model.container import Container
from wherry.model.network import Endpoint, Network, NetworkRequest, Subnet
from wherry.plan.networks.attachments import live
from wherry.plan.networks.network_request import BUILTIN_DRIVERS
from wherry.wire.network import IPAM, ConfigReference, IPAMPool, NetworkContainer, NetworkCreateRequest, NetworkResource

IPAM_DRIVER = "default"


def network_request(asked: NetworkCreateRequest) -> NetworkRequest:
    """A network to make.

    Raises:
        NotFound: another address management is asked for.
        Forbidden: it belongs to a swarm.
    """
    ipam = asked.ipam or IPAM()
    if (ipam.driver or IPAM_DRIVER) != IPAM_DRIVER:
        raise NotFound(f'plugin "{ipam.driver}" not found')
    if asked.ingress:
        raise Forbidden("Ingress network can only be global scope network")
    if asked.scope == "swarm":
        raise Forbidden("cannot create a swarm scoped network when swarm is not active")
    return NetworkRequest(
        name=asked.name or "",
        driver=asked.driver or "bridge",
        subnets=tuple(_subnet(pool) for pool in ipam.config or ()),
        internal=bool(asked.internal),
        attachable=bool(asked.attachable),
        ipv6=bool(asked.enable_ipv6),
        options=asked.options or {},
        labels=asked.labels or {},
        config_only=bool(asked.config_only),
        config_from=(asked.config_from and asked.config_from.network) or "",
    )


def network_resource(network: Network, containers: Iterable[Container] = ()) -> NetworkResource:
    """A network, with those of the containers that are in it."""
    return NetworkResource(
        name=network.name,
        id=network.id,
        created=rfc3339(network.created),
        driver=network.driver,
        enable_ipv6=network.ipv6,
        ipam=IPAM(
            driver=IPAM_DRIVER,
            options=None if network.name in BUILTIN_DRIVERS else {},
            config=[_pool(subnet) for subnet in network.subnets] or None,
        ),
        internal=network.internal,
        attachable=network.attachable,
        config_from=ConfigReference(network=network.config_from),
        config_only=network.config_only,
        containers={
            container.id: _member(container, endpoint)
            for container in containers
            for endpoint in live(container)
            if endpoint.network_id == network.id
        },
        options=dict(sorted(network.options.items())),
        labels=dict(sorted(network.labels.items())),
    )


def _subnet(pool: IPAMPool) -> Subnet:
    return Subnet(
        subnet=pool.subnet or "",
        gateway=pool.gateway or "",
        ip_range=pool.ip_range or "",
        auxiliary=pool.auxiliary_addresses or {},
    )


def _pool(subnet: Subnet) -> IPAMPool:
    return IPAMPool(
        subnet=subnet.subnet,
        ip_range=subnet.ip_range or UNSET,
        gateway=subnet.gateway or UNSET,
        auxiliary_addresses=subnet.auxiliary or UNSET,
    )


def _member(container: Container, endpoint: Endpoint) -> NetworkContainer:
    return NetworkContainer(
        name=container.name,
        endpoint_id=endpoint.id,
        mac_address=endpoint.mac,
        ipv4_address=f"{endpoint.ipv4}/{endpoint.ipv4_prefix}" if endpoint.ipv4 else "",
        ipv6_address=f"{endpoint.ipv6}/{endpoint.ipv6_prefix}" if endpoint.ipv6 else "",
    )
