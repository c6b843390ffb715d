"""The child process: cancelled, killed, starved, on a full disk; and what is read lazily by a thread."""

import asyncio
import ctypes
import os
import select
import signal
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from wherry.errors import CorruptLayer, InternalError
from wherry.store.layers.changesets import Layers

from .changesets import Stalling, chunks, file, finish, layer

pytestmark = pytest.mark.root

LIBC = ctypes.CDLL(None, use_errno=True)
LARGE = layer(*(file(f"f{number}", bytes(1 << 20)) for number in range(8)))


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "layer"
    folder.mkdir()
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    assert LIBC.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, b"size=1m") == 0
    yield folder
    assert LIBC.umount2(bytes(folder), 2) == 0


def child(parent: int | None = None) -> int:
    """The process that applies a layer just now."""
    parent = parent or os.getpid()
    (pid,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(pid)


def test_layers_side_by_side(run: Callable[[Coroutine[Any, Any, None]], None], tmp_path: Path) -> None:
    async def test() -> None:
        folders = [tmp_path / str(number) for number in range(3)]
        for folder in folders:
            folder.mkdir()
        found = await asyncio.gather(*(Layers().apply(chunks(LARGE), folder) for folder in folders))
        assert [applied.entries for applied in found] == [8] * 3

    run(test())


def test_a_cancelled_application_is_over_when_it_says_so(
    run: Callable[[Coroutine[Any, Any, None]], None], into: Path
) -> None:
    async def test() -> None:
        source = Stalling(LARGE[: 1 << 20])
        task = asyncio.create_task(Layers().apply(aiter(source), into))
        await source.stalled.wait()
        pid = child()
        task.cancel()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not Path(f"/proc/{pid}").exists()

    run(test())


def test_cancelling_again_does_not_let_the_process_go(
    run: Callable[[Coroutine[Any, Any, None]], None], into: Path
) -> None:
    async def test() -> None:
        source = Stalling(LARGE[: 1 << 20])
        task = asyncio.create_task(Layers().apply(aiter(source), into))
        await source.stalled.wait()
        pid = child()
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
        assert task.cancelled()
        assert not Path(f"/proc/{pid}").exists()

    run(test())


def test_a_source_that_fails_ends_the_process(run: Callable[[Coroutine[Any, Any, None]], None], into: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield LARGE[:100_000]
        raise ConnectionResetError("the registry went away")

    async def test() -> None:
        with pytest.raises(ConnectionResetError, match="the registry went away"):
            await Layers().apply(broken(), into)

    run(test())


def test_a_source_is_not_read_to_its_end_for_a_broken_layer(
    run: Callable[[Coroutine[Any, Any, None]], None], into: Path
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"rubbish!" * 8192
            await asyncio.sleep(0)

    async def test() -> None:
        with pytest.raises(CorruptLayer, match="invalid tar header"):
            await Layers().apply(endless(), into)

    run(test())


def test_a_killed_process_is_told(run: Callable[[Coroutine[Any, Any, None]], None], into: Path) -> None:
    async def killing() -> AsyncIterator[bytes]:
        yield LARGE[:100_000]
        os.kill(child(), signal.SIGKILL)
        yield LARGE[100_000:]

    async def test() -> None:
        with pytest.raises(InternalError, match="ended with status -9"):
            await Layers().apply(killing(), into)

    run(test())


ORPHANED = """
import asyncio, sys
from pathlib import Path
from wherry.store.layers.changesets import Layers
asyncio.run(Layers().apply_file(Path(sys.argv[1]), Path(sys.argv[2])))
"""


def test_an_orphan_stops(into: Path, tmp_path: Path) -> None:
    blob = tmp_path / "fifo"
    os.mkfifo(blob)
    writing = os.open(blob, os.O_RDWR)
    parent = subprocess.Popen([sys.executable, "-c", ORPHANED, blob, into])
    os.write(writing, layer(file("a"))[:512])
    while not (into / "a").exists():
        assert parent.poll() is None
    pidfd = os.pidfd_open(child(parent.pid))

    parent.kill()
    parent.wait()
    os.write(writing, bytes(512))

    assert select.select([pidfd], [], [], 30)[0] == [pidfd]
    os.close(pidfd)
    os.close(writing)


def test_a_full_disk_is_no_fault_of_the_layer(small_disk: Path) -> None:
    with pytest.raises(InternalError, match=r"^write /f\d: no space left on device$") as caught:
        finish(Layers().apply(chunks(LARGE), small_disk))

    assert not isinstance(caught.value, CorruptLayer)


def test_a_directory_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InternalError, match="No such file"):
        finish(Layers().apply(chunks(LARGE), tmp_path / "nowhere"))


def test_a_blob_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InternalError, match=f"open {tmp_path}/blob: no such file or directory"):
        finish(Layers().apply_file(tmp_path / "blob", tmp_path))


# --- reading trees ---------------------------------------------------------------------------------------------------


def test_a_tree_is_read_as_its_archive_is_consumed(
    run: Callable[[Coroutine[Any, Any, None]], None], tmp_path: Path
) -> None:
    for number in range(9):
        (tmp_path / f"f{number}").write_bytes(bytes(1 << 20))

    async def test() -> None:
        stream = Layers().pack(tmp_path)
        data = await anext(stream)
        (tmp_path / "f8").unlink()
        data += b"".join([chunk async for chunk in stream])
        with tarfile.open(fileobj=BytesIO(data)) as archive:
            assert archive.getnames() == [f"f{number}" for number in range(8)]

    run(test())


def test_a_consumer_may_leave_early(run: Callable[[Coroutine[Any, Any, None]], None], tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"f{number}").write_bytes(bytes(1 << 20))

    async def test() -> None:
        await asyncio.to_thread(int)  # so that the pool is not what is left open
        before = os.listdir("/proc/self/fd")
        stream = Layers().pack(tmp_path)
        await anext(stream)
        await stream.aclose()
        assert os.listdir("/proc/self/fd") == before

    run(test())


def test_a_tree_that_is_missing_is_told(tmp_path: Path) -> None:
    async def read() -> None:
        await anext(Layers().diff(tmp_path / "nowhere"))

    with pytest.raises(InternalError, match=f"reading {tmp_path}/nowhere: no such file or directory"):
        finish(read())
