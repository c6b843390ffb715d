import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop

from wherry.threads import Threads

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


def open_files() -> list[str]:
    """What this process has open, but for what event loops keep."""
    found = []
    for fd in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the listing's own
            found.append(os.readlink(f"/proc/self/fd/{fd}"))
    return sorted(name for name in found if not name.startswith(("socket:", "anon_inode:[event")))


@pytest.fixture(scope="session", autouse=True)
def loop_library() -> None:
    """Opens what uvloop keeps for the process's life."""
    uvloop.new_event_loop().close()


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """However a layer's application ends, it leaves no process and no open file behind."""
    before = open_files()
    yield
    assert Path(f"/proc/self/task/{os.getpid()}/children").read_text() == ""
    assert open_files() == before


@pytest.fixture
def threads() -> Iterator[Threads]:
    pool = Threads(2, "test")
    yield pool
    pool.shutdown()


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Runs a test's coroutine on each kind of event loop, and not for ever."""

    def run(test: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(asyncio.wait_for(test, 60))

    return run
