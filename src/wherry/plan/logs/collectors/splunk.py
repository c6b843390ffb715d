"""``--log-driver splunk``: Splunk's HTTP Event Collector (moby ``daemon/logger/splunk``)."""

from typing import Final
from uuid import NAMESPACE_URL, uuid5

from wherry.model.collector import Collector, CollectorAddress, CollectorTls, Splunk
from wherry.model.container import Container
from wherry.plan.go_values import read_bool, read_int
from wherry.plan.logs.collectors.addresses import host_and_port, port_of, split_url
from wherry.plan.logs.details import log_attributes, log_tag

_FIELDS: Final = ("source", "sourcetype", "index")
_OPTIONS: Final = frozenset(
    (
        *("env", "env-regex", "labels", "labels-regex", "tag", "splunk-url", "splunk-token", "splunk-format"),
        *(f"splunk-{name}" for name in _FIELDS),
        *("splunk-capath", "splunk-caname", "splunk-insecureskipverify", "splunk-verify-connection"),
        *("splunk-gzip", "splunk-gzip-level", "splunk-index-acknowledgment"),
    )
)
_FORMATS: Final = ("inline", "json", "raw")
_PORTS: Final = {"http": 80, "https": 443}
_PATH: Final = "/services/collector/event/1.0"
_LEVELS: Final = (-1, 9)


def check(options: dict[str, str]) -> None:
    """ValueError for an option that there is not. What they say is looked at when a container starts, as with
    dockerd."""
    for option in options:
        if option not in _OPTIONS:
            raise ValueError(f"unknown log opt '{option}' for splunk log driver")


def plan(container: Container) -> Collector:
    """ValueError for options that make no sense."""
    options = container.spec.host.log.options
    origin, address = _origin(options)
    if "splunk-token" not in options:
        raise ValueError("splunk: splunk-token is expected")
    tls = CollectorTls(
        ca=options.get("splunk-capath", ""),
        name=options.get("splunk-caname", ""),
        verify=not _flag(options, "splunk-insecureskipverify"),
    )
    verified = _flag(options, "splunk-verify-connection", default=True)
    messages = Splunk(
        url=origin + _PATH,
        token=options["splunk-token"],
        format=_format(options),
        tag=log_tag(container) if options.get("tag") != "" else "",
        attributes=log_attributes(container),
        fields={name: options[f"splunk-{name}"] for name in _FIELDS if options.get(f"splunk-{name}")},
        level=_level(options),
        channel=_channel(container) if _flag(options, "splunk-index-acknowledgment") else "",
        verified=verified,
    )
    return Collector(address=address, messages=messages, tls=tls, lazy=not verified)


def _origin(options: dict[str, str]) -> tuple[str, CollectorAddress]:
    if "splunk-url" not in options:
        raise ValueError("splunk: splunk-url is expected")
    text = options["splunk-url"]
    try:
        url = split_url(text)
        host, port = host_and_port(url)
        number = port_of(port) if port else _PORTS.get(url.scheme, 0)
    except ValueError:
        raise ValueError(f"splunk: failed to parse {text} as url value in splunk-url") from None
    if url.scheme not in _PORTS or url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("splunk: expected format scheme://dns_name_or_ip:port for splunk-url")
    network = "tls" if url.scheme == "https" else "tcp"
    return f"{url.scheme}://{url.netloc}", CollectorAddress(network=network, host=host, port=number)


def _format(options: dict[str, str]) -> str:
    asked = options.get("splunk-format", _FORMATS[0])
    if asked not in _FORMATS:
        raise ValueError(f"unknown format specified {asked}, supported formats are inline, json and raw")
    return asked


def _level(options: dict[str, str]) -> int | None:
    text = options.get("splunk-gzip-level", "-1")
    level = read_int(text)
    least, most = _LEVELS
    if not least <= level <= most:
        supported = f"supported values between {least} and {most}"
        raise ValueError(f"not supported level '{text}' for splunk-gzip-level ({supported})")
    return level if _flag(options, "splunk-gzip") else None


def _channel(container: Container) -> str:
    """One that is the container's, whichever engine sends."""
    return str(uuid5(NAMESPACE_URL, container.id))


def _flag(options: dict[str, str], name: str, *, default: bool = False) -> bool:
    return read_bool(options[name]) if name in options else default
