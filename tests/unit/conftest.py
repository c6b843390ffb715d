"""What units of several packages are tested with."""

import threading
from collections.abc import Callable

import pytest


@pytest.fixture
def no_more_threads(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call to the end of the test a thread that is started is refused, as by a host that has no more."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    return lambda: monkeypatch.setattr(threading.Thread, "start", refuse)
