"""The command line of each client, at an engine that is empty again after each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.harness import buildx
from tests.harness.building import Builder
from tests.harness.cli import Cli
from tests.harness.engine import Engine, Host
from tests.harness.leftovers import assert_nothing_left


@pytest.fixture(scope="module")
def api(engine: Engine) -> Iterator[docker.DockerClient]:
    """docker-py's client."""
    client = docker.DockerClient(base_url=engine.url)
    yield client
    client.close()


@pytest.fixture
def tidy(api: docker.DockerClient) -> Iterator[None]:
    """Leaves no container, no volume and no network of a test."""
    yield
    for container in api.containers.list(all=True, ignore_removed=True):
        api.api.remove_container(str(container.id), force=True, v=True)
    for volume in api.volumes.list():
        volume.remove(force=True)
    api.networks.prune()


@pytest.fixture
def stock(engine: Engine, tidy: None) -> Cli:
    """The stock command line, for what ours has no command for."""
    return Cli(engine, "docker")


@pytest.fixture
def cli(engine: Engine, client: str, tidy: None) -> Cli:
    return Cli(engine, client)


@pytest.fixture
def host() -> Iterator[Host]:
    """A network of a test's own, for what is no daemon."""
    host = Host()
    yield host
    host.close()


@pytest.fixture
def other(disk: Path) -> Iterator[Engine]:
    """An engine that the test starts with flags of its own."""
    folder = disk / f"other-{os.urandom(4).hex()}"
    folder.mkdir()
    engine = Engine(folder)
    yield engine
    engine.close()


@pytest.fixture
def unbuilt(engine: Engine, tidy: None) -> Iterator[None]:
    """Leaves nothing but busybox."""
    yield
    ids = engine.run("docker", "ps", "-aq").stdout.split()
    if ids:
        engine.run("docker", "rm", "-fv", *ids)
    engine.run("docker", "builder", "prune", "-af")
    images = engine.run("docker", "images", "-aq", "--filter", "since=busybox").stdout.split()
    if images:
        engine.run("docker", "rmi", "-f", *dict.fromkeys(images))
    assert not list((engine.data_root / "builds").iterdir())
    assert_nothing_left(engine)


@pytest.fixture
def builder(engine: Engine, client: str, unbuilt: None, tmp_path: Path) -> Builder:
    return Builder(Cli(engine, client), tmp_path)


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not buildx.is_there():
        pytest.skip("there is no buildx here")
    return buildx.client_config(tmp_path_factory.mktemp("docker"))


@pytest.fixture
def build(engine: Engine, unbuilt: None, plugin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    """Types ``docker buildx build``: the plugin is one for both command lines."""
    monkeypatch.setenv("DOCKER_CONFIG", str(plugin))
    return Builder(Cli(engine, "docker"), tmp_path, ("buildx", "build"))
