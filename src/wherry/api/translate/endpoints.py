"""Endpoints of a container → ``NetworkSettings``."""

from msgspec import UNSET

from wherry.api.translate.ports import bound_ports
from wherry.model.container import Container
from wherry.model.network import Endpoint, EndpointSpec
from wherry.plan.containers.namespaces import owns_network, peer
from wherry.plan.networks import endpoints
from wherry.plan.networks.attachments import DEFAULT_NETWORK, live, network_names
from wherry.plan.networks.network_request import BUILTIN_DRIVERS
from wherry.wire.network import EndpointIPAMConfig, EndpointSettings, NetworkSettings

_NOWHERE = Endpoint(id="", network_id="", network="", container_id="")


def network_settings(container: Container, sandbox: str) -> NetworkSettings:
    """Where a container is. Its sandbox has its ID, and is pinned at the path ``sandbox`` while it runs; both are told
    of one that ended, too, as dockerd does."""
    ends = networks(container)
    flat = ends.get(DEFAULT_NETWORK) or EndpointSettings()
    has_sandbox = container.state.started_at and not peer(container.spec.host.network)
    return NetworkSettings(
        sandbox_id=container.id if has_sandbox else "",
        sandbox_key=sandbox if has_sandbox and owns_network(container.spec.host) else "",
        ports=bound_ports(container),
        endpoint_id=flat.endpoint_id or "",
        gateway=flat.gateway or "",
        global_ipv6_address=flat.global_ipv6_address or "",
        global_ipv6_prefix_len=flat.global_ipv6_prefix_len or 0,
        ip_address=flat.ip_address or "",
        ip_prefix_len=flat.ip_prefix_len or 0,
        ipv6_gateway=flat.ipv6_gateway or "",
        mac_address=flat.mac_address or "",
        networks=ends,
    )


def networks(container: Container) -> dict[str, EndpointSettings]:
    """The endpoints by network; those of a container that does not run have no addresses."""
    ends = {endpoint.network: endpoint for endpoint in live(container)}
    asked = {spec.network: spec for spec in container.spec.endpoints}
    return {
        name: _settings(container, asked.get(name) or EndpointSpec(network=name), ends.get(name, _NOWHERE))
        for name in network_names(container)
    }


def _settings(container: Container, spec: EndpointSpec, end: Endpoint) -> EndpointSettings:
    return EndpointSettings(
        ipam_config=_addresses_asked(spec),
        links=list(spec.links) or None,
        aliases=list(spec.aliases) or None,
        mac_address=end.mac or spec.mac,
        network_id=end.network_id or spec.network_id,
        endpoint_id=end.id,
        gateway=_router(end.ipv4_gateway),
        ip_address=end.ipv4,
        ip_prefix_len=end.ipv4_prefix,
        ipv6_gateway=_router(end.ipv6_gateway),
        global_ipv6_address=end.ipv6,
        global_ipv6_prefix_len=end.ipv6_prefix,
        driver_opts=spec.driver_options or None,
        dns_names=_dns_names(container, spec),
    )


def _router(gateway: str) -> str:
    """A gateway that is somebody else than the endpoint itself."""
    return "" if gateway in endpoints.ITSELF else gateway


def _addresses_asked(spec: EndpointSpec) -> EndpointIPAMConfig | None:
    if not spec.ipv4 and not spec.ipv6 and not spec.link_local:
        return None
    return EndpointIPAMConfig(
        ipv4_address=spec.ipv4 or UNSET, ipv6_address=spec.ipv6 or UNSET, link_local_ips=list(spec.link_local) or UNSET
    )


def _dns_names(container: Container, spec: EndpointSpec) -> list[str] | None:
    """None before the first start, and where there is no name service."""
    has_names = container.state.started_at and spec.network not in BUILTIN_DRIVERS
    return list(endpoints.names(container, spec)) if has_names else None
