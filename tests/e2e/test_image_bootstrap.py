"""image bootstrap: an image from a distribution's packages. It asks the distribution's mirror for a few of them."""

import os
import signal
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine, program

pytestmark = pytest.mark.root

MIRROR = "http://deb.debian.org/debian"
SMALL = ["--variant", "extract", "--include", "base-files,busybox-static", "--mirror", MIRROR]


@pytest.fixture(scope="module", autouse=True)
def mirror() -> None:
    """What is not reached from here is no fault of ours."""
    try:
        urlopen(f"{MIRROR}/dists/trixie/InRelease", timeout=30).close()
    except OSError as error:
        pytest.skip(f"needs {MIRROR}: {error}")


def typed(engine: Engine, *arguments: str) -> list[str]:
    """Typed outside of the engine's network namespace: the mirror is not in there."""
    return [program("wherry"), "-H", engine.url, "image", "bootstrap", *arguments]


def bootstrap(engine: Engine, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(typed(engine, *arguments), capture_output=True, text=True, timeout=300, check=False)


def test_an_image_of_signed_packages(engine: Engine, stock: Cli) -> None:
    done = bootstrap(engine, "-q", *SMALL, "-t", "tiny:1", "debian:trixie-slim")

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == stock.inspect("tiny:1", "{{.Id}}")
    listing = 'ls /usr/share/doc/base-files; grep "^ID=" /etc/os-release'
    assert stock.line("run", "--rm", "tiny:1", "busybox", "sh", "-c", listing).split() == [
        "copyright",
        "ID=debian",
    ]
    comment = stock.line("history", "--format", "{{.Comment}}", "tiny:1")
    assert comment == f"Bootstrapped trixie from {MIRROR}"
    stock("rmi", "tiny:1")


def test_packages_that_nobody_trusted_signed_make_no_image(engine: Engine, stock: Cli, tmp_path: Path) -> None:
    (tmp_path / "none.gpg").touch()

    done = bootstrap(engine, "-q", *SMALL, "--keyring", str(tmp_path / "none.gpg"), "-t", "forged:1", "debian:trixie")

    assert done.returncode == 1
    assert "no image was made" in done.stderr
    assert stock.line("images", "-q", "forged") == ""


def test_a_user_who_gives_up_gets_no_image(engine: Engine, stock: Cli) -> None:
    command = typed(engine, *SMALL, "-t", "abandoned:1", "debian:trixie")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, process_group=0) as process:
        assert process.stderr is not None
        assert any(b"running apt-get update" in line for line in process.stderr)
        os.killpg(process.pid, signal.SIGINT)
        process.stderr.read()  # to its end: mmdebstrap tidies up
        assert process.wait(60) == -signal.SIGINT

    assert stock.line("images", "-q", "abandoned") == ""
