"""Servers on loopback, each on a port of its own and ended with its test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.harness.authority import Authority
from tests.harness.httpserver import Scripted
from tests.harness.registry import passwords

from .distribution import REGISTRY, Pushed, Running, push

RunRegistry = Callable[..., str]


@pytest.fixture(scope="session")
def pushed() -> Pushed:
    return Pushed()


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory, pushed: Pushed) -> Path:
    """A registry's files, which any number of registries may serve."""
    if REGISTRY is None:
        pytest.skip("docker-registry is not installed")
    folder = tmp_path_factory.mktemp("storage")
    with Running(folder, tmp_path_factory.mktemp("writer")) as host:
        push(host, pushed)
    return folder


@pytest.fixture
def run_registry(storage: Path, tmp_path: Path) -> Iterator[RunRegistry]:
    """Start a docker-registry that holds `Pushed`, with more YAML for its configuration; gives ``host:port``."""
    started: list[Running] = []

    def run(extra: str = "", tls: str = "") -> str:
        folder = tmp_path / f"registry-{len(started)}"
        folder.mkdir()
        started.append(Running(storage, folder, extra, tls))
        return started[-1].__enter__()

    yield run
    for registry in started:
        registry.__exit__()


@pytest.fixture
def basic_auth(tmp_path: Path) -> str:
    """Configuration for a registry that only alice may use, with "open sesame"."""
    return passwords(tmp_path)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.close()


@pytest.fixture
def another() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.close()
