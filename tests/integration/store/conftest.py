import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import uvloop


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
