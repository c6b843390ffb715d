"""Networks that a create or a connect asks for → endpoint specs, checked as dockerd checks them."""

import re
from ipaddress import ip_address

from msgspec import UnsetType
from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.network import EndpointSpec
from wherry.plan.networks.attachments import network_mode
from wherry.plan.networks.network_request import BUILTIN_DRIVERS
from wherry.wire.network import EndpointIPAMConfig, EndpointSettings, NetworkingConfig

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")


def endpoint_specs(config: NetworkingConfig | None, mode: str, mac: str) -> tuple[EndpointSpec, ...]:
    """The endpoints of a create. ``mac`` is the container-wide one, for the network of ``mode``.

    Raises:
        InvalidArgument: all that is wrong with the first bad endpoint.
    """
    asked = {network_mode(name): settings for name, settings in ((config and config.endpoints_config) or {}).items()}
    if mac and not mode.startswith("container:"):
        asked[mode] = _with_mac(asked.get(mode) or EndpointSettings(), mac)
    return tuple(_endpoint_of(network, settings) for network, settings in asked.items())


def endpoint_spec(network: str, settings: EndpointSettings) -> EndpointSpec:
    """One endpoint.

    Raises:
        InvalidArgument: all that is wrong with it.
    """
    asked = settings.ipam_config or EndpointIPAMConfig()
    if problems := _problems(network, settings, asked):
        raise InvalidArgument(f"invalid endpoint settings:\n{listed(problems)}")
    if settings.mac_address and not _MAC.fullmatch(settings.mac_address):
        raise InvalidArgument(f"invalid MAC address {settings.mac_address}")
    return EndpointSpec(
        network=network,
        ipv4=asked.ipv4_address or "",
        ipv6=asked.ipv6_address or "",
        link_local=tuple(asked.link_local_ips or ()),
        mac=settings.mac_address or "",
        aliases=tuple(settings.aliases or ()),
        links=tuple(settings.links or ()),
        driver_options=settings.driver_opts or {},
    )


def listed(problems: list[str]) -> str:
    """Several errors as Go's multierror of moby joins them: bulleted unless there is one only."""
    return problems[0] if len(problems) == 1 else "\n".join(f"* {problem}" for problem in problems)


def _endpoint_of(network: str, settings: EndpointSettings | None) -> EndpointSpec:
    prefix = f"invalid config for network {network}"
    if settings is None:
        raise InvalidArgument(f"{prefix}: EndpointsConfig is nil")
    try:
        return endpoint_spec(network, settings)
    except InvalidArgument as error:
        raise InvalidArgument(f"{prefix}: {error}") from None


def _with_mac(settings: EndpointSettings, mac: str) -> EndpointSettings:
    if settings.mac_address not in (None, "", mac):
        raise InvalidArgument(
            "the container-wide MAC address must match the endpoint-specific MAC address for the main network, "
            "or be left empty"
        )
    return replace(settings, mac_address=mac)


def _problems(network: str, settings: EndpointSettings, asked: EndpointIPAMConfig) -> list[str]:
    is_builtin = network in BUILTIN_DRIVERS
    has_address = bool(asked.ipv4_address or asked.ipv6_address)
    checks = (
        (
            is_builtin and bool(settings.aliases),
            "network-scoped alias is supported only for containers in user defined networks",
        ),
        (is_builtin and has_address, "user specified IP address is supported on user defined networks only"),
        (not _is_address(asked.ipv4_address, 4), f"invalid IPv4 address: {asked.ipv4_address}"),
        (not _is_address(asked.ipv6_address, 6), f"invalid IPv6 address: {asked.ipv6_address}"),
        *(
            (not _is_address(text, 4, 6), f"invalid link-local IP address: {text}")
            for text in asked.link_local_ips or ()
        ),
        (
            is_builtin and has_address,
            "user specified IP address is supported only when connecting to networks with user configured subnets",
        ),
    )
    return [text for is_wrong, text in checks if is_wrong]


def _is_address(text: str | UnsetType | None, *versions: int) -> bool:
    """Whether a text is an address of one of the IP versions, or was not given."""
    try:
        return not text or ip_address(text).version in versions
    except ValueError:
        return False
