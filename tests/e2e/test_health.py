"""Health checks: what ``ps``, ``inspect`` and ``events`` tell of them, and what a daemon's death leaves of them."""

import json

import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

SLEEP = ("busybox", "sleep", "60")
SWITCH = ("--health-cmd", "test -e /well || { echo ill; exit 3; }", "--health-interval", "100ms")


def health(cli: Cli, name: str = "box") -> str:
    return cli.inspect(name, "{{.State.Health.Status}}")


def status(cli: Cli) -> str:
    return cli.line("ps", "--format", "{{.Status}}")


@pytest.mark.v2
def test_healthy_then_ill_then_healthy(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", *SWITCH, "--health-retries", "2", *SLEEP)
    eventually(lambda: health(cli) == "unhealthy")
    assert status(cli).endswith(" (unhealthy)")

    cli("exec", "box", "touch", "/well")
    eventually(lambda: health(cli) == "healthy")

    assert status(cli).endswith(" (healthy)")
    assert cli.inspect("box", "{{.State.Health.FailingStreak}}") == "0"


def test_before_the_first_check_it_is_starting(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--health-cmd", "true", *SLEEP)

    assert status(cli).endswith(" (health: starting)")
    assert cli.inspect("box", "{{json .State.Health}}") == '{"Status":"starting","FailingStreak":0,"Log":[]}'


def test_the_last_checks_are_told(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", *SWITCH, *SLEEP)
    eventually(lambda: health(cli) == "unhealthy")

    log = json.loads(cli.inspect("box", "{{json .State.Health.Log}}"))

    assert len(log) <= 5
    assert all(list(entry) == ["Start", "End", "ExitCode", "Output"] for entry in log)
    assert {(entry["ExitCode"], entry["Output"]) for entry in log} == {(3, "ill\n")}
    assert all(entry["Start"] < entry["End"] for entry in log)


def test_a_check_that_takes_too_long_is_killed(cli: Cli) -> None:
    slow = ("--health-cmd", "echo half; sleep 1000", "--health-interval", "100ms", "--health-timeout", "200ms")
    cli("run", "-d", "--name", "box", *slow, "--health-retries", "1", *SLEEP)
    eventually(lambda: health(cli) == "unhealthy")

    last = "{{with index .State.Health.Log 0}}{{.ExitCode}} {{.Output}}{{end}}"
    assert cli.inspect("box", last) == "-1 Health check exceeded timeout (200ms): half"


def test_a_check_that_cannot_run(cli: Cli) -> None:
    base = cli.line("create", "--name", "base", "busybox", "true")
    cli("commit", "-c", 'HEALTHCHECK --interval=100ms CMD ["nothing"]', base, "unable")
    cli("run", "-d", "--name", "box", "unable", "sleep", "60")
    eventually(lambda: health(cli) == "unhealthy")

    first = cli.inspect("box", "{{with index .State.Health.Log 0}}{{.ExitCode}} {{.Output}}{{end}}")

    assert first.startswith("-1 OCI runtime exec failed: ")
    assert first.endswith('exec: "nothing": executable file not found in $PATH: unknown')
    cli("rm", "-f", "box", "base")
    cli("rmi", "unable")


def test_events_tell_changes_and_the_sessions(cli: Cli) -> None:
    with cli.beside("events", "--format", "{{.Action}}", "--filter", "container=box") as events:
        assert events.stdout is not None
        eventually(lambda: '"NEventsListener":1' in cli.line("info", "--format", "{{json .}}"))
        cli("run", "-d", "--name", "box", *SWITCH, "--health-retries", "1", *SLEEP)
        told = [events.stdout.readline().strip() for _ in range(6)]

    command = "/bin/sh -c test -e /well || { echo ill; exit 3; }"
    assert told == [
        "create",
        "start",
        f"exec_create: {command}",
        f"exec_start: {command}",
        "exec_die",
        "health_status: unhealthy",
    ]


def test_found_by_health(cli: Cli) -> None:
    cli("run", "-d", "--name", "well", "--health-cmd", "true", "--health-interval", "100ms", *SLEEP)
    cli("run", "-d", "--name", "plain", *SLEEP)
    cli("run", "-d", "--name", "young", "--health-cmd", "true", *SLEEP)
    eventually(lambda: health(cli, "well") == "healthy")

    def found(state: str) -> str:
        return cli.line("ps", "--filter", f"health={state}", "--format", "{{.Names}}")

    assert [found(state) for state in ("healthy", "none", "starting", "unhealthy")] == ["well", "plain", "young", ""]


def test_a_paused_or_stopped_container_counts_as_unhealthy_and_recovers(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--health-cmd", "true", "--health-interval", "100ms", *SLEEP)
    eventually(lambda: health(cli) == "healthy")

    cli("pause", "box")
    assert health(cli) == "unhealthy"
    cli("unpause", "box")
    eventually(lambda: health(cli) == "healthy")
    cli("kill", "box")
    cli("wait", "box")
    assert health(cli) == "unhealthy"
    cli("start", "box")
    eventually(lambda: health(cli) == "healthy")


def test_the_check_of_an_image_is_used_changed_and_left_out(cli: Cli) -> None:
    cli("create", "--name", "base", "busybox", "true")
    cli("commit", "-c", "HEALTHCHECK --interval=100ms --retries=1 CMD test -e /well", "base", "checked")

    cli("run", "-d", "--name", "box", "checked", "sleep", "60")
    cli("run", "-d", "--name", "other", "--health-cmd", "true", "checked", "sleep", "60")
    cli("run", "-d", "--name", "without", "--no-healthcheck", "checked", "sleep", "60")

    eventually(lambda: health(cli) == "unhealthy")
    eventually(lambda: health(cli, "other") == "healthy")
    assert cli.inspect("without", "{{json .State.Health}} {{.Config.Healthcheck.Test}}") == "null [NONE]"
    cli("rm", "-f", "box", "other", "without", "base")
    cli("rmi", "checked")


def test_checks_go_on_under_the_next_daemon(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", *SWITCH, "--health-retries", "1", *SLEEP)
    eventually(lambda: health(cli) == "unhealthy")

    cli.engine.kill()
    cli.engine.start()

    assert health(cli) == "unhealthy"
    cli("exec", "box", "touch", "/well")
    eventually(lambda: health(cli) == "healthy")


def test_flags_that_make_no_sense(cli: Cli) -> None:
    assert "--no-healthcheck conflicts with --health-* options" in (
        cli.fails(125, "create", "--no-healthcheck", "--health-cmd", "true", *SLEEP)
    )
    assert "--health-retries cannot be negative" in cli.fails(125, "create", "--health-retries", "-1", *SLEEP)
    assert "Interval in Healthcheck cannot be less than 1ms" in (
        cli.fails(1, "create", "--health-cmd", "true", "--health-interval", "1us", *SLEEP)
    )
