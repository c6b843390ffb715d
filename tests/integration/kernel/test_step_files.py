"""What a command of a build is lent: in memory while it runs, and gone after it."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from wherry.kernel.mounts import mount_table
from wherry.kernel.step_files import StepFiles
from wherry.model.remapping import IdRange, Remapping

pytestmark = pytest.mark.root

RANGE = (IdRange(inside=0, outside=100_000, length=1000),)


class Echo:
    """A wire that gives back what it gets, in capitals."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def send(self, data: bytes) -> None:
        self._said.put_nowait(data.upper())

    async def receive(self) -> bytes | None:
        return await self._said.get()

    async def end(self) -> None:
        self._said.put_nowait(None)


@asynccontextmanager
async def echo() -> AsyncIterator[Echo]:
    yield Echo()


def mounted_below(folder: Path) -> list[str]:
    return [entry.target for entry in mount_table() if entry.target.startswith(f"{folder}/")]


async def test_a_secret_is_in_memory_for_who_may_read_it(tmp_path: Path) -> None:
    files = StepFiles(tmp_path / "lent", Remapping(uids=RANGE, gids=RANGE))
    async with files.lent() as folder:
        path = folder.secret(b"hunter2", 0o440, (5, 6))
        status = path.stat()
        assert path.read_bytes() == b"hunter2"
        assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o440, 100_005, 100_006)
        assert mounted_below(tmp_path) == [str(path.parent)]
    assert list((tmp_path / "lent").iterdir()) == []
    assert mounted_below(tmp_path) == []


async def test_who_connects_to_an_agent_is_connected_with_the_clients(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)  # an address of a socket has 107 bytes
    deep.mkdir()
    async with StepFiles(deep / "lent", None).lent() as folder:
        path = await folder.agent(echo, 0o600, (0, 0))
        reader, writer = await _connected(path)
        writer.write(b"hello")
        assert await reader.read(100) == b"HELLO"
        writer.write_eof()
        assert await reader.read(100) == b""
        writer.close()
        rest, held = await _connected(path)
        held.write(b"still here")
        assert await rest.read(100) == b"STILL HERE"
    assert await rest.read(100) == b""
    held.close()
    assert mounted_below(tmp_path) == []


async def test_what_a_death_left_is_swept(tmp_path: Path) -> None:
    files = StepFiles(tmp_path / "lent", None)
    files.sweep()
    async with files.lent() as folder:
        folder.secret(b"hunter2", 0o400, (0, 0))
        files.sweep()
        assert list((tmp_path / "lent").iterdir()) == []
        assert mounted_below(tmp_path) == []


async def _connected(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    fd = os.open(path.parent, os.O_RDONLY)
    try:
        return await asyncio.open_unix_connection(f"/proc/self/fd/{fd}/{path.name}")
    finally:
        os.close(fd)
