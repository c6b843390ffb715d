"""For all tests: ``async def`` tests run in a fresh event loop each; what needs root is left out without it."""

import asyncio
import inspect
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import settings

from tests.harness.cli import docker_release
from tests.harness.engine import Engine, busybox_tar
from tests.harness.fuzzing import examples
from tests.harness.surroundings import same_everywhere
from tests.harness.turns import turn
from tests.harness.waiting import PATIENCE, bounded

settings.register_profile("wherry", examples(100))
settings.load_profile("wherry")

_LONGEST = 240  # seconds for one test, on a machine where many run: none takes more than some twenty by itself


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    surroundings = same_everywhere()
    surroundings.__enter__()
    config.add_cleanup(lambda: surroundings.__exit__(None, None, None))


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str) -> None:
    """A worker that died is no failure of one test, which might be run again."""
    pytest.exit(f"a process that ran tests died in {crashitem}", returncode=3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() != 0:
        for item in items:
            if item.get_closest_marker("root"):
                item.add_marker(pytest.mark.skip(reason="needs root"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Tests of what belongs to the whole machine wait for each other, in whatever process they run."""
    if os.geteuid() != 0 or not item.get_closest_marker("root"):
        return (yield)
    with turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with bounded(_LONGEST):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


@pytest.fixture(scope="session")
def disk() -> Iterator[Path]:
    """A folder on a real disk: /tmp may be a tmpfs, and overlay on overlay is refused."""
    folder = Path(tempfile.mkdtemp(prefix="wherry-test-", dir="/var/lib"))
    folder.chmod(0o711)  # containers' root may be one who has to come through
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def busybox(disk: Path) -> Path:
    return busybox_tar(disk / "busybox.tar")


def engine_scope(fixture_name: str, config: pytest.Config) -> Literal["session", "module"]:
    """On an emulated machine one engine serves all tests: a start takes half a minute there."""
    return "session" if PATIENCE > 1 else "module"


@pytest.fixture(scope=engine_scope)
def engine(disk: Path, busybox: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine with the image ``busybox``, one for each module of tests."""
    folder = Path(tempfile.mkdtemp(prefix="engine-", dir=disk))
    engine = Engine(folder)
    engine.start()
    engine.run("docker", "import", "-c", 'CMD ["/bin/sh"]', str(busybox), "busybox:latest")
    yield engine
    engine.close()


@pytest.fixture(params=["wherry", "docker"])
def client(request: pytest.FixtureRequest) -> str:
    """Each test that asks for this is typed with our command and with the stock one."""
    marker = request.node.get_closest_marker("newer_docker")
    if request.param == "docker" and marker and docker_release() < marker.args[0]:
        pytest.skip(f"needs docker {marker.args[0]} or later")
    return str(request.param)
