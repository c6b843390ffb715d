"""Files in and out of a container, and what it changed: cp, commit, diff."""

import itertools
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..benchmark import Benchmark, Row, Sampler, benchmark
from ..contestants import Contestant
from ..spreading import spread, spread_directories
from ..workbench import Workbench


def _copy(name: str, title: str, rounds: int) -> Benchmark:
    @benchmark(
        f"cp-{name}",
        Row(f"cp-in-{name}", f"cp of {title} in", "s", aim=0.6),
        Row(f"cp-out-{name}", f"cp of {title} out", "s", aim=0.6),
        rounds=rounds,
        own_client=True,
    )
    def copy(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
        source = bench.big_file if name == "big" else bench.tree
        targets = bench.folder / bench.name(side, f"copied-{name}")
        targets.mkdir()
        spread(targets)
        numbers = itertools.count()
        with _running(bench, side, f"cp-{name}") as container:

            def sample() -> Mapping[str, float]:
                number = str(next(numbers))
                inside, target = f"{container}:/tmp/{number}", targets / number
                os.sync()
                into = side.seconds("cp", "--quiet", source, inside)
                os.sync()
                out = side.seconds("cp", "--quiet", inside, target)
                _remove(target)
                return {f"cp-in-{name}": into, f"cp-out-{name}": out}

            yield sample

    return copy


@benchmark("commit", Row("commit", "commit of 5,000 files", "s", aim=0.5), rounds=5)
def commit(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    image = f"{bench.box}-committed"
    with _running(bench, side, "commit") as container:
        side.run("cp", bench.tree, f"{container}:/tmp/tree")

        def sample() -> Mapping[str, float]:
            os.sync()
            took = side.seconds("commit", container, image)
            side.remove_image(image)
            return {"commit": took}

        try:
            yield sample
        finally:
            side.remove_image(image)


@benchmark("diff", Row("diff", "diff of 5,000 files", "ms", aim=0.5), rounds=15, own_client=True)
def diff(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    with _running(bench, side, "diff") as container:
        side.run("cp", bench.tree, f"{container}:/tmp/tree")
        yield lambda: {"diff": 1000 * side.seconds("diff", container)}


@contextmanager
def _running(bench: Workbench, side: Contestant, what: str) -> Iterator[str]:
    """The name of a container that runs, on layers that are spread as ours are."""
    with spread_directories(side), bench.running(side, what) as name:
        yield name


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


copy_big = _copy("big", "500 MB", rounds=3)
copy_tree = _copy("tree", "5,000 files", rounds=5)
