"""Waiting for what happens by itself."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# How many times as long as usual everything may take: WHERRY_TEST_PATIENCE=10 for an emulated machine.
PATIENCE = float(os.environ.get("WHERRY_TEST_PATIENCE", "1"))


def eventually(condition: Callable[[], T], seconds: float = 15) -> T:
    """The first true value of ``condition``; AssertionError when the time is up."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        if value := condition():
            return value
        assert time.monotonic() < deadline, f"not within {seconds * PATIENCE} s: {condition}"
        time.sleep(0.02)
