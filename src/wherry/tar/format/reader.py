"""A tar stream as entries: extended headers are read, joined and gone."""

from collections.abc import Iterator

from . import pax, sparse
from .header import BLOCK, GNU_SPARSE, MAX_NAME, REGULAR, Entry, TarError, parse
from .stream import Stream

_MAX_EXTENDED_HEADER = 1 << 20

_PAX, _PAX_GLOBAL, _GNU_NAME, _GNU_LINK = b"x", b"g", b"L", b"K"
_EXTENDED = frozenset((_PAX, _PAX_GLOBAL, _GNU_NAME, _GNU_LINK))


def entries(stream: Stream) -> Iterator[Entry]:
    """All entries in order; the consumer may read an entry's ``stored`` bytes from the stream, or leave them.

    Raises ``TarError`` where the archive is malformed or ends within an entry. It may end without the two
    zero blocks, and without what fills the last block: Docker's client leaves out both.
    """
    defaults: pax.Records = {}
    said: pax.Records = {}  # by extended headers, about the next entry
    while (block := stream.block()) and block.strip(b"\0"):
        entry = parse(block)
        if entry.kind in _EXTENDED:
            _extend(entry, stream, defaults, said)
            continue
        records = {**defaults, **said} if defaults else said
        said = {}
        _complete(entry, block, records, stream)
        end = stream.offset + entry.stored
        yield entry
        stream.skip(end - stream.offset)
        stream.pass_padding(_padded(entry.stored) - entry.stored)


def _extend(entry: Entry, stream: Stream, defaults: pax.Records, said: pax.Records) -> None:
    if entry.size > _MAX_EXTENDED_HEADER:
        raise TarError(f"archive/tar: extended header of {entry.size} bytes is too long")
    body = stream.take(_padded(entry.size))[: entry.size]
    if entry.kind == _PAX:
        said.update(pax.read(body))
    elif entry.kind == _PAX_GLOBAL:
        defaults.update(pax.read(body))
    else:
        said[b"path" if entry.kind == _GNU_NAME else b"linkpath"] = body.partition(b"\0")[0]


def _complete(entry: Entry, block: bytes, records: pax.Records, stream: Stream) -> None:
    if records:
        pax.merge(entry, records)
    if entry.kind == GNU_SPARSE:
        sparse.read_old_gnu(entry, block, stream)
        entry.kind = REGULAR
    elif records and entry.kind == REGULAR:
        sparse.read_pax(entry, records, stream)
    if len(entry.name) > MAX_NAME or len(entry.link) > MAX_NAME:
        raise TarError(f"open /{printable(entry.name[:64])}…: file name too long")


def _padded(size: int) -> int:
    return size + -size % BLOCK


def printable(name: bytes) -> str:
    """A name of an archive for a message."""
    return name.decode("utf-8", "backslashreplace")
