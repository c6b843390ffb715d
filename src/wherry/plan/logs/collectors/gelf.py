"""``--log-driver gelf``: Graylog's extended format (moby ``daemon/logger/gelf``)."""

from typing import Final

from wherry.model.collector import Collector, CollectorAddress, Gelf
from wherry.model.container import Container
from wherry.plan.go_values import read_int
from wherry.plan.logs.collectors.addresses import host_and_port, port_of, split_url
from wherry.plan.logs.details import log_attributes, log_tag
from wherry.plan.timestamps import rfc3339

_ANY: Final = frozenset(("gelf-address", "tag", "labels", "labels-regex", "env", "env-regex"))
_OF_TCP: Final = ("gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay")
_COMPRESSIONS: Final = ("gzip", "zlib", "none")


def check(options: dict[str, str]) -> None:
    """ValueError for options that make no sense."""
    network = _address(options).network
    for option, value in options.items():
        if option not in _ANY:
            _check(option, value, network)


def plan(container: Container) -> Collector:
    options = container.spec.host.log.options
    known = {
        "_command": " ".join(container.argv),
        "_container_id": container.id,
        "_container_name": container.name,
        "_created": rfc3339(container.created),
        "_image_id": container.image_id,
        "_image_name": container.spec.image,
        "_tag": log_tag(container),
    }
    extra = {f"_{name.removeprefix('_')}": value for name, value in log_attributes(container).items()}
    messages = Gelf(
        fields={**known, **extra},
        compression=options.get("gelf-compression-type", "gzip"),
        level=read_int(options.get("gelf-compression-level", "1")),
    )
    retry = read_int(options.get("gelf-tcp-reconnect-delay", "1"))
    return Collector(address=_address(options), messages=messages, retry=float(max(retry, 1)))


def _check(option: str, value: str, network: str) -> None:
    if option in _OF_TCP:
        if network != "tcp":
            raise ValueError(f'"{option}" is only valid for TCP')
        if not _is_number(value, 0, 2**63 - 1):
            raise ValueError(f'"{option}" must be a positive integer')
        return
    compressions = {"gelf-compression-level": _is_number(value, -1, 9), "gelf-compression-type": value in _COMPRESSIONS}
    if option not in compressions:
        raise ValueError(f'unknown log opt "{option}" for gelf log driver')
    if network != "udp":
        raise ValueError("compression is only supported on UDP")
    if not compressions[option]:
        raise ValueError(f'unknown value "{value}" for log opt "{option}" for gelf log driver')


def _address(options: dict[str, str]) -> CollectorAddress:
    text = options.get("gelf-address", "")
    if not text:
        raise ValueError("gelf-address is a required parameter")
    url = split_url(text)
    if url.scheme not in ("udp", "tcp"):
        raise ValueError("gelf: endpoint needs to be TCP or UDP")
    host, port = host_and_port(url)
    if not port:
        raise ValueError("gelf: please provide gelf-address as proto://host:port")
    return CollectorAddress(network=url.scheme, host=host, port=port_of(port))


def _is_number(text: str, least: int, most: int) -> bool:
    try:
        return least <= read_int(text) <= most
    except ValueError:
        return False
