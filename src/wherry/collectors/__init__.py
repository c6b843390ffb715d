"""Connections to collectors of logs: syslog, Graylog, Fluentd."""

from wherry.collectors.datagrams import DatagramConnection
from wherry.collectors.dial import dial
from wherry.collectors.encoding import Encoder
from wherry.collectors.fluentd import FluentdEncoder
from wherry.collectors.gelf import GelfEncoder
from wherry.collectors.streams import StreamConnection, connected
from wherry.collectors.syslog import SyslogEncoder
from wherry.errors import InternalError
from wherry.model.collector import Collector, Fluentd, Gelf

_DATAGRAMS = ("udp", "unixgram")


class Collectors:
    """All there are: it holds nothing."""

    async def connect(self, collector: Collector) -> DatagramConnection | StreamConnection:
        """InternalError, with Go's text, if it cannot be reached."""
        try:
            return await _connect(collector)
        except InternalError as error:
            if not isinstance(collector.messages, Gelf):
                raise
            place = f"{collector.address.host}:{collector.address.port}"
            raise InternalError(f"gelf: cannot connect to GELF endpoint: {place} {error}") from None


async def _connect(collector: Collector) -> DatagramConnection | StreamConnection:
    dialled, is_stream = await dial(collector.address)
    encoder = _encoder(collector, is_stream=is_stream)
    if not is_stream:
        return DatagramConnection(dialled, encoder)
    return await connected(dialled, collector, encoder)


def _encoder(collector: Collector, *, is_stream: bool) -> Encoder:
    if isinstance(collector.messages, Gelf):
        return GelfEncoder(collector.messages, is_stream=is_stream)
    if isinstance(collector.messages, Fluentd):
        return FluentdEncoder(collector.messages)
    return SyslogEncoder(collector.messages)
