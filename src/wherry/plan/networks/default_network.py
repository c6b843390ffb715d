"""The network ``bridge``: from what the daemon was told to its record. Texts are dockerd's."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from msgspec.structs import replace

from wherry.errors import Forbidden, InvalidArgument
from wherry.model.network import Network, NetworkSettings, Subnet
from wherry.plan.networks import addresses
from wherry.plan.networks.network_request import DRIVER_MTU, HOST_BINDING, ICC, MASQUERADE, NAME, PREFIX

DISABLED = "none"
"""The interface's name that stands for no such network."""

_CONTROLLER = "Error initializing network controller"
_CREATING = f'{_CONTROLLER}: error creating default "bridge" network'


def check(settings: NetworkSettings) -> None:
    """Raise InvalidArgument for settings that do not go together, or that make no sense whatever the host has."""
    if settings.bridge and settings.bip:
        raise InvalidArgument("You specified -b & --bip, mutually exclusive options. Please specify only one")
    if not settings.firewall and not settings.icc:
        raise InvalidArgument(
            "You specified --iptables=false with --icc=false. ICC=false uses iptables to function. "
            "Please set --icc or --iptables to true"
        )
    for text in filter(None, (settings.bip, settings.fixed_cidr)):
        _check_cidr(text)
    if settings.ipv6 and not settings.fixed_cidr_v6:
        raise InvalidArgument(
            f"{_CONTROLLER}: IPv6 is enabled for the default bridge, but no subnet is configured. "
            "Specify an IPv6 subnet using --fixed-cidr-v6"
        )
    for pool in settings.pools:
        addresses.check_pool(pool)


def interface(settings: NetworkSettings) -> str:
    """The name of the network's bridge."""
    return settings.bridge or settings.own_bridge


def subnet(settings: NetworkSettings, known: Subnet | None, present: tuple[str, ...], taken: Iterable[str]) -> Subnet:
    """As set, else as it was, else a free one.

    ``known`` is the subnet so far, ``present`` the addresses in CIDR form that the bridge has, ``taken`` the subnets
    that others have. Raises Forbidden, NotFound.
    """
    chosen = _subnet(settings, known, present, taken)
    if settings.fixed_cidr:
        chosen = replace(chosen, ip_range=_network_of(settings.fixed_cidr))
    return _with_way_out(chosen, addresses.GATEWAY, settings.default_gateway)


def subnet_v6(settings: NetworkSettings) -> Subnet | None:
    """The IPv6 subnet, if there is to be one. Forbidden for a way out that is not in it."""
    if not settings.ipv6:
        return None
    chosen = Subnet(subnet=_network_of(settings.fixed_cidr_v6))
    return _with_way_out(chosen, addresses.GATEWAY_IPV6, settings.default_gateway_v6)


def network(settings: NetworkSettings, network_id: str, created: int, subnets: tuple[Subnet, ...]) -> Network:
    """The network called ``bridge``, with the options that Docker shows."""
    return Network(
        id=network_id,
        name="bridge",
        bridge=interface(settings),
        subnets=subnets,
        ipv6=settings.ipv6,
        icc=settings.icc,
        masquerade=settings.masquerade,
        mtu=settings.mtu,
        options={
            PREFIX + "default_bridge": "true",
            ICC: str(settings.icc).lower(),
            MASQUERADE: str(settings.masquerade).lower(),
            HOST_BINDING: settings.host_ip or "0.0.0.0",
            NAME: interface(settings),
            DRIVER_MTU: str(settings.mtu),
        },
        created=created,
    )


def check_present(settings: NetworkSettings, bridges: Iterable[str]) -> None:
    """Raise Forbidden if the bridge to use is not there: ones that are not ours are not made."""
    if settings.bridge not in ("", DISABLED, settings.own_bridge, *bridges):
        reason = f"bridge device with non default name {settings.bridge} must be created manually"
        raise Forbidden(f"{_CREATING}: {reason}")


def _subnet(settings: NetworkSettings, known: Subnet | None, present: tuple[str, ...], taken: Iterable[str]) -> Subnet:
    if settings.bip:
        asked = addresses.subnet_of(settings.bip)
        if ip_address(asked.gateway) == ip_network(asked.subnet).network_address:
            raise Forbidden(f"{_CREATING}: failed to allocate gateway ({asked.gateway}): Address already in use")
        return asked
    if present and settings.bridge:
        return addresses.subnet_of(present[0])
    fixed = ip_network(settings.fixed_cidr, strict=False) if settings.fixed_cidr else None
    if known is not None and (fixed is None or _contains(known.subnet, settings.fixed_cidr)):
        return Subnet(subnet=known.subnet, gateway=known.gateway)
    if fixed is not None:
        return Subnet(subnet=str(fixed), gateway=str(fixed[1]))
    if present:
        return addresses.subnet_of(present[0])
    return addresses.choose_subnet(taken, settings.pools)


def _with_way_out(subnet: Subnet, name: str, address: str) -> Subnet:
    if not address:
        return subnet
    if ip_address(address) not in ip_network(subnet.subnet):
        auxiliary = f"({name}:{address})"
        raise Forbidden(f"{_CREATING}: auxiliary address: {auxiliary} must belong to the master pool: {subnet.subnet}")
    return replace(subnet, auxiliary={name: address})


def _check_cidr(text: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise InvalidArgument(f"{_CONTROLLER}: invalid CIDR address: {text}") from None
    if "/" not in text:
        raise InvalidArgument(f"{_CONTROLLER}: invalid CIDR address: {text}")


def _contains(whole: str, part: str) -> bool:
    outer, inner = ip_network(whole), ip_network(part, strict=False)
    return inner[0] in outer and inner[-1] in outer


def _network_of(text: str) -> str:
    return str(ip_network(text, strict=False))
