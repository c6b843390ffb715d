"""What dockerd refuses about endpoints, in its words (moby ``daemon/container_operations.go``)."""

from wherry.errors import Forbidden, InternalError, InvalidArgument
from wherry.model.container import Container
from wherry.model.network import Endpoint, EndpointSpec, Network
from wherry.plan import addresses
from wherry.plan.attachments import network_mode
from wherry.plan.namespaces import owns_network

_HOST = "container cannot be disconnected from host network or connected to host network"
_NONE = "container cannot be connected to multiple networks with one of the networks in private (none) mode"


def check(spec: EndpointSpec, network: Network) -> None:
    """Raise InvalidArgument if a container cannot have the address that it asks for."""
    if not spec.ipv4:
        return
    prefix = f"invalid config for network {network.name}: invalid endpoint settings:\n"
    if not network.subnets_asked:
        raise InvalidArgument(
            prefix
            + "user specified IP address is supported only when connecting to networks with user configured subnets"
        )
    if not any(addresses.contains(subnet, spec.ipv4) for subnet in network.subnets):
        raise InvalidArgument(f"{prefix}no configured subnet or ip-range contain the IP address {spec.ipv4}")


def check_joinable(network: Network) -> None:
    """Raise Forbidden for a network that none can join after its creation, or beside another: host, none."""
    if network.driver == "host":
        raise Forbidden(_HOST)
    if network.driver == "null":
        raise Forbidden(_NONE)


def check_connect(container: Container, network: Network) -> None:
    """Raise Forbidden if a container cannot be in a network beside those it is in."""
    mode = network_mode(container.spec.host.network)
    if network.driver == "host":
        raise Forbidden(_HOST)
    if not owns_network(container.spec.host):
        raise Forbidden(
            "container sharing network namespace with another container or host "
            "cannot be connected to any other network"
        )
    if mode == "none" or network.driver == "null":
        raise Forbidden(_NONE)


def check_disconnect(container: Container, network: Network, endpoints: tuple[Endpoint, ...]) -> None:
    """Raise Forbidden or InternalError if a container cannot leave a network."""
    if container.spec.host.network == "host" and network.driver == "host":
        raise Forbidden(_HOST)
    if not any(endpoint.network_id == network.id for endpoint in endpoints):
        raise InternalError(f"container {container.id} is not connected to network {network.name}")
