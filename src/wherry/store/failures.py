"""How the system's errors are told."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from wherry.errors import InternalError


@contextmanager
def explained(what: str) -> Iterator[None]:
    """An OSError in the block becomes InternalError ``<what>: no space left on device``."""
    try:
        yield
    except OSError as error:
        raise InternalError(f"{what}: {reason(error)}") from error


def reason(error: OSError) -> str:
    """The system's reason without file names, beginning small, as clients of Docker know it."""
    text = os.strerror(error.errno) if error.errno else str(error)
    return text[:1].lower() + text[1:]
