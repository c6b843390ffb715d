"""Volumes whose driver is a plugin: a program of the test's own behind a socket."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.plugins import VolumeDriver, installed

pytestmark = [pytest.mark.root, pytest.mark.alone]  # engines of other tests would find the driver, and its volumes


@pytest.fixture
def driver(tmp_path: Path) -> VolumeDriver:
    return VolumeDriver(tmp_path / "volumes")


@pytest.fixture
def name(driver: VolumeDriver) -> Iterator[str]:
    with installed(driver) as name:
        yield name


@pytest.fixture
def cli(engine: Engine, client: str, driver: VolumeDriver, name: str) -> Iterator[Cli]:
    """Leaves nothing, while the driver is still there."""
    yield Cli(engine, client)
    if ids := engine.run("docker", "ps", "-aq").stdout.split():
        engine.run("docker", "rm", "-f", *ids)
    driver.failing.clear()
    if driver.volumes:
        engine.run("docker", "volume", "rm", *driver.volumes)


def test_a_volume_is_its_drivers(cli: Cli, driver: VolumeDriver, name: str) -> None:
    cli("volume", "create", "-d", name, "-o", "a=b", "--label", "k=v", "store")

    (seen,) = json.loads(cli.line("volume", "inspect", "store"))

    assert driver.volumes == {"store": {"a": "b"}}
    assert seen == {
        "CreatedAt": "2024-05-06T07:08:09Z",
        "Driver": name,
        "Labels": {"k": "v"},
        "Mountpoint": str(driver.root / "store"),
        "Name": "store",
        "Options": {"a": "b"},
        "Scope": "global",
        "Status": {"hello": "world"},
    }
    assert name in json.loads(cli.line("info", "-f", "{{json .Plugins.Volume}}"))
    assert f"driver '{name}' already has volume 'store'" in cli.fails(1, "volume", "create", "store")
    cli("volume", "rm", "store")
    assert driver.volumes == {}


def test_a_container_has_it_mounted_while_it_runs(cli: Cli, driver: VolumeDriver, name: str) -> None:
    cli("run", "--rm", "-v", "one:/one", "--volume-driver", name, "busybox", "sh", "-c", "echo kept > /one/file")
    assert (driver.root / "one" / "file").read_text() == "kept\n"
    assert not driver.held
    mount = f"type=volume,source=one,target=/data,volume-driver={name},readonly"
    cli("run", "-d", "--name", "box", "--mount", mount, "busybox", "sleep", "1000")
    assert len(driver.held) == 1
    assert cli.line("exec", "box", "cat", "/data/file") == "kept"
    assert cli.line("cp", "box:/data/file", "-")
    assert "volume is in use" in cli.fails(1, "volume", "rm", "one")

    cli("rm", "-f", "box")

    assert not driver.held
    assert [verb for verb, _ in driver.calls if verb in ("Create", "Remove")] == ["Create"]


def test_a_volume_takes_what_the_image_has_there(cli: Cli, driver: VolumeDriver, name: str) -> None:
    cli("run", "--rm", "-v", "tools:/bin", "--volume-driver", name, "busybox", "true")

    assert (driver.root / "tools" / "busybox").exists()
    assert not driver.held


def test_what_a_driver_refuses_is_told(cli: Cli, driver: VolumeDriver, name: str) -> None:
    driver.failing["Create"] = {"Err": "no room"}
    assert cli.fails(1, "volume", "create", "-d", name, "store") == (
        "Error response from daemon: create store: no room\n"
    )
    assert cli.fails(1, "volume", "create", "-d", f"{name}x", "store") == (
        f"Error response from daemon: create store: error looking up volume plugin {name}x: "
        f'plugin "{name}x" not found\n'
    )
    del driver.failing["Create"]
    driver.failing["Mount"] = {"Err": "no way"}
    assert "no way" in cli.fails(125, "run", "--name", "box", "-v", "store:/s", "--volume-driver", name, "busybox")
    assert not driver.held
