"""Requests to a port that a container publishes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ..benchmark import Row, Sampler, benchmark
from ..contestants import TIMEOUT, Contestant
from ..workbench import Workbench

REQUESTER = Path(__file__).parents[1] / "requester.py"
PAGE = "hello from a container"


@benchmark(
    "port",
    Row("port-loopback", "published port, from loopback", "req/s", aim=1.0, more_is_better=True),
    Row("port-address", "published port, by another address", "req/s", aim=1.0, more_is_better=True),
    rounds=9,
)
def published_port(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    # A server for each row: what one leaves behind in the kernel's tables of connections must not meet the other.
    names = {row: bench.name(side, row) for row in ("port-loopback", "port-address")}
    try:
        for name in names.values():
            side.run("run", "--detach", "--name", name, "-p", "80", bench.box, "httpd", "-f", "-h", "/var/www")
        ports = {
            row: side.run("port", name, "80/tcp").splitlines()[0].rpartition(":")[2] for row, name in names.items()
        }
        gateway = side.run("inspect", "--format", "{{.NetworkSettings.Gateway}}", names["port-address"])
        addresses = {"port-loopback": "127.0.0.1", "port-address": gateway}
        yield lambda: {row: _requests_per_second(side, addresses[row], ports[row]) for row in names}
    finally:
        side.remove(*names.values())


def _published(side: Contestant, container: str) -> str:
    """The host port of the container's port 80."""
    return side.run("port", container, "80/tcp").splitlines()[0].rpartition(":")[2]


def _requests_per_second(side: Contestant, address: str, port: str) -> float:
    argv = side.engine.inside([sys.executable, "-IS", REQUESTER, address, port, PAGE])
    return float(subprocess.run(argv, check=True, capture_output=True, text=True, timeout=TIMEOUT).stdout)
