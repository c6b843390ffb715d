"""A layer that is unpacked while those below it still are."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.harness.waiting import eventually

from wherry.store.layers.changesets import Layers

from .changesets import chunks, directory, file, hardlink, layer

pytestmark = pytest.mark.root

Run = Callable[[Coroutine[Any, Any, None]], None]
BASE = layer(directory("etc", mode=0o711, uid=7), file("etc/base", b"base"))
UPPER = layer(file("etc/upper", b"upper"), hardlink("etc/link", "etc/base"))


class Stack:
    """Two directories, the lower one empty yet, and the blob of the upper one."""

    def __init__(self, folder: Path) -> None:
        self.blob, self.base, self.upper = folder / "blob", folder / "base", folder / "upper"
        self.blob.write_bytes(UPPER)
        self.base.mkdir()
        self.upper.mkdir()

    async def upper_begins(self) -> None:
        await asyncio.to_thread(eventually, (self.upper / "etc/upper").exists)


def test_it_takes_from_below_what_is_there_in_the_end(run: Run, tmp_path: Path) -> None:
    async def test() -> None:
        stack = Stack(tmp_path)

        async def below() -> None:
            await stack.upper_begins()
            await Layers().apply(chunks(BASE), stack.base)

        await Layers().apply_file(stack.blob, stack.upper, (stack.base,), below=below)
        assert (stack.upper / "etc/link").read_bytes() == b"base"
        found = (stack.upper / "etc").stat()
        assert (found.st_mode & 0o7777, found.st_uid) == (0o711, 7)

    run(test())


def test_how_far_it_is_is_told(run: Run, tmp_path: Path) -> None:
    async def test() -> None:
        stack = Stack(tmp_path)
        told: list[int] = []

        async def below() -> None:
            await stack.upper_begins()
            await Layers().apply(chunks(BASE), stack.base)

        await Layers().apply_file(stack.blob, stack.upper, (stack.base,), below=below, passed=told.append)
        assert told == sorted(told)
        assert (told[0], told[-1]) == (0, stack.blob.stat().st_size)

    run(test())


def test_what_fails_below_ends_it(run: Run, tmp_path: Path) -> None:
    async def test() -> None:
        stack = Stack(tmp_path)

        async def below() -> None:
            await stack.upper_begins()
            raise ConnectionResetError("the registry went away")

        with pytest.raises(ConnectionResetError):
            await Layers().apply_file(stack.blob, stack.upper, (stack.base,), below=below)
        assert Path(f"/proc/self/task/{os.getpid()}/children").read_text() == ""

    run(test())
