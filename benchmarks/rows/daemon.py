"""What the daemon itself costs, measured on fresh ones that nobody else uses."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .. import api, memory
from ..benchmark import Row, Sampler, benchmark
from ..contestants import Contestant
from ..daemons import Daemon
from ..workbench import Workbench

CONTAINERS = 20
WARM_RUNS = 20
RUNS = 200
# Memory is read when it has come to rest: two readings that differ by less than a hundredth.
REST_INTERVAL = 0.5
REST_TIMEOUT = 15


@benchmark("start", Row("start", "daemon start until it answers", "ms"), rounds=7, quick_rounds=2)
def start(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    with Daemon(side.engine.kind, bench.folder) as daemon:

        def sample() -> Mapping[str, float]:
            daemon.stop()
            return {"start": 1000 * daemon.start()}

        yield sample


@benchmark(
    "idle",
    Row("idle", "idle daemon: memory (PSS)", "MB", aim=0.40),
    Row("idle-alone", "idle daemon: memory, shared pages whole", "MB"),
    rounds=3,
    quick_rounds=1,
    warm_ups=0,
)
def idle(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    def sample() -> Mapping[str, float]:
        with Daemon(side.engine.kind, bench.folder) as daemon:
            proportional, resident = _at_rest(daemon)
            return {"idle": proportional, "idle-alone": resident}

    yield sample


@benchmark(
    "container",
    Row("container", "one container more: memory (PSS)", "MB", aim=0.10),
    Row("container-port", "one with a published port more: memory (PSS)", "MB", aim=0.10),
    rounds=1,
    warm_ups=0,
)
def per_container(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    def sample() -> Mapping[str, float]:
        with _daemon_with_box(bench, side) as (daemon, own):
            return {
                "container": _cost(daemon, own, bench.box),
                "container-port": _cost(daemon, own, bench.box, "-p", "80"),
            }

    yield sample


@benchmark(
    "growth",
    Row("growth", f"daemon after {RUNS} more runs: memory (PSS)", "MB"),
    rounds=1,
    warm_ups=0,
)
def growth(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    def sample() -> Mapping[str, float]:
        with _daemon_with_box(bench, side) as (daemon, own):
            _run(own, bench.box, WARM_RUNS)
            before, _ = _at_rest(daemon)
            _run(own, bench.box, RUNS)
            after, _ = _at_rest(daemon)
            return {"growth": after - before}

    yield sample


@contextmanager
def _daemon_with_box(bench: Workbench, side: Contestant) -> Iterator[tuple[Daemon, Contestant]]:
    """A fresh daemon that has the busybox image and no container, and its client."""
    with Daemon(side.engine.kind, bench.folder) as daemon:
        own = Contestant(side.label, daemon.engine, side.program)
        with bench.box_in(own):
            yield daemon, own


def _cost(daemon: Daemon, own: Contestant, image: str, *options: str) -> float:
    """MB that one more container takes outside of itself, over many; they are gone afterwards."""
    own.remove(own.run("run", "--detach", *options, image, "sleep", "3600"))  # what the first brings for good
    before, _ = _at_rest(daemon)
    containers = [own.run("run", "--detach", *options, image, "sleep", "3600") for _ in range(CONTAINERS)]
    after, _ = _at_rest(daemon)
    own.remove(*containers)
    return (after - before) / CONTAINERS


def _run(own: Contestant, image: str, count: int) -> None:
    with own.engine.api() as client:
        for _ in range(count):
            container = api.create(client, image, "true")
            api.start(client, container)
            api.wait(client, container)
            api.remove(client, container)


def _at_rest(daemon: Daemon) -> tuple[float, float]:
    """The daemon's memory in MB, proportional and resident, once it has come to rest."""
    deadline = time.monotonic() + REST_TIMEOUT
    last = 0.0
    while True:
        members = memory.family(daemon.pid, (daemon.data_root, daemon.exec_root))
        now = memory.proportional(members)
        if abs(now - last) < now / 100 or time.monotonic() > deadline:
            return now, memory.resident(members)
        last = now
        time.sleep(REST_INTERVAL)
