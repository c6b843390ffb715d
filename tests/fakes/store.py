"""The store's ports in memory, for tests of those who use them. The contract tests hold them to the real ones.

Paths that they give out do not exist. What a test wants to find or to arrange is in public fields.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from wherry.errors import DigestMismatch, InternalError, InvalidArgument, NotFound
from wherry.model.archive import Blob
from wherry.model.build import CacheEntry
from wherry.model.container import Container
from wherry.model.image import Image, Layer, Tag
from wherry.model.log import LogLine, LogRange
from wherry.model.mount import HostMount, MountSource, OverlayMount
from wherry.model.network import Network
from wherry.model.plugin import Plugin
from wherry.model.volume import Volume

Record = CacheEntry | Container | Image | Tag | Layer | Network | Plugin | Volume
R = TypeVar("R", bound=Record)

ROOT = Path("/data-root")


def key_of(record: Record) -> str:
    if isinstance(record, Tag | Volume):
        return record.name
    if isinstance(record, CacheEntry):
        return record.key
    return record.chain_id if isinstance(record, Layer) else record.id


class FakeTable(Generic[R]):
    def __init__(self) -> None:
        self.rows: dict[str, R] = {}

    def get(self, key: str) -> R | None:
        return self.rows.get(key)

    def all(self) -> tuple[R, ...]:
        return tuple(self.rows.values())

    async def put(self, record: R) -> None:
        await asyncio.sleep(0)
        self.rows[key_of(record)] = record

    async def delete(self, key: str) -> None:
        await asyncio.sleep(0)
        self.rows.pop(key, None)


class FakeRecords:
    def __init__(self) -> None:
        self.containers = FakeTable[Container]()
        self.images = FakeTable[Image]()
        self.tags = FakeTable[Tag]()
        self.layers = FakeTable[Layer]()
        self.networks = FakeTable[Network]()
        self.volumes = FakeTable[Volume]()
        self.plugins = FakeTable[Plugin]()
        self.cache = FakeTable[CacheEntry]()
        self._tables: dict[type[Any], FakeTable[Any]] = {
            Container: self.containers,
            Image: self.images,
            Tag: self.tags,
            Layer: self.layers,
            Network: self.networks,
            Volume: self.volumes,
            CacheEntry: self.cache,
            Plugin: self.plugins,
        }

    async def commit(self, *, put: Iterable[Record] = (), delete: Iterable[Record] = ()) -> None:
        puts, deletes = tuple(put), tuple(delete)
        await asyncio.sleep(0)
        for record in deletes:
            self._tables[type(record)].rows.pop(key_of(record), None)
        for record in puts:
            self._tables[type(record)].rows[key_of(record)] = record


class FakeContent:
    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def path(self, digest: str) -> Path:
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            raise InvalidArgument(f"invalid checksum digest format: {digest!r}")
        return ROOT / "blobs/sha256" / digest.removeprefix("sha256:")

    def has(self, digest: str) -> bool:
        self.path(digest)
        return digest in self.blobs

    def size(self, digest: str) -> int:
        if not self.has(digest):
            raise NotFound(f"content {digest}: not found")
        return len(self.blobs[digest])

    async def read(self, digest: str) -> bytes:
        if not self.has(digest):
            raise NotFound(f"content {digest}: not found")
        return self.blobs[digest]

    async def put(self, data: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.blobs[digest] = data
        return digest

    async def ingest(self, chunks: AsyncIterator[bytes], digest: str, size: int) -> None:
        self.path(digest)
        data = b"".join([chunk async for chunk in chunks])
        if len(data) != size:
            raise InternalError(f"unexpected size of blob {digest}: {len(data)} bytes, expected {size}")
        actual = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if actual != digest:
            raise DigestMismatch(digest, actual)
        self.blobs[digest] = data

    async def absorb(self, chunks: AsyncIterator[bytes]) -> Blob:
        data = b"".join([chunk async for chunk in chunks])
        return Blob(digest=await self.put(data), size=len(data))

    async def chunks(self, digest: str) -> AsyncGenerator[bytes, None]:
        data = await self.read(digest)
        for at in range(0, len(data), 7):
            yield data[at : at + 7]

    async def delete(self, digest: str) -> None:
        self.path(digest)
        self.blobs.pop(digest, None)

    def digests(self) -> tuple[str, ...]:
        return tuple(sorted(self.blobs))

    async def sweep(self) -> None:
        await asyncio.sleep(0)


class FakeSnapshots:
    """``sizes`` has the bytes that ``usage`` gives, by name. ``persistent`` are those that would survive a power
    failure."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.persistent: set[str] = set()
        self._begun = 0

    async def begin(self) -> str:
        self._begun += 1
        name = f"{self._begun:032x}"
        self.sizes[name] = 0
        return name

    def tree(self, directory: str) -> Path:
        return _child(ROOT / "overlay2", directory) / "diff"

    @property
    def mount_points(self) -> Path:
        return ROOT / "overlay2/.mountpoints/diff"

    async def prepare(self, key: str, volatile: bool = False) -> None:
        _child(ROOT, key)
        self.sizes.setdefault(key, 0)

    def overlay(self, key: str, lowers: tuple[str, ...], volatile: bool = False) -> OverlayMount:
        folder = _child(ROOT / "overlay2", key)
        return OverlayMount(
            target=str(folder / "merged"),
            lowers=(*(str(self.tree(lower)) for lower in lowers), str(self.mount_points)),
            upper=str(folder / "diff"),
            work=str(folder / "work"),
            volatile=volatile,
        )

    def remapped(self, mount: OverlayMount) -> OverlayMount:
        return msgspec.structs.replace(mount, upper=f"/remapped{mount.upper}")

    async def commit(self, key: str) -> str:
        name = await self.begin()
        self.sizes[name] = self.sizes.pop(key)
        return name

    async def persist(self) -> None:
        self.persistent |= {*self.sizes}

    async def remove(self, name: str) -> None:
        _child(ROOT, name)
        self.sizes.pop(name, None)

    async def usage(self, key: str) -> int:
        return self.sizes.get(key, 0)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.sizes))


