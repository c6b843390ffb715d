"""Many containers at once."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from .. import api
from ..benchmark import Row, Sampler, benchmark
from ..contestants import TIMEOUT, Contestant
from ..workbench import Workbench

COUNT = 50


@benchmark(
    "parallel-run",
    Row("parallel-run", f"{COUNT} × run -d at once", "s", aim=0.15),
    rounds=3,
    quick_rounds=1,
    warm_ups=0,
    own_client=True,
)
def parallel_commands(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    names = [bench.name(side, f"at-once{number}") for number in range(COUNT)]

    def sample() -> Mapping[str, float]:
        begin = time.perf_counter()
        processes = [
            subprocess.Popen(
                side.command("run", "--detach", "--name", name, bench.box, "sleep", "3600"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for name in names
        ]
        statuses = [process.wait(TIMEOUT) for process in processes]
        took = time.perf_counter() - begin
        side.remove(*names)
        if any(statuses):
            raise subprocess.CalledProcessError(max(statuses), "run", stderr=f"exit statuses {statuses}")
        return {"parallel-run": took}

    yield sample


@benchmark(
    "parallel-api",
    Row("parallel-api", f"{COUNT} × API create + start at once", "s", aim=0.15),
    rounds=3,
    warm_ups=0,
)
def parallel_api(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    def begin_one(_: int) -> str:
        with side.engine.api() as client:
            container = api.create(client, bench.box, "sleep", "3600")
            api.start(client, container)
            return container

    with ThreadPoolExecutor(COUNT) as threads:

        def sample() -> Mapping[str, float]:
            begin = time.perf_counter()
            containers = list(threads.map(begin_one, range(COUNT)))
            took = time.perf_counter() - begin
            side.remove(*containers)
            return {"parallel-api": took}

        yield sample
