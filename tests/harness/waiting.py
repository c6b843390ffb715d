"""Waiting for what happens by itself."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

T = TypeVar("T")
# How many times as long as usual everything may take: WHERRY_TEST_PATIENCE=10 for an emulated machine.
PATIENCE = float(os.environ.get("WHERRY_TEST_PATIENCE", "1"))


def eventually(condition: Callable[[], T], seconds: float = 60) -> T:
    """The first true value of ``condition``; AssertionError when the time is up."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        if value := condition():
            return value
        assert time.monotonic() < deadline, f"not within {seconds * PATIENCE} s: {condition}"
        time.sleep(0.02)


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """The test fails if the block takes longer: what waits for something that never comes holds up no other test."""

    def end(number: int, frame: object) -> None:
        pytest.fail(f"not over after {seconds * PATIENCE} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds * PATIENCE, 10)  # again where it was caught, or what ends it waits too
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
