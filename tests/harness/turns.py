"""Which tests run at once: many, or one that is alone."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

_GATE, _HALL = "/run/wherry-tests.gate", "/run/wherry-tests.hall"


@contextmanager
def turn(*, alone: bool) -> Iterator[None]:
    """While the block runs no other test of any process here is alone; with ``alone`` there is no other test at all.

    Whoever waits for the hall stands in the gate, so that nobody overtakes a test that wants to be alone.
    """
    with open(_GATE, "w") as gate, open(_HALL, "w") as hall:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(hall, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(hall, fcntl.LOCK_UN)  # closing would not do: a child may have the file as well
