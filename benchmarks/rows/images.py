"""Getting an image of many files in."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..benchmark import Row, Sampler, benchmark
from ..contestants import Contestant
from ..workbench import Workbench


@benchmark("pull", Row("pull", "pull of many files", "s", aim=0.35), rounds=5, own_client=True)
def pull(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    reference = bench.pull_reference(side.engine)

    def sample() -> Mapping[str, float]:
        side.remove_image(reference)
        os.sync()
        return {"pull": side.seconds("pull", "--quiet", reference)}

    with _spread_directories(side):
        yield sample
        side.remove_image(reference)


@benchmark("load", Row("load", "load of many files", "s", aim=0.5), rounds=5, own_client=True)
def load(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    image = bench.many_files

    def sample() -> Mapping[str, float]:
        side.remove_image(image.image)
        os.sync()
        return {"load": side.seconds("load", "--quiet", "--input", image.archive)}

    with _spread_directories(side):
        yield sample
        side.remove_image(image.image)


@contextmanager
def _spread_directories(side: Contestant) -> Iterator[None]:
    """``chattr +T`` where dockerd keeps its layers, as wherry sets it on its own.

    ext4 takes seven times as long to create files where many were deleted just before, which every round here does.
    With the flag it spreads the layers over its block groups: so the engines are compared, not what was deleted when.
    """
    with side.engine.api() as client:
        root = Path(json.loads(client.call("GET", "/info").read())["DockerRootDir"])
    folder = root / "overlay2"
    if side.engine.kind != "dockerd" or "T" in _attributes(folder):
        yield
        return
    subprocess.run(["chattr", "+T", folder], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-T", folder], check=True, capture_output=True)


def _attributes(folder: Path) -> str:
    return subprocess.run(["lsattr", "-d", folder], check=True, capture_output=True, text=True).stdout.split()[0]
