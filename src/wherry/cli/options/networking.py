"""--network, and the flags that speak of the first network: --network-alias, --ip, --link, --mac-address and others."""

from .addresses import mac_address
from .csv_line import fields
from .defaults import default_endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options

PREDEFINED = ("default", "bridge", "host", "none")
LISTS = ("alias", "link-local-ip")
IPAM_KEYS = {"ip": "IPv4Address", "ip6": "IPv6Address", "link-local-ip": "LinkLocalIPs"}
FIRST_NETWORK_FLAGS = {
    "network-alias": ("alias", "alias"),
    "ip": ("ip", "IPv4 address"),
    "ip6": ("ip6", "IPv6 address"),
    "mac-address": ("mac-address", "MAC address"),
    "link-local-ip": ("link-local-ip", "link-local IP addresses"),
}
"""Flag → the long form's key, and what Docker calls it where both are given."""


class Attachment:
    """One --network: its name and what was said about the endpoint, by the long form's keys."""

    def __init__(self, name: str, **said: "Any") -> None:
        self.name = name
        self.said = said

    @property
    def is_user_defined(self) -> bool:
        return self.name not in PREDEFINED and not self.name.startswith("container:")


def attachment(text: str) -> Attachment:
    """The value of --network: a name, or ``name=…,alias=…,ip=…,ip6=…,mac-address=…,link-local-ip=…,driver-opt=k=v``."""
    if "=" not in text:
        return Attachment(text)
    said: dict[str, Any] = {}
    name = ""
    for field in fields(text):
        key, equals, value = (part.strip() for part in field.lower().partition("="))
        if not equals or not key:
            raise ValueError(f"invalid field {field}")
        if key == "name":
            name = value
        elif key in LISTS:
            said.setdefault(key, []).append(value)
        elif key in ("ip", "ip6", "mac-address"):
            said[key] = value
        elif key == "driver-opt":
            option, equals, setting = value.partition("=")
            if not equals:
                raise ValueError("invalid key value pair format in driver options")
            said.setdefault(key, {})[option.strip()] = setting.strip()
        else:
            raise ValueError(f"invalid field key {key}")
    if not name:
        raise ValueError("network name/id is not specified")
    return Attachment(name, **said)


def link(text: str) -> str:
    """``container[:alias]``."""
    if not text:
        raise ValueError("empty string specified for links")
    if text.count(":") > 1:
        raise ValueError(f"bad format for links: {text}")
    return text


def settings(options: "Options") -> "dict[str, Any]":
    networks: list[Attachment] = options["network"] or [Attachment("default")]
    networks[0].said |= _of_first(networks[0], options)
    endpoints = {}
    for network in networks:
        endpoint = _endpoint(network)
        if network.name in endpoints:
            raise ValueError(f'network "{network.name}" is specified multiple times')
        if options.given("network") and len(networks) == 1 and endpoint == default_endpoint():
            continue  # the engine makes this one of the network mode
        endpoints[network.name] = endpoint
    if len({network.is_user_defined for network in networks}) > 1:
        raise ValueError("conflicting options: cannot attach both user-defined and non-user-defined network-modes")
    return {
        "HostConfig": {"NetworkMode": networks[0].name, "Links": options["link"] or None},
        "NetworkingConfig": {"EndpointsConfig": endpoints},
    }


def _of_first(network: Attachment, options: "Options") -> "dict[str, Any]":
    """What flags of their own say about the first network. ValueError when it was said twice."""
    found = {}
    for flag, (key, conflict) in FIRST_NETWORK_FLAGS.items():
        if not options[flag]:
            continue
        if key in network.said:
            raise ValueError(f"conflicting options: cannot specify both --{flag} and per-network {conflict}")
        found[key] = options[flag]
    if options["link"] and network.name != "default":
        found["link"] = options["link"]
    return found


def _endpoint(network: Attachment) -> "dict[str, Any]":
    said = network.said
    if not network.name.strip():
        raise ValueError("no name set for network")
    if not network.is_user_defined and "alias" in said:
        raise ValueError("network-scoped aliases are only supported for user-defined networks")
    if not network.is_user_defined and "link" in said:
        raise ValueError("links are only supported for user-defined networks")
    addresses = {name: said[key] for key, name in IPAM_KEYS.items() if said.get(key)}
    return {
        **default_endpoint(),
        "IPAMConfig": addresses or None,
        "Links": said.get("link"),
        "Aliases": said.get("alias"),
        "MacAddress": mac_address(said["mac-address"]) if "mac-address" in said else "",
        "DriverOpts": said.get("driver-opt"),
    }
