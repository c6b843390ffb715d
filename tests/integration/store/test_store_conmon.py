"""Logs that the real monitor writes."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wherry.model.log import LogLine, LogRange
from wherry.store.logs import Logs
from wherry.threads import Threads

pytestmark = pytest.mark.skipif(shutil.which("conmon") is None, reason="needs conmon")

RUNTIME = """#!/bin/sh
# An OCI runtime that knows "create" only: the workload waits until somebody writes to the fifo "start".
case "$*" in *create*) ;; *) exit 0 ;; esac
while [ $# -gt 0 ]; do
  case "$1" in --pid-file) pidfile=$2 ;; esac
  shift
done
{ read -r _ < start; exec ./workload; } &
printf %s $! > "$pidfile"
"""


class Monitor:
    """Runs programs under conmon, with one log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "c.log"
        self._runtime = self._program("runtime", RUNTIME)
        (folder / "exits").mkdir()
        os.mkfifo(folder / "start")

    def start(self, workload: str, *options: str) -> subprocess.Popen[bytes]:
        """Ends when the workload, a shell script, has ended and all is logged."""
        self._program("workload", "#!/bin/sh\n" + workload)
        command = ["conmon", "--api-version=1", "--cid=c", "--cuuid=c", "--name=c", "--sync", "--full-attach"]
        command += [f"--runtime={self._runtime}", f"--bundle={self.folder}", f"--exit-dir={self.folder}/exits"]
        command += [f"--container-pidfile={self.folder}/pid", f"--log-path=k8s-file:{self.log}", *options]
        ready, tell = os.pipe()
        environment = os.environ | {"_OCI_SYNCPIPE": str(tell), "TZ": "Asia/Kolkata"}
        monitor = subprocess.Popen(command, cwd=self.folder, env=environment, pass_fds=(tell,))
        os.close(tell)
        with open(ready) as report:
            assert "data" in report.readline()
        (self.folder / "start").write_text("\n")
        return monitor

    def run(self, workload: str, *options: str) -> None:
        with self.start(workload, *options) as monitor:
            assert monitor.wait(60) == 0

    def _program(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path


@pytest.fixture
def monitor(tmp_path: Path) -> Monitor:
    return Monitor(tmp_path)


@pytest.fixture
def logs() -> Iterator[Logs]:
    threads = Threads(2, "test")
    yield Logs(threads)
    threads.shutdown()


async def read(logs: Logs, path: Path) -> list[LogLine]:
    return [line async for batch in logs.lines(path, LogRange()) for line in batch]


async def test_what_a_container_wrote_is_read(monitor: Monitor, logs: Logs) -> None:
    monitor.run(
        """
        echo plain
        printf '\\377\\000\\r\\n\\n'
        printf 'two\\nlines\\n'
        head -c 20000 /dev/zero | tr '\\0' x; echo
        printf 'no end'
        """
    )
    lines = await read(logs, monitor.log)
    assert b"".join(line.data for line in lines) == (b"plain\n\xff\x00\r\n\ntwo\nlines\n" + b"x" * 20000 + b"\nno end")
    assert lines[0].data == b"plain\n"
    assert lines[-1].data == b"no end"
    assert {line.stream for line in lines} == {1}


async def test_streams_are_told_apart_and_times_are_utc(monitor: Monitor, logs: Logs) -> None:
    before = datetime.now(UTC)
    monitor.run("echo out; echo err >&2")
    after = datetime.now(UTC)
    lines = await read(logs, monitor.log)
    assert {(line.stream, line.data) for line in lines} == {(1, b"out\n"), (2, b"err\n")}
    for line in lines:
        assert line.time.endswith("Z")
        assert before <= datetime.fromisoformat(line.time) <= after


async def test_runs_of_one_container_are_one_log(monitor: Monitor, logs: Logs) -> None:
    monitor.run("echo first")
    monitor.run("echo second")
    assert [line.data for line in await read(logs, monitor.log)] == [b"first\n", b"second\n"]


async def test_a_log_with_a_limit_keeps_its_last_lines(monitor: Monitor, logs: Logs) -> None:
    monitor.run("seq 1 2000", "--log-size-max=4000")
    numbers = [int(line.data) for line in await read(logs, monitor.log)]
    assert numbers == list(range(2001 - len(numbers), 2001))
    assert 0 < len(numbers) < 2000
    assert monitor.log.stat().st_size <= 4000


async def test_who_follows_a_log_with_a_limit_misses_nothing_that_comes_slowly(monitor: Monitor, logs: Logs) -> None:
    ended = asyncio.get_running_loop().create_future()
    seen: list[int] = []
    pipe = monitor.folder / "pipe"
    os.mkfifo(pipe)
    with monitor.start(f'while read -r line; do echo "$line"; done < {pipe}', "--log-size-max=600") as child:
        with pipe.open("wb", buffering=0) as go:
            go.write(b"1\n")
            async with asyncio.timeout(20):
                async for lines in logs.follow(monitor.log, LogRange(), ended):
                    seen += [int(line.data) for line in lines]
                    if seen[-1] < 100:
                        go.write(b"%d\n" % (seen[-1] + 1))
                    else:
                        ended.set_result(None)
        assert child.wait(60) == 0
    assert seen == list(range(1, 101))
    assert monitor.log.stat().st_size <= 600


async def test_many_lines_are_followed_while_they_are_written(monitor: Monitor, logs: Logs) -> None:
    total = 0
    with monitor.start("seq 1 100000") as child:
        ended = asyncio.ensure_future(asyncio.to_thread(child.wait, 60))
        async for lines in logs.follow(monitor.log, LogRange(), ended):
            for line in lines:
                total += 1
                assert line.data == b"%d\n" % total
    assert total == 100000
