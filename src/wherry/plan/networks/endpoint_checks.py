"""What dockerd refuses about endpoints, in its words (moby ``daemon/container_operations.go``)."""

from wherry.errors import Forbidden, InternalError, InvalidArgument
from wherry.model.container import Container
from wherry.model.network import EndpointSpec, Network, Subnet
from wherry.plan.containers.namespaces import owns_network
from wherry.plan.networks import addresses
from wherry.plan.networks.attachments import live

_HOST = "container cannot be disconnected from host network or connected to host network"
_NONE = "container cannot be connected to multiple networks with one of the networks in private (none) mode"


def check(spec: EndpointSpec, network: Network, prefix: str = "") -> None:
    """Raise InvalidArgument, its text after ``prefix``, if a container cannot have the address that it asks for."""
    prefix += "invalid endpoint settings:\n"
    for address, version in ((spec.ipv4, addresses.IPV4), (spec.ipv6, addresses.IPV6)):
        if address:
            subnets = tuple(subnet for subnet in network.subnets if addresses.version_of(subnet) == version)
            _check_address(address, subnets, prefix)


def _check_address(address: str, subnets: tuple[Subnet, ...], prefix: str) -> None:
    if all(subnet.chosen for subnet in subnets):
        raise InvalidArgument(
            prefix
            + "user specified IP address is supported only when connecting to networks with user configured subnets"
        )
    if not any(addresses.contains(subnet, address) for subnet in subnets):
        raise InvalidArgument(f"{prefix}no configured subnet or ip-range contain the IP address {address}")


def check_joinable(network: Network) -> None:
    """Raise Forbidden for a network that none can join after its creation, or beside another: host, none, and those
    that are configurations only."""
    if network.config_only:
        raise Forbidden("cannot create endpoint on configuration-only network")
    if network.driver == "host":
        raise Forbidden(_HOST)
    if network.driver == "null":
        raise Forbidden(_NONE)


def check_mac(container: Container, spec: EndpointSpec, network: Network) -> None:
    """Raise InternalError for a MAC address where all interfaces have their parent's."""
    if spec.mac and network.driver == "ipvlan":
        raise InternalError(
            f"failed to create endpoint {container.name} on network {network.name}: "
            "ipvlan interfaces do not support custom mac address assignment"
        )


def check_connect(container: Container, network: Network) -> None:
    """Raise InvalidArgument or Forbidden if a container cannot be in a network beside those it is in."""
    if network.driver == "host":
        raise InvalidArgument(_HOST)
    if network.config_only:
        check_joinable(network)
    if not owns_network(container.spec.host):
        raise InvalidArgument(
            "container sharing network namespace with another container or host "
            "cannot be connected to any other network"
        )
    if network.driver == "null" or any(spec.network == "none" for spec in container.spec.endpoints):
        raise InvalidArgument(_NONE)
    if any(endpoint.network_id == network.id for endpoint in live(container)):
        raise Forbidden(f"endpoint with name {container.name} already exists in network {network.name}")


def check_disconnect(container: Container, network: Network) -> None:
    """Raise InvalidArgument or InternalError if a container cannot leave a network."""
    if container.spec.host.network == "host" and network.driver == "host":
        raise InvalidArgument(_HOST)
    if container.state.alive and not _is_asked(container, network):
        raise InternalError(f"container {container.id} is not connected to network {network.name}")
    if not _is_asked(container, network):
        raise InternalError(f"container {container.id} is not connected to the network {network.name}")


def _is_asked(container: Container, network: Network) -> bool:
    return any(spec.network == network.name for spec in container.spec.endpoints)
