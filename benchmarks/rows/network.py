"""Requests to a port that a container publishes, and a large download from it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..benchmark import Row, Sampler, benchmark
from ..contestants import TIMEOUT, Contestant
from ..images import MEGABYTE
from ..workbench import Workbench

PROGRAMS = Path(__file__).parents[1]
PAGE = "hello from a container"
DOWNLOAD = 500


@benchmark(
    "port",
    Row("port-loopback", "published port, from loopback", "req/s", aim=1.0, more_is_better=True),
    Row("port-address", "published port, by another address", "req/s", aim=1.0, more_is_better=True),
    rounds=9,
)
def published_port(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    # A server for each row: what one leaves behind in the kernel's tables of connections must not meet the other.
    with _server(bench, side, "port-loopback") as loopback, _server(bench, side, "port-address") as other:
        addresses = {"port-loopback": ("127.0.0.1", _port(side, loopback)), "port-address": _address(side, other)}
        yield lambda: {
            row: _measured(side, "requester.py", address, port, PAGE) for row, (address, port) in addresses.items()
        }


@benchmark(
    "port-throughput",
    Row("port-loopback-rate", "published port, from loopback", "MB/s", aim=1.0, more_is_better=True),
    Row("port-address-rate", "published port, by another address", "MB/s", aim=1.0, more_is_better=True),
    rounds=7,
)
def published_throughput(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    with _server(bench, side, "throughput") as name:
        side.run("exec", name, "dd", "if=/dev/zero", "of=/var/www/download", "bs=1M", f"count={DOWNLOAD}")
        address, port = _address(side, name)
        addresses = {"port-loopback-rate": "127.0.0.1", "port-address-rate": address}
        size = str(DOWNLOAD * MEGABYTE)
        yield lambda: {
            row: _measured(side, "downloader.py", address, port, "/download", size)
            for row, address in addresses.items()
        }


@contextmanager
def _server(bench: Workbench, side: Contestant, what: str) -> Iterator[str]:
    """The name of a container that serves /var/www at a published port."""
    name = bench.name(side, what)
    try:
        side.run("run", "--detach", "--name", name, "-p", "80", bench.box, "httpd", "-f", "-h", "/var/www")
        yield name
    finally:
        side.remove(name)


def _address(side: Contestant, container: str) -> tuple[str, str]:
    """An address of the engine's host that is not loopback, and the host port of the container's port 80."""
    return side.run("inspect", "--format", "{{.NetworkSettings.Gateway}}", container), _port(side, container)


def _port(side: Contestant, container: str) -> str:
    return side.run("port", container, "80/tcp").splitlines()[0].rpartition(":")[2]


def _measured(side: Contestant, program: str, *arguments: str) -> float:
    """What a program prints that runs in the engine's network."""
    argv = side.engine.inside([sys.executable, "-IS", PROGRAMS / program, *arguments])
    return float(subprocess.run(argv, check=True, capture_output=True, text=True, timeout=TIMEOUT).stdout)
