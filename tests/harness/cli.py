"""One client's command line, typed at one engine."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.harness.engine import Engine
from tests.harness.terminal import Terminal

Done = subprocess.CompletedProcess[str]


class Cli:
    """``wherry`` or ``docker`` at ``engine``: ``cli("run", "busybox", "true")``."""

    def __init__(self, engine: Engine, client: str) -> None:
        self.engine = engine
        self.client = client

    def __call__(self, *arguments: str | Path, check: bool = True, stdin: str | bytes | None = None) -> Done:
        """Type a command to its end. With ``check`` it must succeed."""
        return self.engine.run(self.client, *arguments, check=check, stdin=stdin)

    def line(self, *arguments: str | Path, stdin: str | bytes | None = None) -> str:
        """What the command prints, without the white space around it."""
        return self(*arguments, stdin=stdin).stdout.strip()

    def fails(self, status: int, *arguments: str | Path, stdin: str | bytes | None = None) -> str:
        """What the command says on stderr while it fails with ``status``."""
        done = self(*arguments, check=False, stdin=stdin)
        assert done.returncode == status, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stderr

    def inspect(self, name: str, template: str) -> str:
        return self.line("inspect", "-f", template, name)

    @property
    def is_old(self) -> bool:
        return is_old(self.client)

    @property
    def is_later(self) -> bool:
        return is_later(self.client)

    def published(self, *arguments: str) -> list[str]:
        """The lines of ``port``, with the brackets that docker before 23.0 leaves out around an IPv6 address."""
        return [
            re.sub(r"(?<![^ ])([0-9a-f:]*::[0-9a-f]*):(\d+)$", r"[\1]:\2", line)
            for line in self.line("port", *arguments).splitlines()
        ]

    def pid(self, name: str) -> int:
        return int(self.inspect(name, "{{.State.Pid}}"))

    @contextmanager
    def beside(self, *arguments: str | Path, stdin: int | None = subprocess.DEVNULL) -> Iterator[subprocess.Popen[str]]:
        """A command that runs while the test goes on; ended with the block. Its output is line-buffered text."""
        process = subprocess.Popen(
            self.engine.command(self.client, *arguments),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def terminal(self, *arguments: str | Path, rows: int = 24, columns: int = 80) -> Terminal:
        return Terminal(self.engine.command(self.client, *arguments), rows=rows, columns=columns)


def is_old(client: str) -> bool:
    """Whether this is a docker command as Debian 12 has it, with words of its own for some things."""
    return client == "docker" and docker_release() < 23


def is_later(client: str) -> bool:
    """Whether this is a docker command of after 26, whose words are ours: Ubuntu 24.04 has been updated to 29."""
    return client == "docker" and docker_release() > 26


@cache
def docker_release() -> int:
    """Of the docker command here, the number before the first point: 20 on Debian 12, 26 on Debian 13."""
    said = subprocess.run(["docker", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version (\d+)\.", said)
    assert found, said
    return int(found[1])
