"""From a request for a network to its record, checked as dockerd checks it.

Sources: moby ``api/types/network/ipam.go`` (ValidateIPAM), ``daemon/network.go``, libnetwork ``drivers/bridge``; texts
are Docker's.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network

from msgspec.structs import replace

from wherry.errors import Forbidden, InvalidArgument, NotFound
from wherry.model.network import Network, NetworkRequest, Subnet
from wherry.plan.go_values import decimal, read_bool
from wherry.plan.naming import short_id
from wherry.plan.networks import addresses, parents
from wherry.plan.swarm import NOT_A_MANAGER

BUILTIN_DRIVERS = {"bridge": "bridge", "host": "host", "none": "null"}
"""Networks that are always there, and their drivers."""

PREFIX = "com.docker.network.bridge."
HOST_BINDING = PREFIX + "host_binding_ipv4"
NAME = PREFIX + "name"
ICC = PREFIX + "enable_icc"
MASQUERADE = PREFIX + "enable_ip_masquerade"
HOST_ADDRESSES = {4: "com.docker.network.host_ipv4", 6: "com.docker.network.host_ipv6"}
"""Which of the host's addresses is what leaves the network to have, by IP version."""
DRIVER_MTU = "com.docker.network.driver.mtu"
_INTERFACE_NAME_LENGTH = 15  # bytes
_NO_INTERFACE = re.compile(r"[/:\s\0]")  # dev_valid_name of the kernel
_MEANS_MORE = re.compile(r'[%"*\\]')  # the kernel puts a number for %d; to nft the others are quotes and patterns
_SMALLEST_MTU, _LARGEST_MTU = 68, 65535


def configured(request: NetworkRequest, source: Network | None) -> NetworkRequest:
    """A request that names a configuration network, ``source``, with what that says. NotFound, Forbidden."""
    if source is None or not source.config_only:
        raise NotFound(f'configuration network "{request.config_from}" does not exist')
    if request.subnets or request.options or request.labels or request.ipv6:
        raise Forbidden(
            "user specified configurations are not supported if the network depends on a configuration network"
        )
    return replace(request, subnets=source.subnets, options=source.options, labels=source.labels, ipv6=source.ipv6)


def with_defaults(request: NetworkRequest, driver_options: Mapping[str, dict[str, str]]) -> NetworkRequest:
    """A request with the options of its driver that it does not name."""
    return replace(request, options={**driver_options.get(request.driver, {}), **request.options})


def check(request: NetworkRequest) -> None:
    """Raise what dockerd raises for a request that makes no sense, whatever networks there are."""
    if not request.name.strip():
        raise InvalidArgument(f"invalid name: {request.name}")
    if request.name in BUILTIN_DRIVERS:
        raise Forbidden(f"operation is not permitted on predefined {request.name} network")
    if request.config_only and (request.internal or request.attachable):
        raise Forbidden(
            "configuration network can only contain network specific fields. "
            "Network operator fields like [ ingress | internal | attachable | scope ] are not supported."
        )
    if request.driver in ("host", "null"):
        raise Forbidden(f'only one instance of "{request.driver}" network is allowed')
    if request.driver == "overlay":
        raise Forbidden(NOT_A_MANAGER)
    if request.driver != "bridge" and request.driver not in parents.DRIVERS:
        raise NotFound(f'plugin "{request.driver}" not found')
    if problems := [problem for subnet in request.subnets for problem in _problems(subnet)]:
        text = problems[0] if len(problems) == 1 else "\n".join(f"* {problem}" for problem in problems)
        raise InvalidArgument(f"invalid network config:\n{text}")
    versions = [addresses.version_of(subnet) for subnet in request.subnets]
    if request.driver == "bridge" and len(versions) != len(set(versions)):
        raise InvalidArgument("bridge driver doesn't support multiple subnets")
    if request.ipv6 and addresses.IPV6 not in versions:
        raise NotFound(
            "could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network"
        )