class FakeContainerFiles:
    """``files`` has name → text by container id."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, str]] = {}

    def folder(self, container_id: str) -> Path:
        return _child(ROOT / "containers", container_id)

    def log(self, container_id: str) -> Path:
        return self.folder(container_id) / f"{container_id}.log"

    async def write(self, container_id: str, files: dict[str, str]) -> None:
        self.files.setdefault(container_id, {}).update(files)

    async def read(self, container_id: str, name: str) -> str:
        return self.files.get(container_id, {}).get(name, "")

    async def remove(self, container_id: str) -> None:
        self.files.pop(container_id, None)

    def ids(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))


class FakeVolumeFiles:
    """``volumes`` has name → content by volume; ``trees`` what directories hold that can be copied up; ``elsewhere``
    what is in volumes of drivers, by their path; ``host`` paths
    that exist, ``host_files`` those that are no directories."""

    def __init__(self) -> None:
        self.host: set[str] = set()
        self.host_files: set[str] = set()
        self.volumes: dict[str, dict[str, str]] = {}
        self.trees: dict[Path, dict[str, str]] = {}
        self.elsewhere: dict[Path, dict[str, str]] = {}

    def path(self, name: str) -> Path:
        return _child(ROOT / "volumes", name) / "_data"

    async def create(self, name: str) -> None:
        _child(ROOT, name)
        self.volumes.setdefault(name, {})

    async def is_empty(self, data: Path) -> bool:
        return not self._content(data)

    async def copy_up(self, source: Path, data: Path) -> None:
        if not self._content(data):
            self._content(data).update(self.trees.get(source, {}))

    def _content(self, data: Path) -> dict[str, str]:
        if data.name == "_data":
            return self.volumes[data.parent.name]
        return self.elsewhere.setdefault(data, {})

    async def remove(self, name: str) -> None:
        self.volumes.pop(name, None)

    async def usage(self, name: str) -> int:
        return sum(len(text) for text in self.volumes.get(name, {}).values())

    async def is_there(self, path: str, *, create: bool = False) -> bool:
        if create:
            self.host.add(path)
        return path in self.host

    async def mount_around(self, path: str) -> HostMount:
        return HostMount(point="/")

    async def source(self, path: str) -> MountSource:
        return MountSource(is_directory=path not in self.host_files)


class FakeLogs:
    """``write`` is what a monitor does."""

    def __init__(self) -> None:
        self.files: dict[Path, list[LogLine]] = {}
        self.aside: dict[Path, list[list[LogLine]]] = {}
        self.forwarded: dict[Path, int] = {}
        self._written = asyncio.Event()

    def write(self, path: Path, *lines: LogLine) -> None:
        self.files.setdefault(path, []).extend(lines)
        self._written.set()

    async def lines(self, path: Path, which: LogRange) -> AsyncGenerator[list[LogLine], None]:
        if lines := _choose(self.files.get(path, []), which):
            yield lines

    async def frames(self, path: Path, which: LogRange, *, joined: bool) -> AsyncIterator[bytes]:
        for line in _choose(self.files.get(path, []), which):
            yield bytes((line.stream, 0, 0, 0)) + len(line.data).to_bytes(4) + line.data

    async def unforwarded(self, path: Path, ended: asyncio.Future[None]) -> AsyncGenerator[list[LogLine], None]:
        ended.add_done_callback(lambda _: self._written.set())
        while True:
            last = ended.done()
            self._written.clear()
            if lines := self.files.get(path, [])[self.forwarded.get(path, 0) :]:
                yield lines
                self.forwarded[path] = self.forwarded.get(path, 0) + len(lines)
            elif last:
                return
            else:
                await self._written.wait()

    async def outgrown(self, path: Path, size: int) -> None:
        while sum(len(line.data) for line in self.files.get(path, [])) <= size:
            await self._changed()

    async def rotate(self, path: Path, kept: int) -> None:
        """What was put aside is not read again: a fake's readers know one file only."""
        self.aside.setdefault(path, []).append(self.files.pop(path))
        del self.aside[path][:-kept]

    async def begun(self, path: Path, otherwise: Callable[[], Awaitable[None]]) -> None:
        if path not in self.files:
            await otherwise()
        while path not in self.files:
            await self._changed()

    async def pack(self, path: Path) -> None:
        """Nothing: there is no disk."""

    async def _changed(self) -> None:
        self._written.clear()
        await self._written.wait()

    async def follow(
        self, path: Path, which: LogRange, ended: Awaitable[object]
    ) -> AsyncGenerator[list[LogLine], None]:
        ending = asyncio.ensure_future(ended)
        ending.add_done_callback(lambda _: self._written.set())
        seen, later = 0, which
        try:
            while True:
                last = ending.done()
                self._written.clear()
                written = self.files.get(path, [])[seen:]
                if lines := _choose(written, later):
                    yield lines
                seen, later = seen + len(written), msgspec.structs.replace(which, tail=None)
                if last:
                    return
                await self._written.wait()
        finally:
            if ending is not ended:
                ending.cancel()


def _choose(lines: list[LogLine], which: LogRange) -> list[LogLine]:
    if which.tail is not None:
        lines = lines[max(0, len(lines) - which.tail) :]
    since, until = _time_text(which.since), _time_text(which.until) if which.until else "~"
    streams = {1: which.stdout, 2: which.stderr}
    return [line for line in lines if streams[line.stream] and since <= line.time <= until]


def _time_text(nanoseconds: int) -> str:
    seconds, fraction = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09}Z"


def _child(folder: Path, name: str) -> Path:
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        raise InvalidArgument(f"invalid name: {name!r}")
    return folder / name
