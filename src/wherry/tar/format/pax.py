"""The records of a pax extended header: ``LENGTH KEY=VALUE\\n``, read and written."""

from collections.abc import Iterable

from .header import WITHOUT_CONTENT, Entry, TarError, checked_id, checked_mtime, checked_size

XATTR = b"SCHILY.xattr."
SPARSE_MAP = b"GNU.sparse.map"
_SPARSE_PAIRS = (b"GNU.sparse.offset", b"GNU.sparse.numbytes")
_MAX_DIGITS = 20

Records = dict[bytes, bytes]


def read(data: bytes) -> Records:
    """All records of one header. The repeated pairs of sparse format 0.0 are joined to a map as in 0.1."""
    records: Records = {}
    at = 0
    while at < len(data):
        length, _, _ = data[at : at + _MAX_DIGITS + 1].partition(b" ")
        end = at + _integer(length)
        record = data[at + len(length) + 1 : end]
        key, separator, value = record[:-1].partition(b"=")
        if end > len(data) or not record.endswith(b"\n") or not separator or not key or b"\0" in key:
            raise TarError("archive/tar: invalid tar header: malformed extended header")
        if key in _SPARSE_PAIRS:
            records[SPARSE_MAP] = records[SPARSE_MAP] + b"," + value if SPARSE_MAP in records else value
        else:
            records[key] = value
        at = end
    return records


def merge(entry: Entry, records: Records) -> None:
    """Puts what the records say into the entry; an empty value leaves what the header says."""
    for key, value in records.items():
        if key.startswith(XATTR):
            entry.xattrs[key[len(XATTR) :]] = value
        elif not value:
            continue
        elif key == b"path":
            entry.name = text(value)
        elif key == b"linkpath":
            entry.link = text(value)
        elif key == b"size":
            entry.size = checked_size(_integer(value))
            entry.stored = 0 if entry.kind in WITHOUT_CONTENT else entry.size
        elif key == b"uid":
            entry.uid = checked_id(_integer(value))
        elif key == b"gid":
            entry.gid = checked_id(_integer(value))
        elif key == b"mtime":
            entry.mtime = checked_mtime(_nanoseconds(value))


def write(records: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The body of an extended header."""
    return b"".join(_record(key, value) for key, value in records)


def _record(key: bytes, value: bytes) -> bytes:
    body = len(key) + len(value) + 3
    length = body + len(str(body))
    length = body + len(str(length))  # the length counts its own digits
    return b"%d %b=%b\n" % (length, key, value)


def _integer(text: bytes) -> int:
    if not text.isdigit() or len(text) > _MAX_DIGITS:
        raise TarError("archive/tar: invalid tar header: malformed number in extended header")
    return int(text)


def _nanoseconds(text: bytes) -> int:
    whole, point, fraction = text.partition(b".")
    negative = whole.startswith(b"-")
    value = _integer(whole[1:] if negative else whole) * 1_000_000_000
    if point and fraction:
        value += _integer(fraction[:9].ljust(9, b"0"))
    return -value if negative else value


def text(value: bytes) -> bytes:
    """A name out of a record: it may hold anything but NUL."""
    if b"\0" in value:
        raise TarError("archive/tar: invalid tar header: NUL in a name")
    return value
