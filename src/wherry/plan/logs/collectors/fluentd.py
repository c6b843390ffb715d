"""``--log-driver fluentd`` (moby ``daemon/logger/fluentd``)."""

from typing import Final

from wherry.model.collector import Collector, CollectorAddress, Fluentd
from wherry.model.container import Container
from wherry.plan.go_values import read_bool, read_int, read_size
from wherry.plan.logs.collectors.addresses import host_and_port, port_of, split_url
from wherry.plan.logs.details import log_attributes, log_tag
from wherry.plan.timestamps import SECOND, duration_text, parse_duration

_OPTIONS: Final = frozenset(
    (
        *("env", "env-regex", "labels", "labels-regex", "tag"),
        *("fluentd-address", "fluentd-async", "fluentd-async-connect", "fluentd-async-reconnect-interval"),
        *("fluentd-buffer-limit", "fluentd-max-retries", "fluentd-request-ack", "fluentd-retry-wait"),
        "fluentd-sub-second-precision",
    )
)
_HOST: Final = "127.0.0.1"
_PORT: Final = 24224
_INTERVALS: Final = (SECOND // 10, 10 * SECOND)


def check(options: dict[str, str]) -> None:
    """ValueError for options that make no sense."""
    for option in options:
        if option not in _OPTIONS:
            raise ValueError(f"unknown log opt '{option}' for fluentd log driver")
    _address(options.get("fluentd-address", ""))
    if options.get("fluentd-buffer-limit"):
        read_size(options["fluentd-buffer-limit"], 1024)
    _retry(options)
    if retries := options.get("fluentd-max-retries"):
        _check_count(retries)
    if options.get("fluentd-async") and options.get("fluentd-async-connect"):
        raise ValueError("conflicting options: cannot specify both 'fluentd-async' and 'fluentd-async-connect")
    for option in ("fluentd-async", "fluentd-async-connect"):
        _flag(options, option)
    if interval := options.get("fluentd-async-reconnect-interval"):
        _check_interval(interval)
    for option in ("fluentd-sub-second-precision", "fluentd-request-ack"):
        _flag(options, option)


def plan(container: Container) -> Collector:
    options = container.spec.host.log.options
    messages = Fluentd(
        tag=log_tag(container),
        fields={
            "container_id": container.id,
            "container_name": f"/{container.name}",
            **log_attributes(container),
        },
        precise=_flag(options, "fluentd-sub-second-precision"),
        acknowledged=_flag(options, "fluentd-request-ack"),
    )
    return Collector(
        address=_address(options.get("fluentd-address", "")),
        messages=messages,
        retry=_retry(options),
        lazy=_flag(options, "fluentd-async") or _flag(options, "fluentd-async-connect"),
    )


def _address(text: str) -> CollectorAddress:
    try:
        return _read_address(text)
    except ValueError as error:
        raise ValueError(f"invalid fluentd-address ({text}): {error}") from None


def _read_address(text: str) -> CollectorAddress:
    url = split_url(text if "://" in text else f"tcp://{text}")
    if url.scheme == "unix":
        if not url.path.strip("/"):
            raise ValueError("path is empty")
        return CollectorAddress(network="unix", path=url.path)
    if url.scheme not in ("tcp", "tls"):
        raise ValueError(f"unsupported scheme: '{url.scheme}'")
    if url.path:
        raise ValueError("should not contain a path element")
    host, port = host_and_port(url)
    return CollectorAddress(network=url.scheme, host=host or _HOST, port=port_of(port) if port else _PORT)


def _flag(options: dict[str, str], name: str) -> bool:
    return read_bool(options[name]) if options.get(name) else False


def _retry(options: dict[str, str]) -> float:
    wait = options.get("fluentd-retry-wait") or "1s"
    return max(_duration(wait) / SECOND, 0.1)


def _check_count(text: str) -> None:
    if not text.isascii() or not text.isdecimal():
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    read_int(text, "ParseUint")


def _check_interval(text: str) -> None:
    least, most = _INTERVALS
    try:
        interval = _duration(text)
    except ValueError as error:
        raise ValueError(f"invalid value for fluentd-async-reconnect-interval: {error}") from None
    if interval and not least <= interval <= most:
        value = f'value ("{duration_text(interval)}") must be between {duration_text(least)} and {duration_text(most)}'
        raise ValueError(f"invalid value for fluentd-async-reconnect-interval: {value}")


def _duration(text: str) -> int:
    duration = parse_duration(text)
    if duration is None:
        raise ValueError(f'time: invalid duration "{text}"')
    return duration
