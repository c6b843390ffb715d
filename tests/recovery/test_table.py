"""Every row of the recovery table, with a real SIGKILL of the daemon (see plan/recovery.py)."""

import json
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.harness.engine import Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

COUNT = "i=0; while :; do echo $i; i=$((i+1)); usleep 2000; done"


def docker(engine: Engine, *arguments: str) -> str:
    return engine.run("docker", *arguments).stdout.strip()


def state(engine: Engine, name: str) -> dict[str, object]:
    shown: dict[str, object] = json.loads(docker(engine, "inspect", "-f", "{{json .State}}", name))
    return shown


def monitor_of(engine: Engine, name: str) -> int:
    status = Path(f"/proc/{state(engine, name)['Pid']}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("PPid:")).split()[1])


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def set_state(engine: Engine, name: str, **changes: object) -> None:
    """Make a row say what a daemon that died in between would have written."""
    with sqlite3.connect(engine.data_root / "wherry.db") as database:
        for key, body in database.execute("SELECT key, body FROM containers").fetchall():
            record = json.loads(body)
            if record["name"] == name:
                record["state"] = record.get("state", {}) | changes
                database.execute("UPDATE containers SET body = ? WHERE key = ?", (json.dumps(record), key))
    database.close()


def test_a_running_container_is_found_again_with_its_streams_and_a_log_without_a_hole(clean: Engine) -> None:
    docker(clean, "run", "-d", "--name", "counter", "busybox", "sh", "-c", COUNT)
    before = state(clean, "counter")

    clean.kill()
    clean.start()

    assert state(clean, "counter") == before
    assert docker(clean, "exec", "counter", "echo", "hi") == "hi"
    seen = len(docker(clean, "logs", "counter").splitlines())
    eventually(lambda: len(docker(clean, "logs", "counter").splitlines()) > seen + 100)
    docker(clean, "kill", "counter")
    numbers = docker(clean, "logs", "counter").splitlines()
    assert numbers == [str(number) for number in range(len(numbers))]


def test_one_that_ended_meanwhile_has_its_exit_code(clean: Engine) -> None:
    docker(clean, "run", "-d", "--name", "ends", "busybox", "sh", "-c", "until [ -e /go ]; do :; done; exit 9")
    process, monitor = int(str(state(clean, "ends")["Pid"])), monitor_of(clean, "ends")

    clean.kill()
    Path(f"/proc/{process}/root/go").touch()
    eventually(lambda: gone(monitor))
    clean.start()

    ended = state(clean, "ends")
    assert (ended["Status"], ended["ExitCode"]) == ("exited", 9)
    assert docker(clean, "wait", "ends") == "9"


def test_one_that_was_to_be_removed_when_it_ends_is_removed(clean: Engine) -> None:
    docker(clean, "run", "-d", "--rm", "--name", "fleeting", "busybox", "sleep", "1000")
    process, monitor = int(str(state(clean, "fleeting")["Pid"])), monitor_of(clean, "fleeting")

    clean.kill()
    os.kill(process, signal.SIGKILL)
    eventually(lambda: gone(monitor))
    clean.start()

    assert docker(clean, "ps", "-aq") == ""


def test_the_restart_policy_applies_to_one_that_ended_meanwhile(clean: Engine) -> None:
    docker(clean, "run", "-d", "--restart", "always", "--name", "stubborn", "busybox", "sleep", "1000")
    process, monitor = int(str(state(clean, "stubborn")["Pid"])), monitor_of(clean, "stubborn")

    clean.kill()
    os.kill(process, signal.SIGKILL)
    eventually(lambda: gone(monitor))
    clean.start()

    eventually(lambda: state(clean, "stubborn")["Running"] is True)
    assert state(clean, "stubborn")["Pid"] != process


def test_one_without_its_monitor_is_killed(clean: Engine) -> None:
    docker(clean, "run", "-d", "--name", "orphan", "busybox", "sleep", "1000")
    process, monitor = int(str(state(clean, "orphan")["Pid"])), monitor_of(clean, "orphan")

    clean.kill()
    os.kill(monitor, signal.SIGKILL)
    eventually(lambda: gone(monitor))
    clean.start()

    eventually(lambda: gone(process))
    assert (state(clean, "orphan")["Status"], state(clean, "orphan")["ExitCode"]) == ("exited", 137)


def test_one_that_is_gone_with_its_monitor_has_lost_its_code(clean: Engine) -> None:
    docker(clean, "run", "-d", "--name", "lost", "busybox", "sleep", "1000")
    process, monitor = int(str(state(clean, "lost")["Pid"])), monitor_of(clean, "lost")

    clean.kill()
    os.kill(monitor, signal.SIGKILL)
    os.kill(process, signal.SIGKILL)
    eventually(lambda: gone(monitor) and gone(process))
    clean.start()

    assert (state(clean, "lost")["Status"], state(clean, "lost")["ExitCode"]) == ("exited", 255)


def test_a_start_that_had_happened_but_was_not_recorded_is_recorded(clean: Engine) -> None:
    docker(clean, "run", "-d", "--name", "started", "busybox", "sleep", "1000")
    process = state(clean, "started")["Pid"]

    clean.kill()
    set_state(clean, "started", status="created", pending="starting", process=None, monitor=None)
    clean.start()

    now = state(clean, "started")
    assert (now["Status"], now["Pid"]) == ("running", process)
    assert docker(clean, "exec", "started", "echo", "hi") == "hi"


def test_a_start_that_had_not_happened_is_undone_and_can_be_made_again(clean: Engine) -> None:
    docker(clean, "create", "--name", "begun", "busybox", "sleep", "1000")

    clean.kill()
    set_state(clean, "begun", pending="starting")
    clean.start()

    undone = state(clean, "begun")
    assert undone["Running"] is False
    assert "ended while it started the container" in str(undone["Error"])
    docker(clean, "start", "begun")
    assert state(clean, "begun")["Running"] is True


def test_a_removal_is_finished(clean: Engine) -> None:
    docker(clean, "run", "--name", "leaving", "busybox", "true")

    clean.kill()
    set_state(clean, "leaving", pending="removing")
    clean.start()

    assert docker(clean, "ps", "-aq") == ""


def test_what_does_not_run_is_left_alone(clean: Engine) -> None:
    docker(clean, "create", "--name", "made", "busybox", "true")
    docker(clean, "run", "-d", "--name", "done", "busybox", "sh", "-c", "exit 3")
    docker(clean, "wait", "done")

    clean.kill()
    clean.start()

    assert state(clean, "made")["Status"] == "created"
    assert (state(clean, "done")["Status"], state(clean, "done")["ExitCode"]) == ("exited", 3)
