"""Restart policies: who is started again, how often, and who puts an end to it."""

import time

import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root


THIRD = "test -e /second && sleep 60; test -e /first && touch /second; touch /first; exit 1"


def count(cli: Cli) -> int:
    return int(cli.inspect("box", "{{.RestartCount}}"))


def status(cli: Cli) -> str:
    return cli.inspect("box", "{{.State.Status}}")


def test_on_failure_gives_up_after_so_many_tries(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--restart", "on-failure:2", "busybox", "sh", "-c", "echo try; exit 3")

    eventually(lambda: status(cli) == "exited")

    assert count(cli) == 2
    assert cli.inspect("box", "{{.State.ExitCode}} {{.State.Restarting}}") == "3 false"
    assert cli.line("logs", "box").split() == ["try"] * 3


def test_on_failure_lets_a_success_be(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--restart", "on-failure", "busybox", "true")

    eventually(lambda: status(cli) == "exited")

    assert count(cli) == 0


def test_pauses_between_tries_double(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--restart", "always", "busybox", "date", "+%s")
    eventually(lambda: count(cli) >= 4)

    def times(action: str) -> list[int]:
        which = ("--filter", f"container={cli.inspect('box', '{{.Id}}')}", "--filter", f"event={action}")
        told = cli("events", "--since", "1m", "--until", "0s", *which, "--format", "{{.TimeNano}}")
        return [int(line) for line in told.stdout.split()]

    ended, began = times("die"), times("start")
    pauses = [(after - before) / 1e9 for before, after in zip(ended, began[1:], strict=False)]

    assert all(pause >= least for pause, least in zip(pauses, (0.1, 0.2, 0.4, 0.8), strict=False))


def test_one_that_waits_for_its_next_try_says_so(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--restart", "always", "busybox", "sh", "-c", "exit 5")
    eventually(lambda: count(cli) >= 6)  # its next wait is of three seconds: time to look at it

    eventually(lambda: status(cli) == "restarting")

    assert cli.line("ps", "--format", "{{.Status}}").startswith("Restarting (5)")
    assert cli.inspect("box", "{{.State.Running}} {{.State.Restarting}} {{.State.Pid}}") == "true true 0"
    identifier = cli.inspect("box", "{{.Id}}")
    refused = f"Container {identifier} is restarting, wait until the container is running"
    assert refused in cli.fails(1, "exec", "box", "true")
    assert refused in cli.fails(1, "pause", "box")


@pytest.mark.parametrize("verb", [("stop",), ("rm", "-f")])
def test_an_end_by_the_user_is_final(cli: Cli, verb: tuple[str, ...]) -> None:
    cli("run", "-d", "--name", "box", "--restart", "always", "busybox", "false")
    eventually(lambda: count(cli) >= 3)

    cli(*verb, "box")

    assert cli.line("ps", "-q") == ""
    time.sleep(1)  # longer than it would have waited
    assert cli.line("ps", "-q") == ""


def test_a_start_by_the_user_counts_from_the_beginning(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--restart", "on-failure:1", "busybox", "sh", "-c", THIRD)
    eventually(lambda: status(cli) == "exited")
    assert count(cli) == 1

    cli("start", "box")

    assert (status(cli), count(cli)) == ("running", 0)


def test_policies_over_a_daemon_that_was_killed_with_its_containers(cli: Cli) -> None:
    sleep = ("busybox", "sleep", "60")
    for name, policy in {"ever": "always", "unless": "unless-stopped", "failing": "on-failure", "none": "no"}.items():
        cli("run", "-d", "--name", name, "--restart", policy, *sleep)
    for name, policy in {"ended": "always", "put-down": "unless-stopped"}.items():
        cli("run", "-d", "--name", name, "--restart", policy, *sleep)
        cli("kill", name)
        cli("wait", name)
    before = {name: cli.pid(name) for name in ("ever", "unless", "failing", "none")}
    cli.engine.kill()

    cli.engine.start()

    running = "{{.Names}}"
    assert {"ever", "unless", "failing", "none"} <= set(cli.line("ps", "--format", running).split())
    assert {name: cli.pid(name) for name in before} == before
    eventually(lambda: "ended" in cli.line("ps", "--format", running).split())
    assert "put-down" not in cli.line("ps", "--format", running).split()


def test_policies_that_make_no_sense(cli: Cli) -> None:
    assert "invalid restart policy: unknown policy 'never'" in (
        cli.fails(1, "create", "--restart", "never", "busybox", "true")
    )
    assert "maximum retry count can only be used with 'on-failure'" in (
        cli.fails(1, "create", "--restart", "always:3", "busybox", "true")
    )
    assert "Conflicting options: --restart and --rm" in (
        cli.fails(125, "run", "--rm", "--restart", "always", "busybox", "true")
    )
