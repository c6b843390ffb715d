"""CacheFolders: what the fake and the folder ``buildcache`` promise."""

from pathlib import Path

import pytest

from tests.fakes.building import FakeCacheFolders
from wherry.engine.ports import CacheFolders
from wherry.store.builds.cache_folders import CacheFolders as StoredCacheFolders
from wherry.threads import Threads


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.root)])
def folders(request: pytest.FixtureRequest, tmp_path: Path, threads: Threads) -> CacheFolders:
    if request.param == "fake":
        return FakeCacheFolders(set())
    return StoredCacheFolders(tmp_path / "buildcache", threads)


async def test_made_and_removed(folders: CacheFolders) -> None:
    path = await folders.create("a")
    await folders.dress("a", 0o755, (0, 0))
    assert path == folders.bindable("a")
    assert folders.names() == ("a",)

    await folders.remove("a")
    await folders.remove("a")

    assert folders.names() == ()
    assert await folders.size("a") == 0


async def test_making_one_again_is_no_error(folders: CacheFolders) -> None:
    assert await folders.create("a") == await folders.create("a")
    assert folders.names() == ("a",)
