"""The life of a container by single API calls on one kept connection."""

import itertools
import time
from collections.abc import Iterator, Mapping

from .. import api
from ..benchmark import Row, Sampler, benchmark
from ..contestants import Contestant
from ..workbench import Workbench


@benchmark(
    "api",
    Row("api-create", "API: create", "ms"),
    Row("api-start", "API: start", "ms"),
    Row("api-exit", "API: from started to exit known", "ms"),
    Row("api-remove", "API: remove", "ms"),
    Row("api-life", "API: create + start + wait + remove", "ms", aim=0.15),
    rounds=25,
    quick_rounds=5,
)
def lifecycle(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    with side.engine.api() as client:

        def sample() -> Mapping[str, float]:
            times = [time.perf_counter()]
            container = api.create(client, bench.box, "true")
            times.append(time.perf_counter())
            api.start(client, container)
            times.append(time.perf_counter())
            api.wait(client, container)
            times.append(time.perf_counter())
            api.remove(client, container)
            times.append(time.perf_counter())
            names = ("api-create", "api-start", "api-exit", "api-remove")
            steps = [1000 * (end - begin) for begin, end in itertools.pairwise(times)]
            return {**dict(zip(names, steps, strict=True)), "api-life": sum(steps)}

        yield sample
