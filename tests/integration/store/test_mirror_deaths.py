"""An engine that dies while it brings a mirror up to date leaves one that is whole, or is known not to be."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from tests.harness.buildkit import Session
from tests.integration.store.mirroring import Shelf, listing

from wherry.errors import InternalError
from wherry.tar.programs import mirror
from wherry.threads import Threads

pytestmark = pytest.mark.root

CALLS = ("open", "write", "rename", "unlink", "mkdir", "rmdir", "symlink", "link", "utime", "fchmod")


class Dying:
    """A program as `Child` starts it, in a fork that is killed at the ``last`` of its `CALLS`."""

    def __init__(
        self, last: int, program: str, arguments: tuple[Path | str, ...], stdin: int, connection: int | None = None
    ) -> None:
        assert (program, connection) == ("mirror", None)
        self._pid = os.fork()
        if self._pid == 0:
            self._die(last, list(map(str, arguments)), stdin)
        os.close(stdin)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        await asyncio.to_thread(os.waitpid, self._pid, 0)

    async def result(self) -> str:
        end = await asyncio.to_thread(os.waitid, os.P_PID, self._pid, os.WEXITED | os.WNOWAIT)
        if end.si_code != os.CLD_EXITED:
            raise InternalError("killed")
        return ""

    def _die(self, last: int, arguments: list[str], stdin: int) -> None:
        left = iter(range(last - 1))
        os.dup2(stdin, 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        for name in CALLS:
            setattr(os, name, partial(_counted, getattr(os, name), left))
        sys.argv[1:] = arguments
        mirror.main()


def _counted(call: Callable[..., Any], left: Iterator[int], *arguments: Any, **named: Any) -> Any:
    if next(left, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return call(*arguments, **named)


def change(folder: Path, number: int) -> None:
    """Of everything there is something, and there are two states that have nothing in common."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    names = ("a", "b", "c", "d") if number % 2 else ("d", "c", "b", "a")
    file, directory, link, other = (folder / name for name in names)
    directory.mkdir()
    (directory / "inner").write_text(f"{number}")
    file.write_text(f"{number}" * 1000)
    link.symlink_to(f"{number}")
    os.link(file, other)


async def test_a_death_at_any_step_is_survived(disk: Path, threads: Threads, tmp_path: Path) -> None:
    shelf = Shelf(disk / f"deaths-{os.urandom(4).hex()}", threads)
    change(tmp_path, 0)
    session = Session(tmp_path)
    await shelf.update(session)
    died, number = True, 0
    while died:
        number += 1
        before = listing(tmp_path)
        change(tmp_path, number)
        dying = Shelf(shelf.folder, threads, shelf.records, partial(Dying, number))
        died = True
        with suppress(InternalError):
            await dying.update(session)
            died = False
        found = [(path, path.with_name("tree")) for path in shelf.folder.glob("buildcache/*/index")]
        assert all(listing(tree) == (before if died else listing(tmp_path)) for _, tree in found)

        life = Shelf(shelf.folder, threads, shelf.records)
        assert await life.update(session) == listing(tmp_path)
    assert number > 20
