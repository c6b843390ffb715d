"""``run --rm`` as a user types it: the whole process, from exec to exit."""

from collections.abc import Iterator

from ..benchmark import Row, Sampler, benchmark
from ..contestants import Contestant
from ..workbench import Workbench


@benchmark("run-bridge", Row("run-bridge", "run --rm", "ms", aim=0.15), rounds=25, quick_rounds=5, own_client=True)
def run_bridge(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    yield lambda: {"run-bridge": 1000 * side.seconds("run", "--rm", bench.box, "true")}


@benchmark(
    "run-none", Row("run-none", "run --rm --net=none", "ms", aim=0.20), rounds=25, quick_rounds=5, own_client=True
)
def run_none(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    yield lambda: {"run-none": 1000 * side.seconds("run", "--rm", "--net=none", bench.box, "true")}


@benchmark(
    "run-published", Row("run-published", "run --rm -p", "ms", aim=0.15), rounds=15, quick_rounds=3, own_client=True
)
def run_published(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    yield lambda: {"run-published": 1000 * side.seconds("run", "--rm", "-p", "80", bench.box, "true")}
