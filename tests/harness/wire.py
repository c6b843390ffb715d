"""Another machine, on a wire with the host of an engine."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.harness.engine import Host


@contextmanager
def wired(host: Host, name: str, addresses: Mapping[str, str]) -> Iterator[None]:
    """Its network namespace is called ``name``; ``addresses``: of the host, and of the machine in the same subnet, in
    CIDR form."""
    subprocess.run(["ip", "netns", "add", name], check=True)
    host.run(["ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", name])
    for here, there in addresses.items():
        at_once = ["nodad"] if ":" in here else []
        host.run(["ip", "addr", "add", here, "dev", "wire", *at_once])
        subprocess.run(["ip", "-n", name, "addr", "add", there, "dev", "wire", *at_once], check=True)
    host.run(["ip", "link", "set", "wire", "up"])
    subprocess.run(["ip", "-n", name, "link", "set", "wire", "up"], check=True)
    yield
    subprocess.run(["ip", "netns", "delete", name], check=True)
