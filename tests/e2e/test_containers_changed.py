"""pause, rename and update: what can be changed of a container that exists."""

from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root


def cgroup_file(cli: Cli, name: str, legacy: str, unified: str) -> str:
    """What the kernel says about a container's control group: a file of version 1, or of version 2."""
    legacy_controller = {"cpu.cfs_quota_us": "cpu", "cpu.shares": "cpu", "pids.max": "pids"}.get(legacy, "memory")
    lines = Path(f"/proc/{cli.pid(name)}/cgroup").read_text().splitlines()
    groups = {line.split(":")[1]: line.split(":")[2] for line in lines}
    if legacy_controller in groups:
        return Path(f"/sys/fs/cgroup/{legacy_controller}{groups[legacy_controller]}/{legacy}").read_text().strip()
    return Path(f"/sys/fs/cgroup{groups['']}/{unified}").read_text().strip()


@pytest.mark.v2
def test_paused_and_unpaused(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    identifier = cli.inspect("box", "{{.Id}}")

    assert cli.line("pause", "box") == "box"

    assert cli.line("ps", "--format", "{{.Status}}").endswith("(Paused)")
    assert f"Container {identifier} is already paused" in cli.fails(1, "pause", "box")
    assert "Container box is paused, unpause the container before exec" in cli.fails(1, "exec", "box", "true")
    assert cli.line("container", "unpause", "box") == "box"
    assert f"Container {identifier} is not paused" in cli.fails(1, "unpause", "box")
    assert cli.inspect("box", "{{.State.Status}}") == "running"


def test_only_what_runs_can_be_paused(cli: Cli) -> None:
    identifier = cli.line("create", "--name", "box", "busybox", "true")

    assert f"container {identifier} is not running" in cli.fails(1, "pause", "box")
    assert "No such container: nobody" in cli.fails(1, "pause", "nobody")


@pytest.mark.parametrize("verb", [("stop", "-t", "1"), ("kill",), ("rm", "-f")])
def test_a_paused_container_can_be_ended(cli: Cli, verb: tuple[str, ...]) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    cli("pause", "box")

    cli(*verb, "box")

    eventually(lambda: cli.line("ps", "-q") == "")


def test_a_signal_lets_a_paused_container_go_on(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    cli("pause", "box")

    cli("kill", "-s", "HUP", "box")

    eventually(lambda: cli.inspect("box", "{{.State.Status}}") == "running")


def test_renamed(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")

    assert cli.line("rename", "box", "crate") == ""

    assert cli.inspect("crate", "{{.Name}}") == "/crate"
    none = "no such object: box" if cli.is_later else "No such object: box"
    assert none in cli.fails(1, "inspect", "box")
    cli("container", "rename", "crate", "/box")
    assert cli.line("ps", "--format", "{{.Names}}") == "box"


def test_names_that_cannot_be_had(cli: Cli) -> None:
    cli("create", "--name", "box", "busybox", "true")
    cli("create", "--name", "crate", "busybox", "true")

    taken = cli.fails(1, "rename", "box", "crate")
    assert 'Error when allocating new name: Conflict. The container name "/crate" is already in use' in taken
    assert cli.is_later or taken.endswith("Error: failed to rename container named box\n")
    bad = cli.fails(1, "rename", "box", "x y")
    assert "Error when allocating new name: Invalid container name (/x y), only [a-zA-Z0-9][a-zA-Z0-9_.-] are" in bad
    assert "Renaming a container with the same name as its current name" in cli.fails(1, "rename", "box", "box")
    later = "failed to rename container: new name cannot be blank"
    nameless = later if cli.is_later else "Error: Neither old nor new names may be empty"
    assert cli.fails(1, "rename", "box", "") == f"{nameless}\n"
    assert "No such container: nobody" in cli.fails(1, "rename", "nobody", "x")


@pytest.mark.v2
def test_limits_of_a_running_container(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")

    cli("update", "-m", "100m", "--memory-swap", "200m", "--cpus", "1.5", "--pids-limit", "50", "-c", "512", "box")
    assert cgroup_file(cli, "box", "memory.limit_in_bytes", "memory.max") == str(100 << 20)
    assert cgroup_file(cli, "box", "cpu.cfs_quota_us", "cpu.max").split()[0] == "150000"
    assert cgroup_file(cli, "box", "pids.max", "pids.max") == "50"

    assert cli.line("update", "--memory", "300m", "--memory-swap", "600m", "box") == "box"
    assert cgroup_file(cli, "box", "memory.limit_in_bytes", "memory.max") == str(300 << 20)
    cli("update", "--memory", "50m", "--memory-swap", "60m", "--pids-limit", "-1", "box")
    assert cgroup_file(cli, "box", "memory.limit_in_bytes", "memory.max") == str(50 << 20)
    assert cgroup_file(cli, "box", "pids.max", "pids.max") == "max"
    assert cli.inspect("box", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.CpuShares}}") == (
        f"{50 << 20} 1500000000 512"
    )


def test_limits_of_a_stopped_container_hold_from_the_next_start_on(cli: Cli) -> None:
    cli("create", "--name", "box", "busybox", "sleep", "60")

    cli("container", "update", "--memory", "64m", "--memory-swap", "64m", "box")
    cli("start", "box")

    assert cgroup_file(cli, "box", "memory.limit_in_bytes", "memory.max") == str(64 << 20)


def test_limits_that_make_no_sense(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "-m", "100m", "--cpus", "1", "busybox", "sleep", "60")
    identifier = cli.inspect("box", "{{.Id}}")
    refused = f"Cannot update container {identifier}: "

    assert cli.fails(1, "update", "box") == "you must provide one or more flags when using this command\n"
    assert "Minimum memory limit allowed is 6MB" in cli.fails(1, "update", "-m", "4m", "box")
    assert f"{refused}Memory limit should be smaller than already set memoryswap limit, update the memoryswap" in (
        cli.fails(1, "update", "-m", "300m", "box")
    )
    assert f"{refused}Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set" in (
        cli.fails(1, "update", "--cpu-quota", "50000", "box")
    )
    assert "invalid restart policy: unknown policy 'bogus'" in cli.fails(1, "update", "--restart", "bogus", "box")
    assert "No such container: nobody" in cli.fails(1, "update", "--restart", "no", "nobody", "box")


def test_another_restart_policy(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    cli("run", "-d", "--rm", "--name", "brief", "busybox", "sleep", "60")

    cli("update", "--restart", "on-failure:3", "box")

    assert cli.inspect("box", "{{json .HostConfig.RestartPolicy}}") == '{"Name":"on-failure","MaximumRetryCount":3}'
    assert "Restart policy cannot be updated because AutoRemove is enabled for the container" in (
        cli.fails(1, "update", "--restart", "always", "brief")
    )
