"""Addresses of networks and of their containers: which subnet, which address, which MAC address.

Docker's choices (libnetwork ``ipam``, ``ipamutils``, ``netutils``) and the texts of its errors.
"""

from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, ip_address, ip_network

from wherry.errors import Forbidden, InternalError, InvalidArgument, NotFound
from wherry.model.network import AddressPool, Network, Subnet

IPV4, IPV6 = 4, 6
GATEWAY, GATEWAY_IPV6 = "DefaultGatewayIPv4", "DefaultGatewayIPv6"
"""The auxiliary addresses that are the way out of the default network."""

_PRIVATE_16 = tuple(IPv4Network(f"172.{second}.0.0/16") for second in range(17, 32))
_PRIVATE_20 = tuple(IPv4Network("192.168.0.0/16").subnets(new_prefix=20))
_POOLS = _PRIVATE_16 + _PRIVATE_20


def choose_subnet(taken: Iterable[str], pools: Iterable[AddressPool] = ()) -> Subnet:
    """The first subnet of ``pools`` (none: Docker's) that overlaps none of ``taken`` (CIDR texts, IPv6 ones do not
    matter).

    Raises:
        NotFound: there is none left.
    """
    used = tuple(_ipv4_networks(taken))
    pools = tuple(pools)
    for pool in _cut(pools) if pools else _POOLS:
        if not any(pool.overlaps(network) for network in used):
            return Subnet(subnet=str(pool), gateway=str(pool[1]), chosen=True)
    raise NotFound(
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network"
    )


def check_pool(pool: AddressPool) -> None:
    """Raise InvalidArgument for a range that no subnets can be cut from."""
    prefix = "Error initializing network controller: error obtaining controller instance"
    try:
        base = IPv4Network(pool.base, strict=False)
    except ValueError:
        reason = f'invalid base pool "{pool.base}": invalid CIDR address: {pool.base}'
        raise InvalidArgument(f"{prefix}: {reason}") from None
    if not base.prefixlen <= pool.size <= base.max_prefixlen:
        raise InvalidArgument(f"{prefix}: invalid pools size: {pool.size}")


def subnet_of(address: str) -> Subnet:
    """The subnet in which ``address`` (in CIDR form) is the gateway. InvalidArgument if it is none of IPv4."""
    try:
        interface = IPv4Interface(address)
    except ValueError:
        raise InvalidArgument(f"invalid CIDR address: {address}") from None
    return Subnet(subnet=str(interface.network), gateway=str(interface.ip))


def check_overlap(subnets: Iterable[Subnet], taken: Iterable[str]) -> None:
    """Raise Forbidden if one of ``subnets`` shares addresses with ``taken`` (CIDR texts)."""
    used = [ip_network(text, strict=False) for text in taken]
    for subnet in subnets:
        network = ip_network(subnet.subnet)
        if any(network.version == other.version and network.overlaps(other) for other in used):
            raise Forbidden("Pool overlaps with other one on this address space")


def way_out(subnet: Subnet) -> str:
    """The address of the default route: the bridge's, unless the daemon was told of another."""
    return subnet.auxiliary.get(GATEWAY) or subnet.auxiliary.get(GATEWAY_IPV6) or gateway(subnet)


def gateway(subnet: Subnet) -> str:
    """The address of the network's bridge: as asked, or the first that containers could have."""
    return subnet.gateway or str(next(_candidates(subnet, frozenset()), ip_network(subnet.subnet)[0]))


def prefix_length(subnet: Subnet) -> int:
    return ip_network(subnet.subnet).prefixlen


def subnet_of_version(network: Network, version: int) -> Subnet | None:
    """The network's first subnet of an IP version that its containers have addresses in."""
    if version == IPV6 and not network.ipv6:
        return None
    return next((subnet for subnet in network.subnets if version_of(subnet) == version), None)


def subnet_for(network: Network, version: int, wanted: str) -> Subnet | None:
    """That of a network's subnets in which a container gets its address of an IP version, ``wanted`` or any ("")."""
    first = subnet_of_version(network, version)
    if first is None or not wanted:
        return first
    return next((subnet for subnet in network.subnets if contains(subnet, wanted)), first)


def version_of(subnet: Subnet) -> int:
    return ip_network(subnet.subnet).version


def choose_address(network: Network, subnet: Subnet, leased: Collection[str], wanted: str = "") -> str:
    """The address ``wanted``, or the lowest free one of ``subnet``, where ``leased`` ones are taken.

    Raises:
        Forbidden: the wanted address is taken, or no container's to have.
        InternalError: none is free.
    """
    reserved = {*subnet.auxiliary.values(), gateway(subnet)}
    if wanted:
        address = ip_address(wanted)
        if str(address) in leased or str(address) in reserved or address in _unusable(subnet):
            raise Forbidden("Address already in use")
        return str(address)
    for candidate in _candidates(subnet, reserved):
        if str(candidate) not in leased:
            return str(candidate)
    raise InternalError(
        f"no available IPv{version_of(subnet)} addresses on this network's address pools: {network.name} ({network.id})"
    )


def is_address(text: str) -> bool:
    """Whether a text is an IP address, of either version."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def contains(subnet: Subnet, address: str) -> bool:
    return ip_address(address) in ip_network(subnet.subnet)


def mac_of(address: str) -> str:
    """The MAC address that belongs to an IPv4 address: 02:42 and its four octets, so that no two are the same."""
    return f"02:42:{IPv4Address(address).packed.hex(':')}"


def _cut(pools: Iterable[AddressPool]) -> Iterator[IPv4Network]:
    for pool in pools:
        yield from IPv4Network(pool.base, strict=False).subnets(new_prefix=pool.size)


def _candidates(subnet: Subnet, reserved: Collection[str]) -> Iterator[IPv4Address | IPv6Address]:
    """Addresses of a subnet that a host can have, lowest first."""
    unusable = _unusable(subnet)
    for address in ip_network(subnet.ip_range or subnet.subnet):
        if address not in unusable and str(address) not in reserved:
            yield address


def _unusable(subnet: Subnet) -> Collection[IPv4Address | IPv6Address]:
    """The subnet's own address, and that of IPv4 broadcasts."""
    whole = ip_network(subnet.subnet)
    return (whole[0], whole[-1]) if whole.version == IPV4 else (whole[0],)


def _ipv4_networks(texts: Iterable[str]) -> Iterator[IPv4Network]:
    networks = (ip_network(text, strict=False) for text in texts)
    return (network for network in networks if isinstance(network, IPv4Network) and network.prefixlen)
