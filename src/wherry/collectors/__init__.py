"""Connections to collectors of logs: syslog, Graylog, Fluentd, plugins."""

from wherry.collectors.datagrams import DatagramConnection
from wherry.collectors.dial import dial
from wherry.collectors.encoding import Encoder
from wherry.collectors.fluentd import FluentdEncoder
from wherry.collectors.gelf import GelfEncoder
from wherry.collectors.pipes import LogPlugins, PipeConnection, Pipes
from wherry.collectors.streams import StreamConnection, connected
from wherry.collectors.syslog import SyslogEncoder
from wherry.errors import InternalError
from wherry.model.collector import Collector, Fluentd, Gelf, LogPlugin, Syslog

_DATAGRAMS = ("udp", "unixgram")


class Collectors:
    """All there are."""

    def __init__(self, plugins: LogPlugins) -> None:
        self._pipes = Pipes(plugins)

    async def connect(self, collector: Collector) -> DatagramConnection | StreamConnection | PipeConnection:
        """InternalError, with Go's text, if it cannot be reached."""
        messages = collector.messages
        if isinstance(messages, LogPlugin):
            return await self._pipes.connect(collector.address.host, messages)
        try:
            return await _connect(collector, messages)
        except InternalError as error:
            if not isinstance(messages, Gelf):
                raise
            place = f"{collector.address.host}:{collector.address.port}"
            raise InternalError(f"gelf: cannot connect to GELF endpoint: {place} {error}") from None


async def _connect(collector: Collector, messages: Syslog | Gelf | Fluentd) -> DatagramConnection | StreamConnection:
    dialled, is_stream = await dial(collector.address)
    encoder = _encoder(messages, is_stream=is_stream)
    if not is_stream:
        return DatagramConnection(dialled, encoder)
    return await connected(dialled, collector, encoder)


def _encoder(messages: Syslog | Gelf | Fluentd, *, is_stream: bool) -> Encoder:
    if isinstance(messages, Gelf):
        return GelfEncoder(messages, is_stream=is_stream)
    if isinstance(messages, Fluentd):
        return FluentdEncoder(messages)
    return SyslogEncoder(messages)
