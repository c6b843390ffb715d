"""The SQLite file that holds the records: rows of (key, body) in one table a noun, in the order of their creation.

Write-ahead log with ``synchronous=NORMAL`` (sqlite.org/wal.html, pragma.html#pragma_synchronous): a commit is an
append without fsync(2). It survives the death of the engine at any moment; after a power failure the file is whole and
the last commits before it may be missing.

A disk that is full must not hinder the removals that would make room, nor the record of what has ended: then the
space of a reserve is spent on the records.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from wherry.errors import InternalError, NoSpace, Unavailable
from wherry.store.records.reserve import Reserve
from wherry.threads import Threads

BUSY_SECONDS: Final = 5.0  # how long a write waits for a foreign process that holds the file

_TABLES: Final = ("containers", "images", "tags", "layers", "networks", "volumes")

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    tuple(
        f"CREATE TABLE {name} (sequence INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body BLOB NOT NULL)"
        for name in _TABLES
    ),
    ("CREATE TABLE build_cache (sequence INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body BLOB NOT NULL)",),
    ("CREATE TABLE plugins (sequence INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body BLOB NOT NULL)",),
)
"""Statements that lead from version n to n + 1, each step in a transaction. ``PRAGMA user_version`` holds n."""


class Change(NamedTuple):
    """One row to write, or to delete if ``body`` is None."""

    table: str
    key: str
    body: bytes | None


class Database:
    """One connection, used by one thread."""

    def __init__(self, path: Path) -> None:
        """Opens the file, made if need be, and brings its tables up to date. A file that is damaged or that a newer
        version wrote is left as it is: InternalError. Blocks."""
        self.path = path
        with self._explained():
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                path.chmod(0o600)  # what containers are told is nobody else's business
                self._migrate()
            except BaseException:
                self._connection.close()
                raise
        self._reserve = Reserve(path.with_suffix(".reserve"))
        self._reserve.keep()
        self._thread = Threads(1, "database")

    def rows(self, table: str) -> list[tuple[str, bytes]]:
        """(key, body), oldest first. Blocks: for the start."""
        with self._explained():
            return self._connection.execute(f"SELECT key, body FROM {table} ORDER BY sequence").fetchall()

    def apply(self, changes: Sequence[Change]) -> asyncio.Future[None]:
        """All changes in one transaction, or none; earlier calls first. Unavailable if the file stays locked."""
        return self._thread.submit(self._apply, changes)

    def close(self) -> None:
        """Write all that is waiting, then close the file. Blocks."""
        self._thread.shutdown()
        self._connection.close()

    def _apply(self, changes: Sequence[Change]) -> None:
        with self._explained():
            try:
                self._write(changes)
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_FULL or self._adds(changes):
                    raise
                self._make_room()
                self._write(changes)
        self._reserve.keep()

    def _adds(self, changes: Sequence[Change]) -> bool:
        """Whether there would be more rows than before: what is new has to fit without the reserve."""
        return any(
            body is not None and not self._connection.execute(f"SELECT 1 FROM {table} WHERE key = ?", (key,)).fetchone()
            for table, key, body in changes
        )

    def _make_room(self) -> None:
        """Bring the log into the database, which may grow by the reserve. What is written next overwrites the log in
        place, so that it takes no more of the disk."""
        self._reserve.spend()
        self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()

    def _write(self, changes: Sequence[Change]) -> None:
        with self._transaction():
            for table, key, body in changes:
                if body is None:
                    self._connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))
                else:
                    self._connection.execute(
                        f"INSERT INTO {table} (key, body) VALUES (?, ?) "
                        "ON CONFLICT (key) DO UPDATE SET body = excluded.body",
                        (key, body),
                    )

    def _migrate(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise InternalError(
                f"{self.path} was written by a newer version of wherry (schema {version}, this one knows "
                f"{len(MIGRATIONS)}); it was left as it is"
            )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            with self._transaction():
                for statement in statements:
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk has rolled it back already
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """SQLite's errors in our terms (sqlite.org/rescode.html)."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def _explain(self, error: sqlite3.Error) -> Exception:
        code = _code(error)
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return Unavailable(f"{self.path} is locked by another process")
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return InternalError(f"{self.path} is damaged ({error}); it was left as it is: move it away or restore it")
        if code == sqlite3.SQLITE_FULL:
            return NoSpace(f"{self.path}: no space left on device")
        return InternalError(f"{self.path}: {error}")


def _code(error: sqlite3.Error) -> int:
    """The primary result code."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF
