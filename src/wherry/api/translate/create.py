"""A create request → the spec of a container, with warnings."""

from msgspec import UNSET, Struct
from msgspec.structs import replace

from wherry.api.translate import older_clients
from wherry.api.translate.checks import check_network_mode
from wherry.api.translate.config import container_spec
from wherry.api.translate.host import host_spec
from wherry.api.translate.networking import endpoint_specs
from wherry.errors import InvalidArgument
from wherry.model.container import ContainerSpec, HostSpec
from wherry.model.host import HostFacts
from wherry.wire.container import ContainerConfig, CreateRequest
from wherry.wire.host_config import HostConfig


class Requested(Struct, frozen=True, kw_only=True):
    spec: ContainerSpec
    warnings: tuple[str, ...] = ()


def requested(request: CreateRequest, facts: HostFacts, version: older_clients.Version) -> Requested:
    """Read a create request, as a client of an API version means it.

    Raises:
        InvalidArgument: it makes no sense; the text is Docker's.
        NotSupported: it needs what this engine does not have.
    """
    if all(getattr(request, name) in (None, UNSET) for name in ContainerConfig.__struct_fields__):
        raise InvalidArgument("config cannot be empty in order to create a container")
    older_clients.create(request, version, facts)
    host = request.host_config or HostConfig()
    check_network_mode(request, host)
    spec = container_spec(request)
    asked = host_spec(host, facts, shallow_read_only=older_clients.has_shallow_read_only(version))
    endpoints = endpoint_specs(request.networking_config, asked.network, request.mac_address or "")
    if not host.network_mode and endpoints and asked.network not in {endpoint.network for endpoint in endpoints}:
        # Clients that name a network for the endpoint only do not want the default one as well.
        asked = replace(asked, network=endpoints[0].network)
    return Requested(
        spec=replace(spec, host=asked, endpoints=endpoints),
        warnings=_warnings(request, asked),
    )


def _warnings(request: CreateRequest, host: HostSpec) -> tuple[str, ...]:
    warnings = []
    if host.network == "host" and host.ports:
        warnings.append("Published ports are discarded when using host network mode")
    if request.mac_address:
        warnings.append(
            "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead."
        )
    return tuple(warnings)
