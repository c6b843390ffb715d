"""Programs that are forked, not started anew: they work, end, and are ended as any other."""

import asyncio
import os
import select
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from wherry.errors import CorruptLayer, InternalError
from wherry.store.layers.changesets import Layers
from wherry.store.programs import nursery
from wherry.store.programs.nursery import Nursery
from wherry.store.trees.descriptors import closing_fd

from .changesets import Stalling, chunks, file, layer

Run = Callable[[Coroutine[Any, Any, None]], None]
SMALL = layer(file("a", b"one"))
LARGE = layer(file("large", bytes(16 << 20)))
BEGINNING = LARGE[: 12 << 20]  # more than a socket holds: somebody reads it


def children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / str(number) for number in range(5)]
    for folder in folders:
        folder.mkdir()
    return folders


def test_one_process_starts_all(run: Run, folders: list[Path]) -> None:
    async def test() -> None:
        programs = Nursery()
        layers = Layers(programs.start)
        await layers.apply(chunks(SMALL), folders[0])
        first = children(os.getpid())
        await asyncio.gather(*(layers.apply(chunks(SMALL), folder) for folder in folders[1:]))
        assert children(os.getpid()) == first
        assert [(folder / "a").read_bytes() for folder in folders] == [b"one"] * 5
        await programs.close()
        assert children(os.getpid()) == []

    run(test())


def test_what_is_wrong_with_a_layer_is_told(run: Run, folders: list[Path]) -> None:
    async def test() -> None:
        programs = Nursery()
        with pytest.raises(CorruptLayer, match="invalid tar header"):
            await Layers(programs.start).apply(chunks(b"rubbish!" * 200), folders[0])
        await programs.close()

    run(test())


def test_a_cancelled_program_is_gone(run: Run, folders: list[Path]) -> None:
    async def test() -> None:
        programs, source = Nursery(), Stalling(BEGINNING)
        task = asyncio.create_task(Layers(programs.start).apply(aiter(source), folders[0]))
        await source.stalled.wait()
        (parent,) = children(os.getpid())
        (program,) = children(parent)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not Path(f"/proc/{program}").exists()
        await programs.close()

    run(test())


def test_with_the_process_that_forks_its_programs_end_and_the_next_has_another(run: Run, folders: list[Path]) -> None:
    async def test() -> None:
        programs, source = Nursery(), Stalling(BEGINNING)
        layers = Layers(programs.start)
        task = asyncio.create_task(layers.apply(aiter(source), folders[0]))
        await source.stalled.wait()
        (parent,) = children(os.getpid())
        os.kill(parent, signal.SIGKILL)
        task.cancel()
        with pytest.raises((asyncio.CancelledError, InternalError)):
            await task
        await layers.apply(chunks(SMALL), folders[1])
        assert (folders[1] / "a").exists()
        await programs.close()

    run(test())


def test_it_ends_when_there_is_nothing_to_start(run: Run, folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nursery, "REST", 0.01)

    async def test() -> None:
        programs = Nursery()
        await Layers(programs.start).apply(chunks(SMALL), folders[0])
        with closing_fd(os.pidfd_open(children(os.getpid())[0])) as parent:
            await asyncio.to_thread(select.select, [parent], [], [])
        await programs.close()

    run(test())
