"""Images in and out: pull, load, push, save. Each on an image of many files, of one big file, of many layers."""

import os
from collections.abc import Iterator, Mapping

from ..benchmark import Benchmark, Row, Sampler, benchmark
from ..contestants import Contestant
from ..images import BIG_FILE, MANY_FILES, SMALL_LAYERS, SampleImage
from ..spreading import spread_directories
from ..workbench import Workbench


def _pull(image: SampleImage, aim: float, rounds: int) -> Benchmark:
    name = f"pull-{image.name}"

    @benchmark(name, Row(name, f"pull of {image.title}", "s", aim=aim), rounds=rounds, own_client=True)
    def pull(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
        reference = bench.pull_reference(side.engine, image)

        def sample() -> Mapping[str, float]:
            side.remove_image(reference)
            os.sync()
            return {name: side.seconds("pull", "--quiet", reference)}

        with spread_directories(side):
            yield sample
            side.remove_image(reference)

    return pull


def _load(image: SampleImage, aim: float, rounds: int) -> Benchmark:
    name = f"load-{image.name}"

    @benchmark(name, Row(name, f"load of {image.title}", "s", aim=aim), rounds=rounds, own_client=True)
    def load(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
        archive = bench.archive(image)

        def sample() -> Mapping[str, float]:
            side.remove_image(archive.image)
            os.sync()
            return {name: side.seconds("load", "--quiet", "--input", archive.path)}

        with spread_directories(side):
            yield sample
            side.remove_image(archive.image)

    return load


def _push(image: SampleImage, rounds: int) -> Benchmark:
    name = f"push-{image.name}"

    @benchmark(name, Row(name, f"push of {image.title}", "s", aim=0.6), rounds=rounds, warm_ups=0)
    def push(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
        archive = bench.archive(image)
        with bench.empty_registry(side) as registry, spread_directories(side):
            reference = registry.reference(name)

            def sample() -> Mapping[str, float]:
                # A new image in an empty registry: what an engine keeps of an earlier push does not help it.
                registry.empty()
                side.run("load", "--quiet", "--input", archive.path)
                side.run("tag", archive.image, reference)
                os.sync()
                took = side.seconds("push", "--quiet", reference)
                side.remove_image(reference)
                side.remove_image(archive.image)
                return {name: took}

            try:
                yield sample
            finally:
                side.remove_image(reference)
                side.remove_image(archive.image)

    return push


def _save(image: SampleImage, rounds: int) -> Benchmark:
    name = f"save-{image.name}"

    @benchmark(name, Row(name, f"save of {image.title}", "s", aim=0.6), rounds=rounds, own_client=True)
    def save(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
        archive = bench.archive(image)
        try:
            side.run("load", "--quiet", "--input", archive.path)
            os.sync()
            yield lambda: {name: side.seconds("save", archive.image)}
        finally:
            side.remove_image(archive.image)

    return save


IMAGES = (
    _pull(MANY_FILES, aim=0.35, rounds=5),
    _pull(BIG_FILE, aim=0.5, rounds=3),
    _pull(SMALL_LAYERS, aim=0.6, rounds=5),
    _load(MANY_FILES, aim=0.35, rounds=5),
    _load(BIG_FILE, aim=0.5, rounds=3),
    _load(SMALL_LAYERS, aim=0.6, rounds=5),
    _push(MANY_FILES, rounds=3),
    _push(BIG_FILE, rounds=2),
    _save(MANY_FILES, rounds=3),
    _save(BIG_FILE, rounds=3),
)
