"""``--log-driver syslog`` (moby ``daemon/logger/syslog``)."""

from typing import Final

from wherry.model.collector import Collector, CollectorAddress, CollectorTls, Syslog
from wherry.model.container import Container
from wherry.plan.logs.collectors.addresses import host_and_port, port_of, split_url
from wherry.plan.logs.details import log_tag

OPTIONS: Final = frozenset(
    (
        *("env", "env-regex", "labels", "labels-regex", "tag"),
        *("syslog-address", "syslog-facility", "syslog-format"),
        *("syslog-tls-ca-cert", "syslog-tls-cert", "syslog-tls-key", "syslog-tls-skip-verify"),
    )
)
_FACILITIES: Final = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"),
)
_FORMATS: Final = ("", "rfc3164", "rfc5424", "rfc5424micro")
_DEFAULT_PORT: Final = 514


def check(options: dict[str, str]) -> None:
    """ValueError for options that make no sense."""
    for option in options:
        if option not in OPTIONS:
            raise ValueError(f"unknown log opt '{option}' for syslog log driver")
    _address(options)
    _facility(options)
    _format(options)


def plan(container: Container) -> Collector:
    options = container.spec.host.log.options
    address, form = _address(options), _format(options)
    messages = Syslog(
        facility=_facility(options),
        tag=log_tag(container),
        format=form,
        counted=address.network == "tls" and form.startswith("rfc5424"),
    )
    tls = CollectorTls(
        ca=options.get("syslog-tls-ca-cert", ""),
        cert=options.get("syslog-tls-cert", ""),
        key=options.get("syslog-tls-key", ""),
        verify="syslog-tls-skip-verify" not in options,
    )
    return Collector(address=address, messages=messages, tls=tls)


def _address(options: dict[str, str]) -> CollectorAddress:
    text = options.get("syslog-address", "")
    if not text:
        return CollectorAddress(network="local")
    url = split_url(text)
    if url.scheme in ("unix", "unixgram"):
        return CollectorAddress(network=url.scheme, path=url.path)
    if url.scheme not in ("udp", "tcp", "tcp+tls"):
        raise ValueError(f"unsupported scheme: '{url.scheme}'")
    host, port = host_and_port(url)
    network = url.scheme.removeprefix("tcp+")
    return CollectorAddress(network=network, host=host, port=port_of(port) if port else _DEFAULT_PORT)


def _facility(options: dict[str, str]) -> int:
    name = options.get("syslog-facility") or "daemon"
    if name in _FACILITIES:
        return _FACILITIES.index(name)
    if name.isascii() and name.isdecimal() and len(name) < 3 and int(name) < len(_FACILITIES):
        return int(name)
    raise ValueError("invalid syslog facility")


def _format(options: dict[str, str]) -> str:
    form = options.get("syslog-format", "")
    if form not in _FORMATS:
        raise ValueError("Invalid syslog format")
    return form
