"""Commands on containers that run, as whole processes."""

from collections.abc import Iterator

from ..benchmark import Row, Sampler, benchmark
from ..contestants import Contestant
from ..workbench import Workbench

LISTED = 5


@benchmark("exec", Row("exec", "exec", "ms", aim=0.35), rounds=25, quick_rounds=5, own_client=True)
def exec_true(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    name = bench.name(side, "exec")
    try:
        side.run("run", "--detach", "--name", name, bench.box, "sleep", "3600")
        yield lambda: {"exec": 1000 * side.seconds("exec", name, "true")}
    finally:
        side.remove(name)


@benchmark("ps", Row("ps", "ps", "ms", aim=1.0), rounds=41, quick_rounds=10, own_client=True)
def list_containers(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    names = [bench.name(side, f"ps{number}") for number in range(LISTED)]
    try:
        for name in names:
            side.run("run", "--detach", "--name", name, bench.box, "sleep", "3600")
        yield lambda: {"ps": 1000 * side.seconds("ps")}
    finally:
        side.remove(*names)
