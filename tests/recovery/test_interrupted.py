"""The daemon is killed in the middle of operations that write: each is done or it is not, and can be done again."""

import contextlib
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.engine import Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

MOMENTS = (0.2, 0.5, 0.8)
"""When the daemon dies, as a part of the time that the operation takes by itself."""

FILES, FILE_SIZE = 1500, 8192
Words = tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """``typed`` is cut off; ``before`` makes it possible, ``after`` takes away what came of it and of ``before``."""

    typed: Words
    before: tuple[Words, ...] = ()
    after: tuple[Words, ...] = ()


RUN = ("run", "-d", "--name", "box", "-v", "/data", "-v", "named:/named", "-p", "8081:80", "busybox", "sleep", "1000")
FILL = ("exec", "box", "sh", "-c", "mkdir /many; i=0; while [ $i -lt 500 ]; do echo $i >/many/$i; i=$((i+1)); done")
REMOVE: tuple[Words, ...] = (("rm", "-fv", "box"), ("volume", "rm", "named"))

OPERATIONS = {
    "build": Operation(("build", "-t", "many:1", "{context}"), after=(("rmi", "many:1"), ("builder", "prune", "-af"))),
    "cp": Operation(("cp", "{context}/tree", "box:/tree"), before=(RUN,), after=REMOVE),
    "run": Operation(RUN, after=REMOVE),
    "rm": Operation(("rm", "-fv", "box"), before=(RUN, FILL), after=REMOVE),
    "stop": Operation(("stop", "-t", "0", "box"), before=(RUN,), after=REMOVE),
    "rename": Operation(("rename", "box", "other"), before=(RUN,), after=(("rm", "-fv", "other"), *REMOVE)),
    "update": Operation(("update", "--memory", "64m", "--memory-swap", "64m", "box"), before=(RUN,), after=REMOVE),
    "prune": Operation(
        ("system", "prune", "-f", "--volumes"),
        before=(RUN, ("kill", "box"), ("network", "create", "lan"), ("volume", "create", "idle")),
        after=(*REMOVE, ("network", "rm", "lan"), ("volume", "rm", "idle"), ("volume", "prune", "-f")),
    ),
    "volume create": Operation(("volume", "create", "idle"), after=(("volume", "rm", "idle"),)),
    "network create": Operation(("network", "create", "lan"), after=(("network", "rm", "lan"),)),
    "network connect": Operation(
        ("network", "connect", "lan", "box"),
        before=(RUN, ("network", "create", "lan")),
        after=(*REMOVE, ("network", "rm", "lan")),
    ),
}


def on_disk(engine: Engine) -> list[str]:
    """Blobs, layers, volumes, containers and what is temporary, by name."""
    found = [
        path
        for place in ("blobs/*/*", "overlay2/*", "volumes/*", "containers/*")
        for path in engine.data_root.glob(place)
    ]
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return sorted([*map(str, found), *(mount for mount in mounts if mount.startswith(str(engine.data_root)))])


@pytest.fixture(scope="module")
def context(disk: Path) -> Path:
    """A build of many small files, in ``tree``."""
    folder = disk / "context"
    for number in range(FILES):
        path = folder / f"tree/{number % 40}/{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number % 251]) * FILE_SIZE)
    (folder / "Dockerfile").write_text("FROM busybox\nCOPY tree /tree\nRUN cp -a /tree /other\n")
    return folder


def assert_only(engine: Engine, before: list[str]) -> None:
    """Wait until there is on disk what there was before; the difference is the failure's text."""
    with contextlib.suppress(AssertionError):
        eventually(lambda: on_disk(engine) == before)
    left = set(on_disk(engine)) ^ set(before)
    assert not left, "\n".join(sorted(left))


def works(engine: Engine) -> None:
    """Everything that is listed can be used."""
    for image in engine.run("docker", "images", "-q", "--no-trunc").stdout.split():
        engine.run("docker", "save", "-o", engine.folder / "saved.tar", image)
        engine.run("docker", "rm", "-v", engine.run("docker", "create", image, "sh").stdout.strip())
    for line in engine.run("docker", "ps", "-a", "--format", "{{.ID}} {{.State}}").stdout.splitlines():
        container_id, state = line.split()
        assert state in ("created", "running", "exited")
        engine.run("docker", *(("exec", container_id, "true") if state == "running" else ("start", container_id)))
    for volume in engine.run("docker", "volume", "ls", "-q").stdout.split():
        engine.run("docker", "run", "--rm", "-v", f"{volume}:/v", "busybox", "touch", "/v/x")
    for network in engine.run("docker", "network", "ls", "-q", "-f", "driver=bridge").stdout.split():
        engine.run("docker", "run", "--rm", "--network", network, "busybox", "true")


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_kill_in_the_middle(engine: Engine, context: Path, name: str) -> None:
    operation = OPERATIONS[name]

    def typed(words: Words) -> Words:
        return tuple(word.format(context=context) for word in words)

    def prepare() -> None:
        for words in operation.before:
            engine.run("wherry", *typed(words))

    def undo() -> None:
        for words in operation.after:
            engine.run("wherry", *typed(words), check=False)

    before = on_disk(engine)
    prepare()
    began = time.monotonic()
    engine.run("wherry", *typed(operation.typed))
    duration = time.monotonic() - began
    works(engine)
    undo()
    assert_only(engine, before)

    for moment in MOMENTS:
        prepare()
        client = subprocess.Popen(
            engine.command("wherry", *typed(operation.typed)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(duration * moment)  # the moment of the kill is the point here
        engine.kill()
        client.wait()
        engine.start()
        works(engine)
        undo()
        assert_only(engine, before)
