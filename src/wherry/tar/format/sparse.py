"""Where the bytes of a sparse file belong: old GNU headers and pax formats 0.0, 0.1 and 1.0."""

from .header import BLOCK, Entry, TarError, checked_size, number
from .pax import SPARSE_MAP, Records, text
from .stream import Stream

_MAX_MAP = 1 << 20  # bytes of a map's text


def read_old_gnu(entry: Entry, block: bytes, stream: Stream) -> None:
    """A header of type ``S``: four segments in it, more in blocks that follow."""
    entry.size = checked_size(number(block[483:495]))
    segments = _table(block[386:482])
    more = block[482]
    while more:
        block = stream.take(BLOCK)
        segments += _table(block[:504])
        more = block[504]
        if len(segments) * 24 > _MAX_MAP:
            raise TarError("archive/tar: invalid tar header: sparse map too long")
    entry.segments = _checked(entry, segments)


def read_pax(entry: Entry, records: Records, stream: Stream) -> None:
    """What the ``GNU.sparse.*`` records say, with a map from the head of the content (1.0) or from a record."""
    name = records.get(b"GNU.sparse.name")
    if name:
        entry.name = text(name)
    version = records.get(b"GNU.sparse.major"), records.get(b"GNU.sparse.minor")
    if version == (b"1", b"0"):
        numbers = _map_in_content(entry, stream)
    elif SPARSE_MAP in records:
        numbers = [_decimal(item) for item in records[SPARSE_MAP].split(b",")] if records[SPARSE_MAP] else []
    else:
        return
    entry.size = checked_size(_decimal(records.get(b"GNU.sparse.realsize") or records.get(b"GNU.sparse.size", b"")))
    if len(numbers) % 2:
        raise TarError("archive/tar: invalid tar header: odd sparse map")
    entry.segments = _checked(entry, list(zip(numbers[::2], numbers[1::2], strict=True)))


def _map_in_content(entry: Entry, stream: Stream) -> list[int]:
    """Decimal lines: the count of segments, then offset and length of each; padded to whole blocks."""
    listing, wanted = b"", 1
    while listing.count(b"\n") < wanted:
        listing += stream.take(BLOCK)
        if wanted == 1 and b"\n" in listing:
            wanted += 2 * _decimal(listing.partition(b"\n")[0])
        if len(listing) > min(_MAX_MAP, entry.stored):
            raise TarError("archive/tar: invalid tar header: sparse map too long")
    entry.stored -= len(listing)
    return [_decimal(line) for line in listing.split(b"\n")[1:wanted]]


def _table(data: bytes) -> list[tuple[int, int]]:
    pairs = ((data[at : at + 12], data[at + 12 : at + 24]) for at in range(0, len(data), 24))
    return [(number(offset), number(length)) for offset, length in pairs if offset[0]]


def _checked(entry: Entry, segments: list[tuple[int, int]]) -> list[tuple[int, int]]:
    end = 0
    for offset, length in segments:
        if offset < end or length < 0 or offset + length > entry.size:
            raise TarError("archive/tar: invalid tar header: sparse segments out of order")
        end = offset + length
    if sum(length for _, length in segments) != entry.stored:
        raise TarError("archive/tar: invalid tar header: sparse map and content differ in size")
    return segments


def _decimal(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 20:
        raise TarError("archive/tar: invalid tar header: malformed sparse map")
    return int(digits)
