"""A second engine on one machine: refused where it would share something with the first, which goes on unharmed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.embedded import IMPORT
from tests.harness.engine import DAEMON, Engine
from tests.harness.pages import asking
from tests.harness.waiting import eventually
from wherry.wiring import EngineConfig, exec_root_of

pytestmark = pytest.mark.root

PAGE = "hello from a container"


@pytest.fixture
def web(stock: Cli) -> Cli:
    """The first engine, with a web server at port 8080."""
    stock("run", "-d", "--name", "web", "-p", "8080:80", "busybox", "httpd", "-f", "-h", "/var/www")
    eventually(lambda: page(stock.engine) == PAGE)
    return stock


def page(engine: Engine) -> str:
    argv = engine.host.inside(asking("http://127.0.0.1:8080/"))
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()


@pytest.mark.parametrize(
    ("shared", "text"),
    [
        ("--pidfile", ", ensure wherry is not running or delete {}: process with PID {pid} is still running"),
        ("--data-root", ": another engine uses {}"),
        ("--exec-root", ": another engine uses {}"),
        ("-H", ": another server listens on {}"),
        ("nothing", ": another engine has the bridge docker0: each needs its own"),
    ],
)
def test_a_second_daemon_is_refused(
    web: Cli, engine: Engine, disk: Path, tmp_path: Path, shared: str, text: str
) -> None:
    assert engine.process is not None
    first = places(engine.exec_root / "engine.pid", engine.data_root, engine.exec_root, engine.socket)
    second = places(tmp_path / "pid", disk / f"second-{tmp_path.name}", tmp_path / "run", tmp_path / "sock")
    if shared in first:
        second[shared] = first[shared]
    argv = [DAEMON, *(word for pair in second.items() for word in pair)]

    done = subprocess.run(engine.host.inside(argv), capture_output=True, text=True, timeout=60, check=False)

    reason = text.format(first.get(shared, "").removeprefix("unix://"), pid=engine.process.pid)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"failed to start daemon{reason}")
    assert page(engine) == PAGE
    assert web.line("exec", "web", "echo", "hi") == "hi"
    assert int(Path(first["--pidfile"]).read_text()) == engine.process.pid


def places(pidfile: Path, data_root: Path, exec_root: Path, socket: Path) -> dict[str, str]:
    roots = {"--data-root": str(data_root), "--exec-root": str(exec_root)}
    return {"--pidfile": str(pidfile), "-H": f"unix://{socket}", **roots}


def test_a_daemon_that_has_another_bridge_may_be_beside_it(web: Cli, engine: Engine, other: Engine) -> None:
    own_host, other.host = other.host, engine.host
    try:
        other.start("--bridge", "none")
        assert page(engine) == PAGE
        other.stop()
        assert page(engine) == PAGE
    finally:
        other.host = own_host


FETCH = """
import asyncio, sys
import wherry

async def main():
    async with wherry.open_engine(root=sys.argv[1]) as engine:
        spec = wherry.ContainerSpec(image="busybox", command=("wget", "-qO-", "http://" + sys.argv[2] + ":8080/"))
        print((await wherry.run(engine, spec)).stdout.decode())

asyncio.run(main())
"""


def test_a_program_with_an_engine_of_its_own_may_be_beside_it(
    web: Cli, engine: Engine, disk: Path, busybox: Path, tmp_path: Path
) -> None:
    root = disk / f"beside-{tmp_path.name}"
    (gateway,) = web.line("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "bridge").splitlines()

    engine.host.run([sys.executable, "-c", IMPORT, root, busybox])
    printed = engine.host.run([sys.executable, "-c", FETCH, root, gateway]).stdout

    assert printed.strip() == PAGE
    assert page(engine) == PAGE
    shutil.rmtree(exec_root_of(EngineConfig(data_root=root)))
