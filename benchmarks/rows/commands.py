"""Commands on containers that are there, as whole processes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from .. import api
from ..benchmark import Benchmark, Row, Sampler, benchmark
from ..contestants import Contestant
from ..workbench import Workbench

AT_ONCE = 4


@benchmark("exec", Row("exec", "exec", "ms", aim=0.30), rounds=25, quick_rounds=5, own_client=True)
def exec_true(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    with bench.running(side, "exec") as name:
        yield lambda: {"exec": 1000 * side.seconds("exec", name, "true")}


def _list(row: Row, count: int, *flags: str, rounds: int, quick_rounds: int = 0, running: bool = True) -> Benchmark:
    """``ps`` on an engine that has ``count`` containers and no other."""

    @benchmark(row.name, row, rounds=rounds, quick_rounds=quick_rounds, own_client=True)
    def list_containers(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
        with bench.fresh_daemon(side) as (_, own):
            _in_parallel(count, lambda: _make(own, bench.box, running))
            yield lambda: {row.name: 1000 * own.seconds("ps", *flags)}

    return list_containers


def _make(side: Contestant, image: str, running: bool) -> None:
    with side.engine.api() as client:
        container = api.create(client, image, "sleep", "3600")
        if running:
            api.start(client, container)


def _in_parallel(count: int, act: Callable[[], None]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in threads.map(lambda _: act(), range(count)):
            pass


list_5 = _list(
    Row("ps", "ps of 5; aim: our command / docker's", "ms", aim=1.0, by_own_client=True), 5, rounds=41, quick_rounds=10
)
list_50 = _list(Row("ps-50", "ps of 50", "ms", aim=1.0), 50, rounds=21)
list_500 = _list(
    Row("ps-500", "ps -a of 500 (created, not started)", "ms", aim=1.0), 500, "--all", rounds=11, running=False
)
