"""A real terminal: ``run -it``, ``attach``, detach keys, ``exec -it``."""

import os
import signal

import pytest

from tests.harness.cli import Cli
from tests.harness.terminal import CTRL_C, CTRL_P_CTRL_Q, CTRL_Z, Terminal
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

PROMPT = "/ # "


def dragged_to(terminal: Terminal, rows: int, columns: int) -> bool:
    """Drag the window's edge; whether the shell inside sees it there.

    A client that has only just connected may not listen for SIGWINCH yet: then drag again.
    """
    terminal.resize(rows - 1, columns)
    terminal.resize(rows, columns)
    return terminal.ask("stty size") == f"{rows} {columns}"


def test_a_shell_in_a_terminal_and_its_exit_code(cli: Cli) -> None:
    with cli.terminal("run", "-it", "--rm", "busybox", "sh") as terminal:
        assert terminal.ask("tty").startswith("/dev/")
        assert terminal.ask("echo $TERM") == "xterm"
        terminal.type("exit 7\n")

        assert terminal.wait() == 7


def test_the_size_is_the_windows_and_follows_it(cli: Cli) -> None:
    with cli.terminal("run", "-it", "--rm", "busybox", "sh", rows=31, columns=97) as terminal:
        eventually(lambda: terminal.ask("stty size") == "31 97")

        eventually(lambda: dragged_to(terminal, 40, 132))


def test_job_control(cli: Cli) -> None:
    with cli.terminal("run", "-it", "--rm", "busybox", "sh") as terminal:
        terminal.expect(PROMPT)
        terminal.type("echo $((6 * 7)); cat\n")
        terminal.expect("\n42\r\n")
        terminal.type("one\n")
        terminal.expect("one\r\none")
        terminal.type(CTRL_Z)
        terminal.expect("Stopped")
        terminal.expect(PROMPT)
        terminal.type("fg\n")
        terminal.expect("\ncat")
        terminal.type("two\n")
        terminal.expect("two\r\ntwo")
        terminal.type(CTRL_C)
        terminal.expect(PROMPT)

        assert terminal.ask("echo $?") == "130"


def test_ctrl_c_is_a_signal_inside(cli: Cli) -> None:
    with cli.terminal(
        "run", "-it", "--rm", "busybox", "sh", "-c", "trap 'exit 33' INT; echo ready; while :; do sleep .05; done"
    ) as terminal:
        terminal.expect("ready")
        terminal.type(CTRL_C)

        assert terminal.wait() == 33


def test_bytes_pass_raw(cli: Cli) -> None:
    with cli.terminal("run", "-it", "--rm", "busybox", "printf", "\\033[1;31mred\\033[0m \\303\\251\\n") as terminal:
        assert terminal.expect("\r\n").endswith("\x1b[1;31mred\x1b[0m é")
        assert terminal.wait() == 0


def test_stdout_and_stderr_are_one_in_a_terminal(cli: Cli) -> None:
    done = cli("run", "-t", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2")

    assert (done.stdout, done.stderr) == ("out\r\nerr\r\n", "")


def test_the_terminal_is_as_it_was_afterwards(cli: Cli) -> None:
    with cli.terminal("run", "-it", "--rm", "busybox", "true") as terminal:
        before = terminal.settings()

        assert terminal.wait() == 0
        assert terminal.settings() == before


def test_leaving_with_the_detach_keys_and_coming_back_to_the_same_shell(cli: Cli) -> None:
    with cli.terminal("run", "-it", "--name", "box", "busybox", "sh") as terminal:
        terminal.ask("echo ready")
        terminal.type("kept='still here'; echo typed\n")
        terminal.expect("\ntyped")
        terminal.type(CTRL_P_CTRL_Q)

        assert terminal.wait() == 0
    assert cli.inspect("box", "{{.State.Running}}") == "true"

    with cli.terminal("attach", "box") as terminal:
        assert terminal.ask("echo $kept") == "still here"
        terminal.type("exit 5\n")

        assert terminal.wait() == 5


def test_ctrl_p_alone_reaches_the_shell(cli: Cli) -> None:
    with cli.terminal("run", "-it", "--rm", "busybox", "cat") as terminal:
        terminal.type("a\x10b\n")

        terminal.expect("a\x10b")


def test_other_detach_keys(cli: Cli) -> None:
    with cli.terminal("run", "-it", "--name", "box", "--detach-keys", "ctrl-x,x", "busybox", "sh") as terminal:
        terminal.ask("echo ready")
        terminal.type("\x18x")

        assert terminal.wait() == 0
    assert cli.inspect("box", "{{.State.Running}}") == "true"


def test_two_attached_clients_see_the_same(cli: Cli) -> None:
    cli("run", "-dit", "--name", "box", "busybox", "sh")
    with cli.terminal("attach", "box") as one, cli.terminal("attach", "box") as other:
        one.ask("echo ready")
        eventually(lambda: other.ask("echo ready too"))
        one.type("echo $((6 * 7))\n")

        other.expect("\n42")


def test_attach_without_a_terminal_gives_output_and_the_exit_code(cli: Cli) -> None:
    script = "while ! test -e /go; do echo tick; sleep .05; done; echo err >&2; exit 4"
    cli("run", "-d", "--name", "box", "busybox", "sh", "-c", script)
    with cli.beside("attach", "--no-stdin", "box") as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "tick\n"
        cli("exec", "box", "touch", "/go")
        _, err = client.communicate(timeout=60)

    assert (err, client.returncode) == ("err\n", 4)


def test_attach_to_what_does_not_run(cli: Cli) -> None:
    cli("create", "--name", "box", "busybox", "true")

    assert "You cannot attach to a stopped container, start it first" in cli.fails(1, "attach", "box")


def test_exec_in_a_terminal(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    with cli.terminal("exec", "-it", "box", "sh", rows=33, columns=77) as terminal:
        assert terminal.ask("cat /proc/1/comm") == "sleep"
        eventually(lambda: terminal.ask("stty size") == "33 77")
        eventually(lambda: dragged_to(terminal, 20, 50))
        terminal.type("exit 9\n")

        assert terminal.wait() == 9


def test_leaving_an_exec_with_the_detach_keys_leaves_it_running(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    with cli.terminal("exec", "-it", "box", "sh") as terminal:
        pid = int(terminal.ask("echo $$"))
        terminal.type(CTRL_P_CTRL_Q)
        terminal.expect("read escape sequence")
    assert cli.line("exec", "box", "cat", f"/proc/{pid}/comm") == "sh"


def test_start_attached_and_interactive(cli: Cli) -> None:
    cli("create", "-it", "--name", "box", "busybox", "sh")
    with cli.terminal("start", "-ai", "box") as terminal:
        assert terminal.ask("hostname") == cli.inspect("box", "{{.Config.Hostname}}")
        terminal.type("exit 6\n")

        assert terminal.wait() == 6


def test_a_client_that_dies_leaves_the_container_alone(cli: Cli) -> None:
    with cli.terminal("run", "-it", "--name", "box", "busybox", "sh") as terminal:
        terminal.ask("echo ready")
        os.kill(terminal.process.pid, signal.SIGKILL)

    assert cli.inspect("box", "{{.State.Running}}") == "true"
