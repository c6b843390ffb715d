"""The same allocation of directories for all engines that are compared."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .contestants import Contestant


@contextmanager
def spread_directories(side: Contestant) -> Iterator[None]:
    """``chattr +T`` where dockerd keeps its layers, as wherry sets it on its own.

    ext4 takes seven times as long to create files where many were deleted just before, which every round here does.
    With the flag it spreads the layers over its block groups: so the engines are compared, not what was deleted when.
    """
    folder = Path(str(side.engine.info()["DockerRootDir"])) / "overlay2"
    if side.engine.kind != "dockerd" or "T" in _attributes(folder):
        yield
        return
    spread(folder)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-T", folder], check=False, capture_output=True)


def spread(folder: Path) -> None:
    """Have what is made in a directory spread over the disk, if it is ext4: others need no such thing."""
    subprocess.run(["chattr", "+T", folder], check=False, capture_output=True)


def _attributes(folder: Path) -> str:
    said = subprocess.run(["lsattr", "-d", folder], check=False, capture_output=True, text=True)
    return said.stdout.partition(" ")[0]
