"""Logs that are limited: rotated while they are written, read as one."""

import re
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

COUNTER = "i=0; while :; do i=$((i+1)); echo line $i; usleep 200; done"


def files(cli: Cli) -> list[Path]:
    """All files of the log of ``box``."""
    identifier = cli.inspect("box", "{{.Id}}")
    return sorted((cli.engine.data_root / "containers" / identifier).glob("*.log*"))


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"line (\d+)", text)]


def count_up(cli: Cli, *options: str) -> None:
    flags = [flag for option in options for flag in ("--log-opt", option)]
    cli("run", "-d", "--name", "box", *flags, "busybox", "sh", "-c", COUNTER)


def test_nothing_is_lost_or_told_twice(cli: Cli) -> None:
    count_up(cli, "max-size=10k", "max-file=1000")
    eventually(lambda: len(files(cli)) > 5)
    cli("kill", "box")
    cli("wait", "box")

    told = numbers(cli("logs", "box").stdout)

    assert told == list(range(1, len(told) + 1))
    assert numbers(cli("logs", "--tail", "1000", "box").stdout) == told[-1000:]


def test_no_more_files_are_kept_than_asked_for(cli: Cli) -> None:
    count_up(cli, "max-size=5k", "max-file=3", "compress=true")
    eventually(lambda: numbers(cli("logs", "box").stdout)[0] > 1)
    cli("kill", "box")
    cli("wait", "box")

    told = numbers(cli("logs", "box").stdout)

    assert len(files(cli)) <= 3
    assert told == list(range(told[0], told[-1] + 1))


def test_one_file_is_begun_again_at_its_limit(cli: Cli) -> None:
    count_up(cli, "max-size=5k")
    eventually(lambda: (numbers(cli("logs", "box").stdout) or [1])[0] > 1)

    (log,) = files(cli)
    assert log.stat().st_size <= 5000


def test_following_goes_on_over_rotations(cli: Cli) -> None:
    count_up(cli, "max-size=5k", "max-file=5")
    with cli.beside("logs", "-f", "box") as client:
        assert client.stdout is not None
        eventually(lambda: not any(file.name.endswith(".1") for file in files(cli)) and len(files(cli)) > 2)
        cli("kill", "box")
        told = numbers(client.communicate(timeout=60)[0])

    assert told == list(range(1, len(told) + 1))


def test_a_crash_of_the_daemon_between_two_steps_loses_nothing(cli: Cli) -> None:
    count_up(cli, "max-size=1m", "max-file=3")
    eventually(lambda: cli.line("logs", "box"))
    cli.engine.kill()
    (log,) = files_of_a_dead_engine(cli)
    log.rename(log.with_name(f"{log.name}.1"))

    cli.engine.start()

    eventually(log.exists)
    cli("kill", "box")
    cli("wait", "box")
    told = numbers(cli("logs", "box").stdout)
    assert told == list(range(1, len(told) + 1))


def files_of_a_dead_engine(cli: Cli) -> list[Path]:
    return sorted((cli.engine.data_root / "containers").glob("*/*.log*"))


def test_the_local_driver(cli: Cli) -> None:
    cli("run", "--name", "box", "--log-driver", "local", "--log-opt", "max-size=1m", "busybox", "echo", "hi")

    assert cli.line("logs", "box") == "hi"
    assert cli.inspect("box", "{{.HostConfig.LogConfig.Type}} {{.LogPath}}") == "local"


def test_what_is_refused(cli: Cli) -> None:
    def refused(*flags: str) -> str:
        text = cli.fails(125, "run", "--name", "box", *flags, "busybox", "true")
        cli("rm", "-f", "box", check=False)
        return text

    begun = "failed to create task for container: failed to initialize logging driver: "
    assert f"{begun}invalid size: '1x'" in refused("--log-opt", "max-size=1x")
    assert 'error looking up logging plugin bogus: plugin "bogus" not found' in refused("--log-driver", "bogus")
    assert "unknown log opt 'bogus' for json-file log driver" in refused("--log-opt", "bogus=1")
    assert "unknown log opt 'tag' for log driver local" in refused("--log-driver", "local", "--log-opt", "tag=x")
    assert "logger: logging mode not supported: odd" in refused("--log-opt", "mode=odd")
    assert "logger: max-buffer-size option is only supported with 'mode=non-blocking'" in (
        refused("--log-opt", "max-buffer-size=1m")
    )
    assert "invalid logging opts for driver none" in refused("--log-driver", "none", "--log-opt", "a=b")
