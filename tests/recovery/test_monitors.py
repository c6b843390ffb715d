"""Somebody kills a monitor or a runtime while the daemon goes on: as if the container's process had been killed. Or the
daemon while they go on."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.leftovers import assert_nothing_left, processes
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

# A runtime that does to itself what a file named as its command says: waits while there is one that says "wait", is
# killed before its work or after it, or before it has noted what it made, or some seconds after its beginning.
_RUNTIME = """\
#!/bin/sh
cd {folder}
for word; do case $word in -*) ;; *) break ;; esac; done
case "$(cat $word 2>/dev/null)" in
    "") exec crun "$@" ;;
    wait) touch here; while [ -e $word ]; do sleep 0.02; done; exec crun "$@" ;;
    die) kill -KILL $$ ;;
    late) crun "$@"; kill -KILL $$ ;;
    unnoted) crun "$@"; for word; do [ "$last" != --pid-file ] || rm "$word"; last=$word; done; kill -KILL $$ ;;
    *) exec timeout -s KILL $(cat $word) crun "$@" ;;
esac
"""
BOX = ("--name", "box", "--runtime", "odd", "busybox", "sleep", "1000")


class Odd:
    """What the runtime ``odd`` does from now on, told by its command."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        self.path = folder / "odd"
        self.path.write_text(_RUNTIME.format(folder=folder))
        self.path.chmod(0o755)

    def does(self, command: str, what: str) -> None:
        (self._folder / "here").unlink(missing_ok=True)
        (self._folder / command).write_text(what)

    def is_normal(self) -> None:
        for command in ("create", "exec"):
            (self._folder / command).unlink(missing_ok=True)

    def waits(self) -> bool:
        return (self._folder / "here").exists()


@pytest.fixture(scope="module")
def runtime(disk: Path) -> Odd:
    return Odd(disk / "odd")


@pytest.fixture
def odd(runtime: Odd) -> Iterator[Odd]:
    yield runtime
    runtime.is_normal()


@pytest.fixture(scope="module")
def engine(disk: Path, busybox: Path, runtime: Odd) -> Iterator[Engine]:
    folder = disk / "monitors"
    folder.mkdir()
    engine = Engine(folder, "--add-runtime", f"odd={runtime.path}")
    engine.start()
    engine.run("docker", "import", "-c", 'CMD ["/bin/sh"]', busybox, "busybox:latest")
    yield engine
    engine.close()


@pytest.fixture
def cli(clean: Engine, client: str) -> Cli:
    return Cli(clean, client)


def kill_monitor(engine: Engine) -> None:
    """SIGKILL to the one monitor that there is."""
    (pid,) = (pid for pid, arguments in processes(engine).items() if arguments.startswith("conmon"))
    os.kill(pid, signal.SIGKILL)


def kill_holder(engine: Engine, *wanted: str) -> None:
    """SIGKILL to the process that holds an exec session: its monitor, or the runtime."""
    (pid,) = (pid for pid, arguments in processes(engine).items() if all(word in arguments for word in wanted))
    os.kill(pid, signal.SIGKILL)


def assert_startable(cli: Cli) -> None:
    """The container that could not be started is there, holds nothing, and starts now."""
    assert cli.inspect("box", "{{.State.Status}} {{.State.Pid}} {{.State.ExitCode}}") == "created 0 128"
    cli("start", "box")
    assert cli.line("exec", "box", "echo", "hi") == "hi"
    cli("rm", "-f", "box")


def test_the_monitor_while_the_container_is_created(cli: Cli, odd: Odd) -> None:
    odd.does("create", "wait")
    with cli.beside("run", "-d", *BOX) as client:
        eventually(odd.waits)
        kill_monitor(cli.engine)
        assert client.wait(60) == 125
        assert client.stderr is not None
        assert "OCI runtime create failed" in client.stderr.read()
    odd.is_normal()
    assert_startable(cli)


def test_sockets_for_terminals_go_with_what_they_were_for(cli: Cli, odd: Odd) -> None:
    before = set(Path("/tmp").glob("conmon-term.*"))
    odd.does("create", "wait")
    with cli.beside("run", "-d", "-t", *BOX) as client:
        eventually(odd.waits)
        kill_monitor(cli.engine)
        assert client.wait(60) == 125
    odd.does("create", "die")
    cli.fails(1, "start", "box")
    assert set(Path("/tmp").glob("conmon-term.*")) <= before


def test_the_runtime_before_the_container_is_created(cli: Cli, odd: Odd) -> None:
    odd.does("create", "die")
    assert "OCI runtime create failed" in cli.fails(125, "run", "-d", *BOX)
    odd.is_normal()
    assert_startable(cli)


@pytest.mark.parametrize("when", ["unnoted", "late"])
def test_the_runtime_after_the_container_is_created(cli: Cli, odd: Odd, when: str) -> None:
    odd.does("create", when)
    assert "OCI runtime create failed" in cli.fails(125, "run", "-d", *BOX)
    odd.is_normal()
    assert_startable(cli)


