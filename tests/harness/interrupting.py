"""A command that is typed again and again, and a daemon that dies earlier and later in the middle of it."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tests.harness.cli import Cli

MOMENTS = (0, 0.2, 0.4, 0.6, 0.8)


def lives(cli: Cli, *command: str | Path, moments: Sequence[float] = MOMENTS) -> Iterator[float]:
    """Type a command to its end, then once for each of ``moments``, which are parts of the time that it took: then the
    daemon is killed. Each time a new daemon runs when it is the caller's turn, to look at what is left and to make the
    command possible again."""
    began = time.monotonic()
    cli(*command)
    lasted = time.monotonic() - began
    yield 1
    for moment in moments:
        with cli.beside(*command) as client:
            with suppress(subprocess.TimeoutExpired):
                client.wait(lasted * moment)
            cli.engine.kill()
        cli.engine.start()
        yield moment
