"""Who takes part: an engine, reached by one client."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from wherry.client.connection import Client

TIMEOUT = 180  # seconds for any one command


@dataclass(frozen=True)
class Engine:
    """A daemon that listens. ``kind`` is its program; ``netns`` the name of its network namespace, "" for ours."""

    kind: str
    url: str
    netns: str = ""

    def inside(self, argv: Sequence[str | Path]) -> list[str]:
        """The command that runs ``argv`` in the engine's network."""
        entering = ["nsenter", f"--net=/run/netns/{self.netns}"] if self.netns else []
        return [*entering, *map(str, argv)]

    def api(self) -> closing[Client]:
        """A client that keeps its connection; as a context it is closed at the end."""
        return closing(Client(self.url))

    def info(self) -> dict[str, object]:
        """What it says of itself."""
        with self.api() as client:
            return dict(client.call("GET", "/info").json())


@dataclass(frozen=True)
class Contestant:
    """An engine and the command its users type: the program of a docker-like client, and variables it is told."""

    label: str
    engine: Engine
    program: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def command(self, *arguments: str | Path) -> list[str]:
        return [self.program, "-H", self.engine.url, *map(str, arguments)]

    def run(self, *arguments: str | Path) -> str:
        """The output of a command that is not measured. CalledProcessError if it fails."""
        argv = self.command(*arguments)
        done = subprocess.run(
            argv, check=True, capture_output=True, text=True, timeout=TIMEOUT, env={**os.environ, **self.variables}
        )
        return done.stdout.strip()

    def seconds(self, *arguments: str | Path, stdin: IO[bytes] | int = subprocess.DEVNULL) -> float:
        """How long a command takes as a whole process. CalledProcessError if it fails."""
        argv, environment = self.command(*arguments), {**os.environ, **self.variables}
        begin = time.perf_counter()
        subprocess.run(
            argv,
            check=True,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=TIMEOUT,
            env=environment,
        )
        return time.perf_counter() - begin

    def remove(self, *containers: str) -> None:
        """Remove containers, running or not; those that are not there are no error."""
        if containers:
            argv = self.command("rm", "--force", "--volumes", *containers)
            subprocess.run(argv, check=False, capture_output=True, timeout=TIMEOUT)

    def remove_made_of(self, image: str) -> None:
        """Remove an image and all containers of it, as far as the engine still answers."""
        argv = self.command("ps", "--all", "--quiet", "--filter", f"ancestor={image}")
        listed = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=TIMEOUT)
        self.remove(*listed.stdout.split())
        self.remove_image(image)

    def remove_image(self, image: str) -> None:
        """Remove an image; one that is not there is no error."""
        subprocess.run(self.command("rmi", "--force", image), check=False, capture_output=True, timeout=TIMEOUT)
