"""Values of the daemon's settings, checked. ValueError has dockerd's words."""

from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from wherry.cli.flags.values import parse_bytes
from wherry.cli.options.limits import ulimit as parse_ulimit
from wherry.model.network import AddressPool
from wherry.model.resources import Ulimit

_SCHEMES = ("unix", "tcp", "fd")
_DOMAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def host(text: str) -> str:
    """Where to listen, with its scheme."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = ("unix", text) if text.startswith("/") else ("tcp", text)
    if scheme not in _SCHEMES:
        raise ValueError(f"invalid bind address ({text}): unsupported proto '{scheme}'")
    return f"{scheme}://{rest}"


def label(text: str) -> str:
    if "=" not in text:
        raise ValueError(f"bad attribute format: {text}")
    return text


def address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f'failed to parse IP: "{text}"') from None


def server(text: str) -> str:
    """The address of a name server."""
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f"invalid string being converted to IP address: {text}") from None


def domain(text: str) -> str:
    """A domain to search names in; ``.`` for none."""
    parts = text.strip().removesuffix(".").split(".")
    if text.strip() != "." and not all(part and _DOMAIN.issuperset(part) for part in parts):
        raise ValueError(f"{text} is not a valid domain")
    return text.strip()


def mirror(text: str) -> str:
    """A URL that ends with a slash."""
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError(f'invalid mirror: "{text}" is not a valid URI: {error}') from error
    if parts.scheme not in ("http", "https"):
        raise ValueError(f'invalid mirror: unsupported scheme "{parts.scheme}" in "{text}"')
    if parts.query or parts.fragment:
        raise ValueError(f'invalid mirror: query or fragment at end of the URI "{text}"')
    if parts.username is not None:
        raise ValueError("invalid mirror: username/password not allowed in URI")
    return text.rstrip("/") + "/"


def insecure_registry(text: str) -> str:
    """A host, a host with its port, or a network."""
    if "://" in text:
        raise ValueError(f"insecure registry {text} should not contain '://'")
    if "/" in text:
        try:
            ip_network(text, strict=False)
        except ValueError:
            raise ValueError(f"invalid CIDR address: {text}") from None
    return text


def runtime(text: str) -> tuple[str, str]:
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise ValueError("invalid runtime format")
    return name, path


def storage_driver(text: str) -> str:
    if text not in ("", "overlay2"):
        raise ValueError(f"error initializing graphdriver: driver not supported: {text}")
    return text


def storage_option(text: str) -> str:
    """Only what asks for nothing."""
    name = text.partition("=")[0].lower()
    if name == "overlay2.size":
        raise ValueError("error initializing graphdriver: Storage Option overlay2.size is not supported")
    if name != "overlay2.override_kernel_check":
        raise ValueError(f"error initializing graphdriver: overlay2: unknown option {name}")
    return text


def exec_option(text: str) -> str:
    """Control groups are made by the engine itself: systemd is not asked to."""
    name, _, value = text.partition("=")
    if name == "native.cgroupdriver" and value != "cgroupfs":
        raise ValueError(f"native.cgroupdriver option {value} not supported")
    return text


def metrics_address(text: str) -> str:
    """``host:port``."""
    host_part, separator, port = text.rpartition(":")
    if not separator:
        raise ValueError(f"error parsing tcp address: address {text}: missing port in address")
    if not port.isdecimal():
        raise ValueError(f"error parsing tcp address: invalid port {port}")
    return f"{host_part}:{port}"


def pool(text: str) -> AddressPool:
    """``base=10.0.0.0/8,size=24``."""
    fields = dict(part.partition("=")[::2] for part in text.split(","))
    if fields.keys() != {"base", "size"} or not fields["size"].isdecimal():
        raise ValueError(f"invalid DefaultAddressPool format: {text}")
    return AddressPool(base=fields["base"], size=int(fields["size"]))


def network_option(text: str) -> tuple[str, str, str]:
    """``bridge=com.docker.network.driver.mtu=1400``: driver, name and value."""
    driver, _, option = text.partition("=")
    name, separator, value = option.partition("=")
    if not separator:
        raise ValueError(f'invalid value "{text}" for map option, should be root-key=key=value')
    return driver, name, value


def ulimit(text: str) -> Ulimit:
    """``nofile=1024:2048``."""
    return _ulimit(parse_ulimit(text))


# What daemon.json writes in another way than flags do.


def filed_features(switches: dict[str, Any]) -> dict[str, Any]:
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise ValueError(f"json: cannot unmarshal features.{name} into a bool")
    return switches


def filed_address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f"invalid IP address: {text}") from None


def filed_size(value: str | int) -> int:
    return value if isinstance(value, int) else parse_bytes(value)


def filed_options(value: dict[str, Any]) -> dict[str, str]:
    for name, text in value.items():
        if not isinstance(text, str):
            raise ValueError(f"the option {name} is not a string")
    return value


def filed_runtimes(value: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    return [(name, str(entry.get("path", ""))) for name, entry in value.items()]


def filed_network_options(value: dict[str, dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(driver, name, text) for driver, options in value.items() for name, text in filed_options(options).items()]


def filed_pools(value: list[dict[str, Any]]) -> list[AddressPool]:
    return [AddressPool(base=str(entry.get("base", "")), size=int(entry.get("size", 0))) for entry in value]


def filed_ulimits(value: dict[str, dict[str, Any]]) -> list[Ulimit]:
    return [_ulimit({"Name": name, **entry}) for name, entry in value.items()]


def _ulimit(fields: dict[str, Any]) -> Ulimit:
    return Ulimit(name=fields["Name"], soft=int(fields.get("Soft", 0)), hard=int(fields.get("Hard", 0)))
