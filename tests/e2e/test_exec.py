"""``exec``: one more process in a container that runs."""

import hashlib
import os
import subprocess

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import DAEMON, Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

# Its documentation has always said 127, but Docker 26 answers 126.
NOT_FOUND = 126 if DAEMON == "dockerd" else 127


@pytest.fixture
def box(cli: Cli) -> str:
    """A container that does nothing for a while."""
    cli("run", "-d", "--name", "box", "-e", "MINE=yes", "busybox", "sleep", "60")
    return "box"


@pytest.mark.parametrize("code", [0, 42])
def test_the_exit_code_is_the_commands(cli: Cli, box: str, code: int) -> None:
    assert cli("exec", box, "sh", "-c", f"exit {code}", check=False).returncode == code


def test_death_by_signal_is_128_and_its_number(cli: Cli, box: str) -> None:
    assert cli("exec", box, "sh", "-c", "kill -9 $$", check=False).returncode == 137


def test_stdout_and_stderr_come_apart(cli: Cli, box: str) -> None:
    done = cli("exec", box, "sh", "-c", "echo out; echo err >&2")

    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_the_command_gets_its_three_streams_and_no_more(cli: Cli, box: str) -> None:
    assert cli("exec", box, "sh", "-c", "cat <&3", check=False).returncode != 0


def test_piped_stdin_ends_with_the_pipe(cli: Cli, box: str) -> None:
    assert cli("exec", "-i", box, "cat", stdin="hi\n").stdout == "hi\n"
    assert cli("exec", "-i", box, "sh", "-c", "cat > /file; wc -c < /file", stdin="12345").stdout == "5\n"
    assert cli("exec", box, "cat", stdin="hi\n").stdout == ""


def test_five_megabytes_go_through_a_pipe_unharmed(cli: Cli, engine: Engine, box: str) -> None:
    data = os.urandom(5_000_000)

    piped = subprocess.run(
        engine.command(cli.client, "exec", "-i", box, "cat"), input=data, capture_output=True, check=True
    )

    assert hashlib.sha256(piped.stdout).digest() == hashlib.sha256(data).digest()


def test_a_terminal_without_input(cli: Cli, box: str) -> None:
    assert cli("exec", "-t", box, "sh", "-c", "test -t 1 && echo yes").stdout == "yes\r\n"


def test_it_is_in_the_container(cli: Cli, box: str) -> None:
    assert cli.line("exec", box, "hostname") == cli.inspect(box, "{{.Config.Hostname}}")
    assert cli.line("exec", box, "sh", "-c", "echo $MINE; cat /proc/1/comm").split() == ["yes", "sleep"]


def test_user_directory_and_environment(cli: Cli, box: str, tmp_path: os.PathLike[str]) -> None:
    assert cli.line("exec", "-u", "user", box, "sh", "-c", "id -u; id -gn; echo $HOME").split() == [
        "1000",
        "users",
        "/home",
    ]
    assert cli.line("exec", "-u", "77:88", box, "sh", "-c", "id -u; id -g").split() == ["77", "88"]
    assert cli.line("exec", "-w", "/tmp", box, "pwd") == "/tmp"
    assert cli.line("exec", "-e", "A=1", "-e", "MINE=no", box, "sh", "-c", "echo $A $MINE") == "1 no"


def test_an_unknown_user(cli: Cli, box: str) -> None:
    done = cli("exec", "-u", "nemo", box, "true", check=False)

    assert done.returncode == 126
    assert "unable to find user nemo: no matching entries in passwd file" in done.stdout + done.stderr


def test_privileged(cli: Cli, box: str) -> None:
    script = "grep CapEff /proc/self/status | cut -f2"

    assert cli.line("exec", box, "sh", "-c", script) == "00000000a80425fb"
    assert int(cli.line("exec", "--privileged", box, "sh", "-c", script), 16) & (1 << 21)


def test_detached_goes_on_by_itself(cli: Cli, box: str) -> None:
    assert cli("exec", "-d", box, "sh", "-c", "sleep .1; echo done > /tmp/file").stdout == ""

    eventually(lambda: cli("exec", box, "cat", "/tmp/file", check=False).stdout == "done\n")


def test_a_command_that_does_not_exist_is_127(cli: Cli, box: str) -> None:
    done = cli("exec", box, "nothing", check=False)
    assert done.returncode == NOT_FOUND
    assert 'exec: "nothing": executable file not found in $PATH' in done.stdout + done.stderr
    assert cli("exec", box, "/bin/nothing", check=False).returncode == NOT_FOUND


def test_a_command_that_cannot_be_invoked_is_126(cli: Cli, box: str) -> None:
    for path in ("/etc/passwd", "/etc"):
        done = cli("exec", box, path, check=False)

        assert done.returncode == 126
        assert f'exec: "{path}": ' in done.stdout + done.stderr
        assert "permission denied" in done.stdout + done.stderr


def test_in_what_does_not_run(cli: Cli) -> None:
    cli("create", "--name", "box", "busybox", "true")
    container = cli.inspect("box", "{{.Id}}")

    assert f"container {container} is not running" in cli.fails(1, "exec", "box", "true")
    assert "No such container: nobody" in cli.fails(1, "exec", "nobody", "true")


def test_in_what_is_paused(cli: Cli, stock: Cli, box: str) -> None:
    stock("pause", box)

    assert f"Container {box} is paused, unpause the container before exec" in cli.fails(1, "exec", box, "true")
    stock("unpause", box)
    cli("exec", box, "true")


def test_it_ends_with_its_container(cli: Cli, box: str) -> None:
    with cli.beside("exec", box, "sh", "-c", "echo ready; sleep 60") as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "ready\n"
        cli("kill", box)

        assert client.wait(60) == 137


def test_many_at_once(cli: Cli, box: str) -> None:
    clients = [
        subprocess.Popen(
            cli.engine.command(cli.client, "exec", box, "echo", str(number)), stdout=subprocess.PIPE, text=True
        )
        for number in range(10)
    ]

    assert [client.communicate(timeout=60)[0] for client in clients] == [f"{number}\n" for number in range(10)]
