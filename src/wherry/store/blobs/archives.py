"""Image archives: tar files whose members become blobs, whatever they are called there.

No name of an archive ever becomes a path of this host: members are stored by digest, and told by name.
"""

import asyncio
import os
import posixpath
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator
from contextlib import asynccontextmanager, closing
from itertools import chain
from typing import Final

from wherry.errors import CorruptImage
from wherry.model.archive import Blob, Member
from wherry.model.lent import Lent
from wherry.store.blobs.content import Content
from wherry.store.blobs.feeding import Feed
from wherry.store.programs.intake import lent
from wherry.tar.bodies import body, read
from wherry.tar.format.compression import decompressed
from wherry.tar.format.header import DIRECTORY, HARDLINK, REGULAR, SYMLINK, Entry, TarError
from wherry.tar.format.reader import entries, printable
from wherry.tar.format.stream import Stream
from wherry.threads import Threads, settled

MAX_MEMBERS: Final = 1 << 16

Chunks = Generator[bytes, None, None]


class ImageArchives:
    """Takes archives apart. It keeps no state."""

    def __init__(self, content: Content) -> None:
        self._content = content

    async def unpack(self, chunks: AsyncIterable[bytes]) -> dict[str, Member]:
        """The members of an archive, plain or compressed, by path; closes ``chunks``. Files are blobs by then.

        CorruptImage for what is no archive or has members that are neither files, directories nor links within it;
        InternalError for a full disk. Blobs that are complete by then are left.
        """
        try:
            with lent(chunks) as connection:
                return await (self._poured(chunks) if connection is None else self._read(connection))
        except TarError as error:
            raise CorruptImage(str(error)) from error
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    async def _poured(self, chunks: AsyncIterable[bytes]) -> dict[str, Member]:
        feed = Feed()
        async with self._unpacking(feed.drawn()) as unpacking:
            await feed.pour(chunks)
            return await settled(unpacking)

    async def _read(self, connection: Lent) -> dict[str, Member]:
        interrupted, interrupt = os.pipe()
        with open(interrupted, "rb"):
            raw = chain((connection.begun,), read(connection.fd, interrupted))
            async with self._unpacking(body(connection.framing, raw)) as unpacking:
                with open(interrupt, "wb"):
                    await asyncio.wait((unpacking,))
                return unpacking.result()

    @asynccontextmanager
    async def _unpacking(self, chunks: Chunks) -> AsyncIterator[asyncio.Future[dict[str, Member]]]:
        """The members to be; when the block ends they must come to an end."""
        thread = Threads(1, "archive")  # of its own: it lasts as long as the client takes
        unpacking = thread.submit(self._unpack, chunks)
        try:
            yield unpacking
        finally:
            await asyncio.wait((unpacking,))
            unpacking.exception()  # was raised in the block, or is of no interest to one who has left
            thread.shutdown()

    def _unpack(self, chunks: Chunks) -> dict[str, Member]:
        members: dict[str, Member] = {}
        with closing(chunks):
            stream = Stream(decompressed(chunks))
            for entry in entries(stream):
                if len(members) == MAX_MEMBERS:
                    raise TarError(f"invalid archive: more than {MAX_MEMBERS} members")
                if entry.kind != DIRECTORY:
                    members[_path(printable(entry.name))] = self._member(entry, stream)
            stream.drain()
        return members

    def _member(self, entry: Entry, stream: Stream) -> Member:
        name, link = printable(entry.name), printable(entry.link)
        if entry.kind == SYMLINK:
            return Member(link=_path(posixpath.join(posixpath.dirname(name), link)))
        if entry.kind == HARDLINK:
            return Member(link=_path(link))
        if entry.kind != REGULAR or entry.segments is not None:
            raise TarError(f"invalid archive: {name} is neither a file, a directory nor a link")
        return Member(blob=self._file(name, entry.stored, stream))

    def _file(self, name: str, size: int, stream: Stream) -> Blob:
        incoming = self._content.receive(name)
        try:
            for piece in stream.pieces(size):
                incoming.write(piece)
            return self._content.keep(incoming)
        except BaseException:
            incoming.drop()
            raise


def _path(name: str) -> str:
    path = posixpath.normpath(name)
    if path.startswith(("/", "../")) or path == "..":
        raise TarError(f"invalid archive: {name} leads out of it")
    return path
