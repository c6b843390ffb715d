"""The daemon is killed in the middle of operations that write: each is done or it is not, and can be done again."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.interrupting import lives
from tests.harness.leftovers import assert_soon, mounts, on_disk
from tests.harness.usable import assert_usable

pytestmark = pytest.mark.root

MOMENTS = (0.2, 0.5, 0.8)

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


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_kill_in_the_middle(engine: Engine, context: Path, name: str) -> None:
    operation, cli = OPERATIONS[name], Cli(engine, "wherry")

    def typed(words: Words) -> Words:
        return tuple(word.format(context=context) for word in words)

    before = {*on_disk(engine), *mounts(engine)}
    for words in operation.before:
        cli(*typed(words))
    for _ in lives(cli, *typed(operation.typed), moments=MOMENTS):
        assert_usable(engine)
        for words in operation.after:
            cli(*typed(words), check=False)
        assert_soon(lambda: {*on_disk(engine), *mounts(engine)}, before)
        for words in operation.before:
            cli(*typed(words))
    for words in operation.after:
        cli(*typed(words), check=False)
