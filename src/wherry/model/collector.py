"""Collectors of logs: servers and plugins to which the lines of a container are forwarded, and how they want them."""

from typing import Any

from msgspec import Struct


class CollectorAddress(Struct, frozen=True, kw_only=True):
    """Where a collector listens. ``network`` is udp, tcp, tls, unix, unixgram; local: this host's syslog, wherever it
    is; or plugin, whose name is ``host``. ``path`` is that of a socket."""

    network: str
    host: str = ""
    port: int = 0
    path: str = ""


class CollectorTls(Struct, frozen=True, kw_only=True):
    """Files for TLS, "" for none: without ``ca`` the host's authorities are trusted. ``name`` is what the server's
    certificate is for, "" for its host."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    name: str = ""
    verify: bool = True


class Syslog(Struct, frozen=True, kw_only=True):
    """``format`` is "", rfc3164, rfc5424 or rfc5424micro; ``counted``: each message is preceded by its length."""

    facility: int
    tag: str
    format: str = ""
    counted: bool = False


class Gelf(Struct, frozen=True, kw_only=True):
    """``fields`` are in each message; ``compression`` is gzip, zlib or none, and of datagrams only."""

    fields: dict[str, str]
    compression: str = "gzip"
    level: int = 1


class Fluentd(Struct, frozen=True, kw_only=True):
    """``fields`` are in each message; ``precise``: times have nanoseconds; ``acknowledged``: the server is asked to say
    what it has."""

    tag: str
    fields: dict[str, str]
    precise: bool = False
    acknowledged: bool = False


class Splunk(Struct, frozen=True, kw_only=True):
    """Events for ``url``, each with ``fields`` beside it. ``format`` is inline, json or raw; ``tag`` and ``attributes``
    are told of each line. ``level`` is that of gzip, None for nothing compressed; ``channel`` a UUID if the server
    acknowledges by that; ``verified``: it is asked before the first event."""

    url: str
    token: str
    format: str
    tag: str
    attributes: dict[str, str]
    fields: dict[str, str]
    level: int | None = None
    channel: str = ""
    verified: bool = True


class LogPlugin(Struct, frozen=True, kw_only=True):
    """``info`` is what the plugin is told of the container, in the names of moby's ``logger.Info``."""

    info: dict[str, Any]


class Collector(Struct, frozen=True, kw_only=True):
    """``retry``: seconds before a second attempt to reach it. ``lazy``: no start waits for it."""

    address: CollectorAddress
    messages: Syslog | Gelf | Fluentd | Splunk | LogPlugin
    tls: CollectorTls = CollectorTls()
    retry: float = 1.0
    lazy: bool = False
