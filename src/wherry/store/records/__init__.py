"""Records in SQLite, read from memory.

Bodies are JSON: rows are small and few, so what counts is that a person can read them with the ``sqlite3`` tool and
that fields may come and go. A field that this version does not know is passed over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec

from wherry.errors import InternalError
from wherry.model.build import CacheEntry
from wherry.model.container import Container
from wherry.model.image import Image, Layer, Tag
from wherry.model.network import Network
from wherry.model.plugin import Plugin
from wherry.model.volume import Volume
from wherry.store.records.database import Change, Database
from wherry.threads import settled

Record: TypeAlias = CacheEntry | Container | Image | Tag | Layer | Network | Plugin | Volume
R = TypeVar("R", bound=Record)

_TABLES: Final[dict[type[Any], str]] = {
    Container: "containers",
    Image: "images",
    Tag: "tags",
    Layer: "layers",
    Network: "networks",
    Volume: "volumes",
    CacheEntry: "build_cache",
    Plugin: "plugins",
}
_encode: Final = msgspec.json.Encoder().encode


def key_of(record: Record) -> str:
    """What a record is found by."""
    match record:
        case Tag() | Volume():
            return record.name
        case Layer():
            return record.chain_id
        case CacheEntry():
            return record.key
        case _:
            return record.id


class Edit(NamedTuple):
    """One record to write, or to delete if ``record`` is None."""

    kind: type[Any]
    key: str
    record: Record | None


class Table(Generic[R]):
    """One kind of record. What a reader sees is committed."""

    def __init__(self, kind: type[R], rows: dict[str, R], write: Callable[[Sequence[Edit]], Awaitable[None]]) -> None:
        self._kind = kind
        self._rows = rows
        self._write = write

    def get(self, key: str) -> R | None:
        return self._rows.get(key)

    def all(self) -> tuple[R, ...]:
        """All records, oldest first."""
        return tuple(self._rows.values())

    async def put(self, record: R) -> None:
        """Add a record, or replace the one with its key."""
        await self._write((Edit(self._kind, key_of(record), record),))

    async def delete(self, key: str) -> None:
        await self._write((Edit(self._kind, key, None),))


class Records:
    """All tables of one database. Writing raises what ``Database.apply`` raises, and has changed nothing then."""

    def __init__(self, database: Database) -> None:
        """Reads everything: blocks. InternalError names the table and key of a row that cannot be read."""
        self._database = database
        self._rows: dict[type[Any], dict[str, Any]] = {kind: _load(database, kind) for kind in _TABLES}
        self.containers = self._table(Container)
        self.images = self._table(Image)
        self.tags = self._table(Tag)
        self.layers = self._table(Layer)
        self.networks = self._table(Network)
        self.volumes = self._table(Volume)
        self.plugins = self._table(Plugin)
        self.cache = self._table(CacheEntry)

    async def commit(self, *, put: Iterable[Record] = (), delete: Iterable[Record] = ()) -> None:
        """Several changes in one transaction, deletions first: all or none."""
        edits = [Edit(type(record), key_of(record), None) for record in delete]
        edits += [Edit(type(record), key_of(record), record) for record in put]
        if edits:
            await self._write(edits)

    def _table(self, kind: type[R]) -> Table[R]:
        return Table(kind, self._rows[kind], self._write)

    async def _write(self, edits: Sequence[Edit]) -> None:
        written = self._database.apply([_change(edit) for edit in edits])
        # A callback, and not the line after the wait: a caller who is cancelled meanwhile does not undo the commit.
        written.add_done_callback(lambda _: self._publish(edits, written))
        await settled(written)

    def _publish(self, edits: Sequence[Edit], written: asyncio.Future[None]) -> None:
        if written.exception() is not None:
            return
        for kind, key, record in edits:
            if record is None:
                self._rows[kind].pop(key, None)
            else:
                self._rows[kind][key] = record


def _change(edit: Edit) -> Change:
    return Change(_TABLES[edit.kind], edit.key, None if edit.record is None else _encode(edit.record))


def _load(database: Database, kind: type[Any]) -> dict[str, Record]:
    name = _TABLES[kind]
    decoder = msgspec.json.Decoder(kind)
    rows: dict[str, Record] = {}
    for key, body in database.rows(name):
        try:
            rows[key] = decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InternalError(f'{database.path}: unreadable row "{key}" in table {name}: {error}') from error
    return rows
