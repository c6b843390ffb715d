"""Both OCI runtimes do the same."""

import docker
import pytest

from tests.harness.cli import Cli

pytestmark = [pytest.mark.root, pytest.mark.parametrize("runtime", ["crun", "runc"])]


def test_a_command_runs_and_its_code_comes_back(cli: Cli, runtime: str) -> None:
    done = cli(
        "run", "--rm", "--runtime", runtime, "busybox", "sh", "-c", "echo out; echo err >&2; exit 3", check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 3)


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [
        ("nope", 127, 'exec: "nope": executable file not found in $PATH'),
        ("/nope", 127, 'exec: "/nope": stat /nope: no such file or directory'),
        ("/etc/passwd", 126, 'exec: "/etc/passwd": permission denied'),
        ("/etc", 126, 'exec: "/etc": '),  # is a directory; runc before 1.1.6: permission denied
    ],
)
def test_what_cannot_run_says_so(cli: Cli, runtime: str, command: str, code: int, text: str) -> None:
    done = cli("run", "--rm", "--runtime", runtime, "busybox", command, check=False)
    assert done.returncode == code
    assert text in done.stderr


@pytest.mark.v2
def test_exec_passes_streams_and_codes(cli: Cli, runtime: str) -> None:
    cli("run", "-d", "--name", "box", "--runtime", runtime, "busybox", "sleep", "1000")
    assert cli("exec", "-i", "box", "cat", stdin="typed").stdout == "typed"
    assert cli("exec", "box", "sh", "-c", "exit 4", check=False).returncode == 4
    missing = cli("exec", "box", "nope", check=False)
    assert missing.returncode == 127
    assert 'exec: "nope": executable file not found in $PATH' in missing.stdout + missing.stderr
    cli("exec", "-d", "box", "touch", "/made")
    cli("exec", "box", "sh", "-c", "until [ -e /made ]; do :; done")


@pytest.mark.v2
def test_a_paused_container_can_be_removed(cli: Cli, api: docker.DockerClient, runtime: str) -> None:
    box = cli("run", "-d", "--runtime", runtime, "busybox", "sleep", "1000").stdout.strip()
    api.api.pause(box)
    assert cli("inspect", "-f", "{{.State.Status}}", box).stdout == "paused\n"
    cli("rm", "-f", box)
    assert cli("ps", "-aq").stdout == ""
