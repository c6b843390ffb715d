"""Connections to collectors of logs: syslog, Graylog, Fluentd, Splunk, plugins."""

from wherry.collectors.datagrams import DatagramConnection
from wherry.collectors.dial import dial
from wherry.collectors.encoding import Encoder
from wherry.collectors.fluentd import FluentdEncoder
from wherry.collectors.gelf import GelfEncoder
from wherry.collectors.pipes import LogPlugins, PipeConnection, Pipes
from wherry.collectors.requests import RequestConnection
from wherry.collectors.streams import StreamConnection, opened
from wherry.collectors.syslog import SyslogEncoder
from wherry.errors import InternalError
from wherry.model.collector import Collector, Fluentd, Gelf, LogPlugin, Splunk, Syslog

_DATAGRAMS = ("udp", "unixgram")


class Collectors:
    """All there are."""

    def __init__(self, plugins: LogPlugins) -> None:
        self._pipes = Pipes(plugins)

    async def connect(
        self, collector: Collector
    ) -> DatagramConnection | StreamConnection | RequestConnection | PipeConnection:
        """InternalError, with Go's text, if it cannot be reached."""
        messages = collector.messages
        if isinstance(messages, LogPlugin):
            return await self._pipes.connect(collector.address.host, messages)
        if isinstance(messages, Splunk):
            return await _request(collector, messages)
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
    return StreamConnection(*await opened(dialled, collector), encoder)


async def _request(collector: Collector, messages: Splunk) -> RequestConnection:
    try:
        dialled, _ = await dial(collector.address)
        reader, writer = await opened(dialled, collector)
    except InternalError as error:
        raise InternalError(f'Options "{messages.url}": {error}') from error
    connection = RequestConnection(reader, writer, messages)
    if messages.verified:
        try:
            await connection.verify()
        except BaseException:
            connection.close()
            raise
    return connection


def _encoder(messages: Syslog | Gelf | Fluentd, *, is_stream: bool) -> Encoder:
    if isinstance(messages, Gelf):
        return GelfEncoder(messages, is_stream=is_stream)
    if isinstance(messages, Fluentd):
        return FluentdEncoder(messages)
    return SyslogEncoder(messages)
