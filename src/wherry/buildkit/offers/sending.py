"""Files of a build's result on their way to the client (``moby.filesync.v1.FileSend``): as fsutil's ``send.go`` tells
of them and sends what the client asks for, or as one archive."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from wherry.buildkit.messages.common import Bytes
from wherry.buildkit.offers.fsutil import Packet, PacketType, told_stat
from wherry.buildkit.protobuf import decode, encode
from wherry.buildkit.session import Session, Stream
from wherry.engine.concurrency.operations import together
from wherry.engine.ports import StackFiles
from wherry.errors import InvalidArgument, NotSupported
from wherry.model.mirror import OfferedFile

SEND = "/moby.filesync.v1.FileSend/DiffCopy"

_EXPORTER = {"buildkit-attachable-exporter-id": ("0",)}
Report = Callable[[int], None]
"""Is told how many bytes were sent."""


async def send_directory(session: Session, result: StackFiles, report: Report) -> None:
    """To the directory that the client has for it. CallFailed; InvalidArgument for a client that asks for anything
    else."""
    async with _call(session) as stream:
        await _Sender(stream, result, await result.files(), report).run()


async def send_archive(session: Session, archive: AsyncIterable[bytes], report: Report) -> None:
    """To the file that the client has for it. CallFailed."""
    sent = 0
    async with _call(session) as stream:
        async for chunk in archive:
            await stream.send(encode(Bytes(chunk)))
            sent += len(chunk)
            report(sent)
        await stream.end()


@asynccontextmanager
async def _call(session: Session) -> AsyncIterator[Stream]:
    """To the end that the client gives it."""
    if SEND not in session.methods:
        raise NotSupported(f"method {SEND} not supported by the client")
    async with session.stream(SEND, _EXPORTER) as stream:
        yield stream
        while await stream.receive() is not None:
            pass


class _Sender:
    """The client asks for files while it is still told of others: who waits for one thing alone may wait for ever."""

    def __init__(self, stream: Stream, result: StackFiles, files: tuple[OfferedFile, ...], report: Report) -> None:
        self._stream = stream
        self._result = result
        self._files = files
        self._report = report
        self._sent = 0
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        await together(self._tell(), self._answer())
        await self._stream.end()

    async def _tell(self) -> None:
        for file in self._files:
            await self._send(Packet(stat=told_stat(file)))
        await self._send(Packet())

    async def _answer(self) -> None:
        while (message := await self._stream.receive()) is not None:
            packet = decode(Packet, message)
            match packet.type:
                case PacketType.REQ:
                    await self._send_file(packet.id)
                case PacketType.FIN:
                    await self._send(Packet(type=PacketType.FIN))
                    return
                case PacketType.ERR:
                    raise InvalidArgument(f"error from receiver: {packet.data.decode('utf-8', 'replace')}")
        raise InvalidArgument("the client ended a transfer of files")

    async def _send_file(self, number: int) -> None:
        if not 0 <= number < len(self._files) or not self._files[number].is_regular:
            raise InvalidArgument(f"invalid file id {number}")
        async with aclosing(self._result.content(self._files[number].path)) as pieces:
            async for piece in pieces:
                await self._send(Packet(type=PacketType.DATA, id=number, data=piece))
                self._sent += len(piece)
                self._report(self._sent)
        await self._send(Packet(type=PacketType.DATA, id=number))

    async def _send(self, packet: Packet) -> None:
        async with self._sending:
            await self._stream.send(encode(packet))
