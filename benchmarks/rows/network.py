"""Requests to a port that a container publishes."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
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
    rounds=5,
)
def published_port(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    name = bench.name(side, "port")
    try:
        server = ("httpd", "-f", "-h", "/var/www")
        side.run("run", "--detach", "--name", name, "-p", "80", bench.box, *server)
        port = side.run("port", name, "80/tcp").splitlines()[0].rpartition(":")[2]
        gateway = side.run("inspect", "--format", "{{.NetworkSettings.Gateway}}", name)

        def sample() -> Mapping[str, float]:
            return {
                "port-loopback": _requests_per_second(side, "127.0.0.1", port),
                "port-address": _requests_per_second(side, gateway, port),
            }

        yield sample
    finally:
        side.remove(name)


def _requests_per_second(side: Contestant, address: str, port: str) -> float:
    argv = side.engine.inside([sys.executable, "-IS", REQUESTER, address, port, PAGE])
    return float(subprocess.run(argv, check=True, capture_output=True, text=True, timeout=TIMEOUT).stdout)