def network(request: NetworkRequest, network_id: str, created: int, subnets: tuple[Subnet, ...]) -> Network:
    """The network of a request that was checked, in ``subnets``. InvalidArgument, InternalError for an option's
    value."""
    options = request.options
    shares = not request.config_only and request.driver in parents.DRIVERS
    return Network(
        id=network_id,
        name=request.name,
        driver="null" if request.config_only else request.driver,
        bridge="" if request.config_only or shares else _bridge_name(options.get(NAME, ""), network_id),
        parent=parents.parent(request.driver, options, network_id) if shares else None,
        subnets=subnets,
        ipv6=request.ipv6,
        internal=request.internal,
        attachable=request.attachable,
        masquerade=_flag(options, MASQUERADE),
        icc=_flag(options, ICC),
        host_ipv4=_host_address(options, 4),
        host_ipv6=_host_address(options, 6),
        mtu=_mtu(options.get(DRIVER_MTU, "1500")),
        options=options,
        labels=request.labels,
        created=created,
        config_only=request.config_only,
        config_from=request.config_from,
    )


def _problems(subnet: Subnet) -> Iterator[str]:
    try:
        whole = ip_network(subnet.subnet, strict=False)
    except ValueError:
        whole = None
    if whole is None or "/" not in subnet.subnet:
        yield f"invalid subnet {subnet.subnet}: invalid CIDR block notation"
        return
    if str(whole) != subnet.subnet:
        yield f"invalid subnet {subnet.subnet}: it should be {whole}"
    if subnet.ip_range and (problem := _range_problem(subnet)):
        yield f"invalid ip-range {subnet.ip_range}: {problem}"
    if subnet.gateway and (problem := _address_problem(subnet, subnet.gateway)):
        yield f"invalid gateway {subnet.gateway}: {problem}"
    for name, address in subnet.auxiliary.items():
        if problem := _address_problem(subnet, address):
            yield f"invalid auxiliary address {name}: {problem}"


def _range_problem(subnet: Subnet) -> str:
    try:
        part = ip_network(subnet.ip_range, strict=False)
    except ValueError:
        return "invalid CIDR block notation"
    whole = ip_network(subnet.subnet, strict=False)
    if part[0] not in whole or part[-1] not in whole:
        return f"parent subnet {subnet.subnet} doesn't contain ip-range"
    return "" if str(part) == subnet.ip_range else f"it should be {part}"


def _address_problem(subnet: Subnet, address: str) -> str:
    try:
        is_inside = ip_address(address) in ip_network(subnet.subnet, strict=False)
    except ValueError:
        return "invalid address"
    return "" if is_inside else f"parent subnet {subnet.subnet} doesn't contain this address"


def _bridge_name(asked: str, network_id: str) -> str:
    name = asked or f"br-{short_id(network_id)}"
    is_none = _NO_INTERFACE.search(name) or _MEANS_MORE.search(name) or name in (".", "..")
    if is_none or len(name.encode()) > _INTERFACE_NAME_LENGTH:
        raise InvalidArgument(f"invalid name of a bridge interface: {name}")
    return name


def _flag(options: dict[str, str], key: str) -> bool:
    text = options.get(key, "true")
    try:
        return read_bool(text)
    except ValueError as error:
        raise InvalidArgument(f"failed to parse {key} value: {text} ({error})") from None


def _mtu(text: str) -> int:
    mtu = decimal(text, _LARGEST_MTU)
    if mtu is None or mtu < _SMALLEST_MTU:
        raise InvalidArgument(f"failed to parse {DRIVER_MTU} value: {text}")
    return mtu


def _host_address(options: Mapping[str, str], version: int) -> str:
    name = HOST_ADDRESSES[version]
    text = options.get(name, "")
    try:
        address = ip_address(text) if text else None
    except ValueError:
        raise InvalidArgument(f"failed to parse {name} value: {text} (nil ip)") from None
    if address is not None and address.version != version:
        raise InvalidArgument(f"failed to parse {name} value: {text} (another version of IP)")
    return str(address or "")
