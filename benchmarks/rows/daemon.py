"""What the daemon itself costs, measured on fresh ones that nobody else uses."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from .. import api, memory
from ..benchmark import Row, Sampler, benchmark
from ..contestants import Contestant
from ..daemons import Daemon
from ..workbench import Workbench

CONTAINERS = 20
WARM_RUNS = 400
RUNS = 1_000
AT_ONCE = 4
# Memory is read when it has come to rest: readings that differ by less than a hundredth for longer than wherry keeps a
# process for files.
REST_INTERVAL = 0.5
REST = 6
REST_TIMEOUT = 30


@benchmark("start", Row("start", "daemon start until it answers", "ms", aim=0.3), rounds=7, quick_rounds=2)
def start(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    with Daemon(side.engine.kind, bench.folder) as daemon:

        def sample() -> Mapping[str, float]:
            daemon.stop()
            return {"start": 1000 * daemon.start()}

        yield sample


@benchmark(
    "idle",
    Row("idle", "idle daemon: memory (PSS)", "MB", aim=0.35),
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
    Row("container", "one container more: memory (PSS)", "MB", aim=0.06),
    Row("container-port", "one with a published port more: memory (PSS)", "MB", aim=0.06),
    rounds=1,
    warm_ups=0,
)
def per_container(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    def sample() -> Mapping[str, float]:
        with bench.fresh_daemon(side) as (daemon, own):
            return {
                "container": _cost(daemon, own, bench.box),
                "container-port": _cost(daemon, own, bench.box, "-p", "80"),
            }

    yield sample


# What the allocator keeps comes with the first few hundred runs, then a leak of 1 kB a run would be seen.
@benchmark(
    "growth",
    Row("growth", f"daemon after {RUNS:,} more runs: memory (PSS)", "MB", limit=1),
    rounds=1,
    warm_ups=0,
    alone=True,
)
def growth(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    def sample() -> Mapping[str, float]:
        with bench.fresh_daemon(side) as (daemon, own):
            _run(own, bench.box, WARM_RUNS)
            before, _ = _at_rest(daemon)
            _run(own, bench.box, RUNS)
            after, _ = _at_rest(daemon)
            return {"growth": after - before}

    yield sample


def _cost(daemon: Daemon, own: Contestant, image: str, *options: str) -> float:
    """MB that one more container takes outside of itself, over many; they are gone afterwards."""
    own.remove(own.run("run", "--detach", *options, image, "sleep", "3600"))  # what the first brings for good
    before, _ = _at_rest(daemon)
    containers = [own.run("run", "--detach", *options, image, "sleep", "3600") for _ in range(CONTAINERS)]
    after, _ = _at_rest(daemon)
    own.remove(*containers)
    return (after - before) / CONTAINERS


def _run(own: Contestant, image: str, count: int) -> None:
    def runs(_: int) -> None:
        with own.engine.api() as client:
            for _ in range(count // AT_ONCE):
                container = api.create(client, image, "true")
                api.start(client, container)
                api.wait(client, container)
                api.remove(client, container)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in threads.map(runs, range(AT_ONCE)):
            pass


def _at_rest(daemon: Daemon) -> tuple[float, float]:
    """The daemon's memory in MB, proportional and resident, once it has come to rest."""
    begin = moved = time.monotonic()
    last = 0.0
    while True:
        members = memory.family(daemon.pid, (daemon.data_root, daemon.exec_root))
        now = memory.proportional(members)
        if abs(now - last) > now / 100:
            last, moved = now, time.monotonic()
        if time.monotonic() > min(moved + REST, begin + REST_TIMEOUT):
            return now, memory.resident(members)
        time.sleep(REST_INTERVAL)
