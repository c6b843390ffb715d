"""The daemon's memory does not hold the names of paths that it has met."""

import subprocess
import sys

USE = """
from pathlib import Path

from wherry.daemon.interning import stop_interning_paths

stop_interning_paths()
name = "3f" * 32
one, other = Path(f"/run/{name}").name, Path(f"/var/{name}").name
print(one == other == name, one is other, [str(path) for path in Path("/usr").glob("bin")])
"""


def test_two_paths_do_not_share_their_parts() -> None:
    done = subprocess.run([sys.executable, "-c", USE], check=True, capture_output=True, text=True)
    assert done.stdout == "True False ['/usr/bin']\n"
