"""Large streams through a client."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import IO

from ..benchmark import Row, Sampler, benchmark
from ..contestants import TIMEOUT, Contestant
from ..images import MEGABYTE
from ..workbench import STREAM_SIZE, Workbench

LINES = 1_000_000
WRITER = f"seq {LINES} | sed 's/$/: a line of some sixty characters that a program wrote/'"


@benchmark("logs-write", Row("logs-write", "a container writes a million lines", "s", aim=0.6), rounds=5)
def write_logs(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    name = bench.name(side, "writer")

    def sample() -> Mapping[str, float]:
        side.run("create", "--name", name, bench.box, "sh", "-c", WRITER)
        begin = time.perf_counter()
        side.run("start", name)
        side.run("wait", name)
        took = time.perf_counter() - begin
        side.remove(name)
        return {"logs-write": took}

    try:
        yield sample
    finally:
        side.remove(name)


@benchmark("logs", Row("logs", "logs of a million lines", "s", aim=0.25), rounds=3, warm_ups=0, own_client=True)
def read_logs(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    name = bench.name(side, "logs")
    try:
        side.run("create", "--name", name, bench.box, "sh", "-c", WRITER)
        side.run("start", name)
        side.run("wait", name)
        yield lambda: {"logs": _through(side.command("logs", name), ["wc", "-l"], LINES)}
    finally:
        side.remove(name)


@benchmark(
    "exec-stream",
    Row("exec-stream", "exec -i x cat: throughput", "MB/s", aim=1.0, more_is_better=True),
    rounds=3,
    warm_ups=0,
    own_client=True,
)
def exec_stream(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    with bench.running(side, "stream") as name:
        yield lambda: {"exec-stream": _throughput(bench, side.command("exec", "-i", name, "cat"))}


@benchmark(
    "attach-stream",
    Row("attach-stream", "attach to cat: throughput", "MB/s", aim=1.0, more_is_better=True),
    rounds=3,
    warm_ups=0,
    own_client=True,
)
def attach_stream(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    name = bench.name(side, "attached")

    def sample() -> Mapping[str, float]:
        side.run("create", "--interactive", "--name", name, bench.box, "cat")
        side.run("start", name)
        rate = _throughput(bench, side.command("attach", name))
        side.remove(name)
        return {"attach-stream": rate}

    try:
        yield sample
    finally:
        side.remove(name)


def _throughput(bench: Workbench, argv: list[str]) -> float:
    """MB/s through a command that gives back what it is given."""
    with bench.stream.open("rb") as source:
        return STREAM_SIZE / MEGABYTE / _through(argv, ["wc", "-c"], STREAM_SIZE, source)


def _through(argv: list[str], counter: list[str], expected: int, source: IO[bytes] | None = None) -> float:
    """Seconds until the command's whole output was counted. CalledProcessError if some of it is missing."""
    begin = time.perf_counter()
    with subprocess.Popen(argv, stdin=source or subprocess.DEVNULL, stdout=subprocess.PIPE) as command:
        counted = subprocess.run(counter, check=True, stdin=command.stdout, capture_output=True, timeout=TIMEOUT)
        status = command.wait(TIMEOUT)
    took = time.perf_counter() - begin
    if status or int(counted.stdout) != expected:
        raise subprocess.CalledProcessError(status, argv, stderr=f"{int(counted.stdout)} instead of {expected}")
    return took
