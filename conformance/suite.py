"""aiodocker's own tests, as its source distribution on PyPI carries them."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.harness.engine import Engine

VERSION = "0.27.0"
NAME = f"aiodocker-{VERSION}"

# Whole files that need swarm, and single tests that cannot pass here, each with its reason.
SWARM = ("test_configs.py", "test_nodes.py", "test_secrets.py", "test_services.py", "test_swarm.py")
DESELECTED = {
    "test_images.py::test_build_from_remote_file": "fetches a Dockerfile from the internet",
    "test_images.py::test_build_from_remote_tar": "fetches an archive from the internet",
    "test_images.py::test_prune_images": "dockerd 26 fails it as well: an image of FROM alone is its base",
    "test_context.py::TestLoadContextTLS::test_raises_error_on_unreadable_ca_file": "root can read every file",
    "test_context.py::TestLoadContextTLS::test_raises_error_on_unreadable_cert_file": "root can read every file",
    "test_context.py::TestLoadContextTLS::test_raises_error_on_unreadable_key_file": "root can read every file",
}
# The suite takes warnings as errors, those as well of libraries that are newer than it is: cryptography's.
_IGNORED = ("-W", "ignore:DSA is deprecated")


def prepare(folder: Path) -> Path:
    """The suite's folder and an environment for it below ``folder``; made once."""
    suite = folder / NAME
    if not (folder / "venv" / "ready").exists():
        pip = ["-m", "pip", "--quiet", "--disable-pip-version-check"]
        download = ["download", "--no-deps", "--no-binary", "aiodocker", "--dest", folder, f"aiodocker=={VERSION}"]
        subprocess.run([sys.executable, *pip, *download], check=True)
        subprocess.run(["tar", "-C", folder, "-xf", folder / f"{NAME}.tar.gz"], check=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "venv"], check=True)
        subprocess.run([folder / "venv/bin/python", *pip, "install", f"{suite}[test]"], check=True)
        (folder / "venv" / "ready").touch()
    return suite


def run(engine: Engine, folder: Path, arguments: Sequence[str]) -> int:
    """Run the suite on the engine's host; pytest's exit code."""
    suite = prepare(folder)
    skipped = [f"--ignore=tests/{name}" for name in SWARM]
    skipped += [f"--deselect=tests/{name}" for name in DESELECTED]
    pytest = [
        folder / "venv/bin/python",
        "-m",
        "pytest",
        "--no-cov",
        "-p",
        "no:sugar",
        "-q",
        *_IGNORED,
        *skipped,
        *arguments,
    ]
    environment = {**os.environ, "DOCKER_HOST": engine.url, "TESTCONTAINERS_RYUK_DISABLED": "true"}
    return subprocess.run(engine.host.inside(pytest), cwd=suite, env=environment, check=False).returncode