@pytest.mark.parametrize("milliseconds", [1, 2, 3, 4, 6, 8, 11, 15])
def test_the_runtime_while_it_creates_the_container(clean: Engine, odd: Odd, milliseconds: int) -> None:
    odd.does("create", f"0.{milliseconds:03}")
    made = clean.run("docker", "run", "-d", *BOX, check=False)
    odd.is_normal()
    if made.returncode == 0:
        assert clean.run("docker", "exec", "box", "echo", "hi").stdout == "hi\n"
        clean.run("docker", "rm", "-f", "box")
    else:
        assert_startable(Cli(clean, "docker"))
    assert_nothing_left(clean)


def test_the_runtime_that_creates_a_container_when_the_engine_dies(cli: Cli, odd: Odd) -> None:
    odd.does("create", "wait")
    with cli.beside("run", "-d", *BOX):
        eventually(odd.waits)
        cli.engine.kill()
    cli.engine.start()
    assert processes(cli.engine) == {}
    odd.is_normal()
    cli("start", "box")
    assert cli.line("exec", "box", "echo", "hi") == "hi"


def test_a_runtime_that_waits_for_the_next_command_when_the_engine_dies(cli: Cli) -> None:
    cli("run", "-d", *BOX)
    for _ in range(2):
        cli("exec", "box", "true")
    cli.engine.kill()
    eventually(lambda: not [line for line in processes(cli.engine).values() if " exec " in line])
    cli.engine.start()
    assert cli.line("exec", "box", "echo", "hi") == "hi"


def test_the_monitor_of_a_container_that_runs(cli: Cli) -> None:
    cli("run", "-d", *BOX)
    kill_monitor(cli.engine)
    assert cli.line("wait", "box") == "137"
    assert cli.inspect("box", "{{.State.Status}} {{.State.Pid}} {{.State.ExitCode}}") == "exited 0 137"


def test_the_monitor_of_a_paused_container(cli: Cli) -> None:
    cli("run", "-d", *BOX)
    cli("pause", "box")
    kill_monitor(cli.engine)
    assert cli.line("wait", "box") == "137"


def test_the_monitor_of_a_container_that_is_to_run_always(cli: Cli) -> None:
    cli("run", "-d", "--restart", "always", *BOX)
    before = cli.pid("box")
    kill_monitor(cli.engine)
    eventually(lambda: cli.pid("box") not in (0, before))
    assert cli.inspect("box", "{{.RestartCount}}") == "1"
    assert cli.line("exec", "box", "echo", "hi") == "hi"


def test_the_monitor_of_a_container_that_removes_itself(cli: Cli) -> None:
    with cli.beside("run", "--rm", *BOX) as client:
        eventually(lambda: cli.line("ps", "-q"))
        kill_monitor(cli.engine)
        assert client.wait(60) == 137
    eventually(lambda: not cli.line("ps", "-aq"))


def test_the_runtime_of_a_command_before_it_runs(cli: Cli, odd: Odd) -> None:
    cli("run", "-d", *BOX)
    odd.does("exec", "die")
    for flags in ((), ("-t",)):
        done = cli("exec", *flags, "box", "sleep", "1000", check=False)
        assert (done.returncode, "OCI runtime exec failed" in done.stdout) == (126, True)
    assert "OCI runtime exec failed" in cli.fails(1, "exec", "-d", "box", "sleep", "1000")
    odd.is_normal()
    assert cli.line("exec", "box", "ps", "-o", "args").count("sleep 1000") == 1  # the container's own


@pytest.mark.parametrize("flag", ["-t", "-d"])
def test_the_runtime_of_a_command_when_it_runs(cli: Cli, odd: Odd, flag: str) -> None:
    cli("run", "-d", *BOX)
    odd.does("exec", "late")
    done = cli("exec", flag, "box", "sleep", "2000", check=False)
    assert "OCI runtime exec failed" in done.stdout + done.stderr
    odd.is_normal()
    assert "sleep 2000" not in cli.line("top", "box")


@pytest.mark.parametrize(("flags", "holder"), [((), " exec "), (("-t",), "--exec-attach"), (("-d",), "--exec-attach")])
def test_what_holds_a_command(cli: Cli, flags: tuple[str, ...], holder: str) -> None:
    """The command ends with it, the container goes on."""
    cli("run", "-d", *BOX)
    with cli.beside("exec", *flags, "box", "sleep", "2000") as client:
        eventually(lambda: "sleep 2000" in cli.line("top", "box"))
        kill_holder(cli.engine, holder)
        assert client.wait(60) == (0 if flags == ("-d",) else 137)
    eventually(lambda: "sleep 2000" not in cli.line("top", "box"))
    assert cli.line("exec", "box", "echo", "hi") == "hi"
    eventually(lambda: not list(cli.engine.exec_root.glob("bundles/*/exec-*")))
