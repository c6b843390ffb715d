"""VolumeFiles: what the fake and the folder ``volumes`` promise."""

from pathlib import Path

import pytest

from tests.fakes.store import FakeVolumeFiles
from wherry.engine.ports import VolumeFiles
from wherry.errors import InvalidArgument
from wherry.store.files import VolumeFiles as StoredVolumeFiles
from wherry.threads import Threads


class World:
    """Volumes, and a look into them."""

    def __init__(self, port: VolumeFiles, folder: Path) -> None:
        self.port = port
        self._folder = folder

    def tree(self, name: str, files: dict[str, str]) -> Path:
        """A directory of a mounted root that holds files."""
        path = self._folder / name
        if isinstance(self.port, FakeVolumeFiles):
            self.port.trees[path] = files
        else:
            path.mkdir()
            for file, text in files.items():
                (path / file).write_text(text)
        return path

    def files(self, name: str) -> dict[str, str]:
        if isinstance(self.port, FakeVolumeFiles):
            return self.port.volumes[name]
        return {file.name: file.read_text() for file in self.port.path(name).iterdir()}


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.root)])
def world(request: pytest.FixtureRequest, tmp_path: Path, threads: Threads) -> World:
    if request.param == "fake":
        return World(FakeVolumeFiles(), tmp_path)
    return World(StoredVolumeFiles(tmp_path / "volumes", threads), tmp_path)


async def test_a_new_volume_is_empty(world: World) -> None:
    await world.port.create("v")
    assert world.files("v") == {}
    assert world.port.path("v").parts[-2:] == ("v", "_data")


async def test_an_empty_volume_takes_files(world: World) -> None:
    await world.port.create("v")
    assert await world.port.is_empty(world.port.path("v"))
    await world.port.copy_up(world.tree("data", {"a": "1", "b": "2"}), world.port.path("v"))
    assert not await world.port.is_empty(world.port.path("v"))
    assert world.files("v") == {"a": "1", "b": "2"}


async def test_a_volume_that_has_files_keeps_them(world: World) -> None:
    await world.port.create("v")
    await world.port.copy_up(world.tree("one", {"a": "1"}), world.port.path("v"))
    await world.port.create("v")
    await world.port.copy_up(world.tree("two", {"b": "2"}), world.port.path("v"))
    assert world.files("v") == {"a": "1"}


async def test_a_directory_that_is_not_there_leaves_the_volume_empty(world: World, tmp_path: Path) -> None:
    await world.port.create("v")
    await world.port.copy_up(tmp_path / "nothing", world.port.path("v"))
    assert world.files("v") == {}


async def test_a_removed_volume_comes_back_empty(world: World) -> None:
    await world.port.create("v")
    await world.port.copy_up(world.tree("data", {"a": "1"}), world.port.path("v"))

    await world.port.remove("v")
    await world.port.remove("v")

    await world.port.create("v")
    assert world.files("v") == {}


async def test_a_name_that_leads_elsewhere_is_refused(world: World) -> None:
    with pytest.raises(InvalidArgument):
        world.port.path("../etc")
    with pytest.raises(InvalidArgument):
        await world.port.create("a/b")


async def test_usage_counts_bytes_of_files(world: World) -> None:
    await world.port.create("v")
    await world.port.copy_up(world.tree("data", {"a": "12", "b": "345"}), world.port.path("v"))
    assert await world.port.usage("v") == 5
    assert await world.port.usage("nothing") == 0


async def test_a_missing_path_of_the_host_is_made_only_if_asked(world: World, tmp_path: Path) -> None:
    path = str(tmp_path / "new/path")
    assert not await world.port.is_there(path)
    assert await world.port.is_there(path, create=True)
    assert await world.port.is_there(path, create=True)
    assert await world.port.is_there(path)
