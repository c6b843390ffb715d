"""``events``: what is told, which of it is asked for, and how it is written."""

import json
import time
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root


def told(cli: Cli, *flags: str, form: str = "{{.Action}}") -> list[str]:
    """The events of the container ``box``, by its ID: earlier tests had others of that name."""
    which = ("--filter", f"container={cli.inspect('box', '{{.Id}}')}")
    return cli("events", *so_far(), *which, *flags, "--format", form).stdout.splitlines()


def so_far() -> tuple[str, ...]:
    """All events until now; a duration would count in whole seconds."""
    return "--since", "1m", "--until", f"{time.time():.9f}"


def test_a_whole_life(cli: Cli, tmp_path: Path) -> None:
    cli("create", "--name", "box", "busybox", "sleep", "60")
    cli("start", "box")
    cli("pause", "box")
    cli("unpause", "box")
    cli("top", "box")
    cli("exec", "box", "true")
    cli("export", "-o", tmp_path / "box.tar", "box")
    cli("rename", "box", "crate")
    cli("rename", "crate", "box")
    cli("stop", "-t", "0", "box")

    assert told(cli) == [
        *("create", "start", "pause", "unpause", "top"),
        *("exec_create: true", "exec_start: true", "exec_die"),
        *("export", "rename", "rename", "kill", "kill", "die", "stop"),
    ]


def test_a_command_that_cannot_run_does_not_die(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")

    cli("exec", "box", "nothing", check=False)

    assert told(cli) == ["create", "start", "exec_create: nothing", "exec_start: nothing"]


def test_pruning_tells_what_it_freed(cli: Cli) -> None:
    cli("run", "--name", "box", "-l", "test=prune", "busybox", "sh", "-c", "head -c 5000 /dev/zero > /file")
    before = f"{time.time():.9f}"

    cli("container", "prune", "-f", "--filter", "label=test=prune")

    span = ("--since", before, "--until", f"{time.time():.9f}", "--filter", "event=prune")
    event = json.loads(cli.line("events", *span, "--format", "{{json .}}"))
    assert (event["Type"], event["Actor"]) == ("container", {"ID": "", "Attributes": {"reclaimed": "5000"}})
    assert "id" not in event


def test_a_terminals_size_is_told(cli: Cli) -> None:
    cli("create", "-it", "--name", "box", "busybox", "sleep", "60")
    with cli.terminal("start", "-ai", "box", rows=30, columns=90):
        sizes = "{{.Actor.Attributes.height}}x{{.Actor.Attributes.width}}"
        eventually(lambda: "30x90" in told(cli, "--filter", "event=resize", form=sizes))


@pytest.mark.parametrize(
    ("flags", "actions"),
    [
        (("event=die",), ["die"]),
        (("event=die", "event=start"), ["start", "die"]),
        (("type=container", "event=create"), ["create"]),
        (("type=network",), []),
        (("image=busybox", "event=create"), ["create"]),
        (("image=busybox:latest", "event=create"), []),
        (("label=color", "event=create"), ["create"]),
        (("label=color=blue", "event=create"), ["create"]),
        (("label=color=red",), []),
        (("scope=local", "event=create"), ["create"]),
        (("scope=swarm",), []),
        (("daemon=nobody",), []),
    ],
)
def test_filters(cli: Cli, flags: tuple[str, ...], actions: list[str]) -> None:
    cli("run", "--name", "box", "-l", "color=blue", "busybox", "true")

    asked = [word for flag in flags for word in ("--filter", flag)]

    assert told(cli, *asked) == actions


def test_volumes_and_networks(cli: Cli) -> None:
    cli("run", "--name", "box", "-v", "test-events:/data", "busybox", "true")
    cli("rm", "box")
    cli("volume", "rm", "test-events")

    now = ("events", *so_far(), "--format", "{{.Type}} {{.Action}}")
    told_of = {
        "volume": cli(*now, "--filter", "volume=test-events").stdout.splitlines(),
        "network": cli(*now, "--filter", "network=bridge").stdout.splitlines(),
    }

    assert told_of["volume"][-4:] == ["volume create", "volume mount", "volume unmount", "volume destroy"]
    assert told_of["network"][-2:] == ["network connect", "network disconnect"]


@pytest.mark.newer_docker(23)
def test_formats(cli: Cli) -> None:
    cli("create", "--name", "box", "-l", "color=blue", "busybox", "true")
    identifier = cli.inspect("box", "{{.Id}}")

    (line,) = told(cli, form="json")
    event = json.loads(line)
    plain = cli("events", *so_far(), "--filter", f"container={identifier}").stdout

    assert [event[key] for key in ("Type", "Action", "scope")] == ["container", "create", "local"]
    if not cli.is_later:  # which leaves these out
        assert [event[key] for key in ("status", "id", "from")] == ["create", identifier, "busybox"]
    assert event["Actor"] == {"ID": identifier, "Attributes": {"image": "busybox", "name": "box", "color": "blue"}}
    assert plain.endswith(f" container create {identifier} (color=blue, image=busybox, name=box)\n")


def test_what_cannot_be_read(cli: Cli) -> None:
    assert 'failed to parse value as time or duration: "soon"' in cli.fails(1, "events", "--since", "soon")
    assert "can't evaluate field Nope in type *events.Message" in (
        cli.fails(64, "events", "--since", "1s", "--until", "0s", "--format", "{{.Nope}}")
    )
