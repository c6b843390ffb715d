"""Logs that go to a plugin."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.plugins import installed, managed_plugin
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

COUNTER = "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i; usleep 1000; done"


class Entry(Struct, array_like=True):
    """As the tests' plugin writes it."""

    source: str
    time: int
    line: str
    is_cut: bool
    is_last: int | None
    piece: str
    ordinal: int | None


class Logger:
    """A plugin that keeps what it gets."""

    def __init__(self, cli: Cli, name: str) -> None:
        self.name = name
        plugin_id = cli.line("plugin", "inspect", "-f", "{{.Id}}", name)
        self.id = plugin_id
        self._folder = cli.engine.data_root / "plugins" / plugin_id / "propagated-mount"

    def info(self, container: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self._folder / f"{container}.info").read_text())
        return found

    def entries(self, container: str) -> list[Entry]:
        file = self._folder / container
        lines = file.read_text().splitlines() if file.exists() else []
        return [Entry(*json.loads(line)) for line in lines]

    def numbers(self, container: str) -> list[int]:
        return [int(entry.line.removeprefix("line ")) for entry in self.entries(container)]


@pytest.fixture
def logger(cli: Cli, tmp_path: Path) -> Iterator[Logger]:
    name = f"test-{os.urandom(4).hex()}"
    cli("plugin", "create", name, managed_plugin(tmp_path / "made", "docker.logdriver/1.0"))
    cli("plugin", "enable", name)
    yield Logger(cli, name)
    for container in cli.line("ps", "-aq").split():
        cli("rm", "-f", container)
    cli("plugin", "rm", "-f", name)


def test_it_gets_each_line_and_is_told_of_the_container(cli: Cli, logger: Logger) -> None:
    script = "echo out; echo err >&2; head -c 20000 /dev/zero | tr '\\0' x; echo; printf half"
    flags = ("--log-driver", logger.name, "--log-opt", "colour=red", "-e", "A=1", "--label", "b=2")
    cli("run", "--name", "box", *flags, "busybox", "sh", "-c", script)

    eventually(lambda: len(logger.entries("box")) == 5)
    out, *_ = [entry for entry in logger.entries("box") if entry.line == "out"]
    assert (out.source, out.is_cut, out.is_last, out.ordinal) == ("stdout", False, None, None)
    assert [entry.source for entry in logger.entries("box") if entry.line == "err"] == ["stderr"]
    first, second, half = [entry for entry in logger.entries("box") if entry.line not in ("out", "err")]
    assert (len(first.line), first.is_cut, first.is_last, first.ordinal) == (16384, True, None, 1)
    assert (len(second.line), second.is_cut, second.is_last, second.ordinal) == (20000 - 16384, True, 1, 2)
    assert first.piece == second.piece != half.piece
    assert (half.line, half.is_cut) == ("half", True)
    info = logger.info("box")
    assert info["Config"] == {"colour": "red"}
    assert (info["ContainerName"], info["ContainerImageName"]) == ("/box", "busybox")
    assert (info["ContainerEntrypoint"], info["ContainerArgs"]) == ("sh", ["-c", script])
    assert "A=1" in info["ContainerEnv"] and info["ContainerLabels"] == {"b": "2"}
    shown = cli("logs", "box")
    assert shown.stdout.startswith("out\nxxx") and shown.stderr == "err\n"
    assert cli.inspect("box", "{{.HostConfig.LogConfig.Type}}") == logger.name


def test_nothing_is_lost_when_it_dies(cli: Cli, logger: Logger) -> None:
    cli("run", "-d", "--name", "box", "--log-driver", logger.name, "busybox", "sh", "-c", COUNTER)
    eventually(lambda: logger.numbers("box"))
    for pid in processes(logger.id):
        os.kill(pid, signal.SIGKILL)

    eventually(lambda: logger.numbers("box")[-1:] == [2000])
    # What its dead predecessor had been handed and had not written is gone with it: no more than a pipe holds.
    missing = set(range(1, 2001)) - set(logger.numbers("box"))
    assert len(missing) * len("line 1000") < 1 << 16


def processes(plugin_id: str) -> list[int]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cgroup"):
        try:
            if plugin_id in file.read_text():
                found.append(int(file.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_the_next_engine_goes_on(cli: Cli, logger: Logger, engine: Engine) -> None:
    cli("run", "-d", "--name", "box", "--log-driver", logger.name, "busybox", "sh", "-c", COUNTER)
    eventually(lambda: logger.numbers("box"))
    engine.kill()
    engine.start()

    eventually(lambda: logger.numbers("box")[-1:] == [2000])
    assert set(logger.numbers("box")) == set(range(1, 2001))
    assert [path.name for path in (engine.exec_root / "plugins" / logger.id[:12]).iterdir()] == ["test.sock"]


def test_what_cannot_be_logged_is_not_started(cli: Cli, logger: Logger) -> None:
    def refused(*flags: str) -> str:
        return cli.fails(125, "run", "--rm", "--log-driver", *flags, "busybox", "true")

    no_driver = "error looking up logging plugin"
    assert f'{no_driver} nothing: plugin "nothing" not found' in refused("nothing")
    start = "failed to initialize logging driver: error creating logger: "
    assert f"{start}not today" in refused(logger.name, "--log-opt", "refuse=not today")
    cli("create", "--name", "box", "--log-driver", logger.name, "busybox", "true")
    cli("plugin", "disable", logger.name)
    assert f"{no_driver} {logger.name}: plugin {logger.name}:latest found but disabled" in refused(logger.name)
    assert f"logger: no log driver named '{logger.name}' is registered" in cli.fails(1, "start", "box")
    cli("plugin", "enable", logger.name)
    cli("start", "box")


def test_nothing_is_written_to_where_it_leads(cli: Cli, logger: Logger, tmp_path: Path) -> None:
    """A plugin that puts a link in the place of the pipe."""
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    flags = ("--log-driver", logger.name, "--log-opt", f"link={victim}")
    assert "is no pipe any more" in cli.fails(125, "run", "--rm", *flags, "busybox", "echo", "overwritten")
    assert victim.read_text() == "untouched"


def test_one_of_the_first_kind_logs(cli: Cli) -> None:
    """Beside the engine, with pipes in /run/docker/logging."""
    asked: list[tuple[str, str]] = []
    read: list[bytes] = []

    def follow(pipe: str) -> None:
        with open(pipe, "rb") as file:
            read.append(file.read())

    def answer(method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if method == "Plugin.Activate":
            return {"Implements": ["LogDriver"]}
        asked.append((method, arguments["File"]))
        if method == "LogDriver.StartLogging":
            threading.Thread(target=follow, args=(arguments["File"],)).start()
        return {"Err": ""}

    with installed(answer) as name:
        cli("run", "--rm", "--log-driver", name, "busybox", "echo", "hello")
        eventually(lambda: len(asked) == 2)

    (start, pipe), (stop, same) = asked
    assert (start, stop) == ("LogDriver.StartLogging", "LogDriver.StopLogging")
    assert pipe == same
    assert pipe.startswith("/run/docker/logging/")
    assert not os.path.exists(pipe)
    assert b"hello" in read[0]
