"""How the system's errors are told."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from wherry.errors import InternalError, NoSpace


@contextmanager
def explained(what: str) -> Iterator[None]:
    """An OSError in the block becomes InternalError ``<what>: input/output error``, on a full disk NoSpace."""
    try:
        yield
    except OSError as error:
        failure = NoSpace if error.errno in (errno.ENOSPC, errno.EDQUOT) else InternalError
        raise failure(f"{what}: {reason(error)}") from error


def reason(error: OSError) -> str:
    """The system's reason without file names, beginning small, as clients of Docker know it."""
    text = os.strerror(error.errno) if error.errno else str(error)
    return text[:1].lower() + text[1:]
