"""Managed plugins as they are asked for."""

from pathlib import Path

import pytest

from wherry.errors import InternalError, PluginDisabled
from wherry.model.plugin import OfferedPlugin
from wherry.plugins.managed import Managed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("root/data", "mounts/one", "root/other"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path.resolve()


@pytest.fixture
def managed(folder: Path) -> Managed:
    managed = Managed()
    offered = OfferedPlugin(
        socket=folder / "p.sock",
        kinds=("volumedriver",),
        root=folder / "root",
        propagated_mount="/data",
        propagated=folder / "mounts",
    )
    managed.offer("a/driver:latest", offered)
    managed.offer("off:latest", None)
    return managed


def test_a_name_may_leave_out_the_usual_tag(managed: Managed) -> None:
    assert managed.full_name("a/driver") == "a/driver:latest"
    assert managed.full_name("a/driver:latest") == "a/driver:latest"
    assert managed.full_name("a/driver:1") == "a/driver:1"
    assert not managed.has("a/driver:1")


def test_those_that_run_are_found_by_kind(managed: Managed) -> None:
    assert managed.of("VolumeDriver") == ("a/driver:latest",)
    assert managed.of("authz") == ()


def test_one_is_of_its_kinds_and_runs(managed: Managed) -> None:
    managed.require("a/driver", "VolumeDriver")
    with pytest.raises(InternalError, match='does not implement "authz"'):
        managed.require("a/driver", "authz")
    with pytest.raises(PluginDisabled, match=r"^plugin off:latest found but disabled$"):
        managed.require("off", "VolumeDriver")
    managed.withdraw("off:latest")
    assert not managed.has("off")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/data/one", "mounts/one"),
        ("/data/../other", "root/other"),
        ("/database", "root/database"),
        ("/data", "mounts"),
        ("/other", "root/other"),
        ("/../../other", "root/other"),
    ],
)
async def test_a_path_of_its_own_has_a_place_on_the_host(managed: Managed, folder: Path, path: str, place: str) -> None:
    assert await managed.on_host("a/driver", path) == str(folder / place)


@pytest.mark.parametrize("link", ["root/out", "mounts/out"])
async def test_a_link_does_not_lead_out(managed: Managed, folder: Path, link: str) -> None:
    (folder / link).symlink_to("/etc")
    path = "/out" if link.startswith("root") else "/data/out"
    with pytest.raises(InternalError, match="leads out of its file system"):
        await managed.on_host("a/driver", path)


async def test_a_path_of_any_other_plugin_is_one_of_the_host(managed: Managed) -> None:
    assert await managed.on_host("another", "/srv/one") == "/srv/one"
