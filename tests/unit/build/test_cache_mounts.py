"""Directories that outlive builds: who gets which, and how long they stay."""

import asyncio
from pathlib import Path

import pytest
from tests.fakes.building import FakeBuildFiles, FakeCacheFolders
from tests.fakes.host import FakeClock
from tests.fakes.store import FakeRecords

from wherry.build.plan.actions import CacheMount
from wherry.build.solver.cache_mounts import CacheMounts
from wherry.build.solver.kept_folders import KeptFolders
from wherry.build.solver.story import Story
from wherry.build.sweeping import sweep_folders
from wherry.errors import InvalidArgument
from wherry.model.build import CACHE_MOUNT, Selection

CHAPTER = Story((0,), live=False).chapter(0)


class Shelf:
    def __init__(self) -> None:
        self.records, self.folders = FakeRecords(), FakeCacheFolders(set())
        self.kept = KeptFolders(records=self.records, folders=self.folders, clock=FakeClock())
        self.mounts = CacheMounts(kept=self.kept, files=FakeBuildFiles(), folders=self.folders)


def mount(sharing: str, name: str = "pip") -> CacheMount:
    return CacheMount(target="/cache", id=name, sharing=sharing, mode=0o700, uid=5, gid=6)


async def test_one_directory_for_all_who_share() -> None:
    shelf = Shelf()
    async with (
        shelf.mounts.held(mount("shared"), None, CHAPTER) as one,
        shelf.mounts.held(mount("shared"), None, CHAPTER) as two,
    ):
        assert one == two
        async with shelf.mounts.held(mount("shared", "npm"), None, CHAPTER) as other:
            assert other != one
    async with shelf.mounts.held(mount("shared"), None, CHAPTER) as later:
        assert later == one
    assert next(iter(shelf.folders.dressed.values())) == (0o700, (5, 6))


async def test_a_private_one_has_a_neighbour_while_it_is_in_use() -> None:
    shelf = Shelf()
    async with (
        shelf.mounts.held(mount("private"), None, CHAPTER) as one,
        shelf.mounts.held(mount("private"), None, CHAPTER) as two,
    ):
        assert one != two
    async with shelf.mounts.held(mount("private"), None, CHAPTER) as again:
        assert again == one


async def test_a_locked_one_is_waited_for() -> None:
    shelf = Shelf()
    order: list[str] = []

    async def use(name: str) -> None:
        async with shelf.mounts.held(mount("locked"), None, CHAPTER):
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(use("one"), use("two"))
    assert order == ["one begins", "one ends", "two begins", "two ends"]


async def test_what_a_new_one_is_filled_with_is_not_there() -> None:
    shelf = Shelf()
    origin = Selection(trees=(Path("/stage"),), patterns=("missing",))
    with pytest.raises(InvalidArgument, match=r'^failed to compute cache key: "missing": not found$'):
        async with shelf.mounts.held(mount("shared"), origin, CHAPTER):
            pass
    async with shelf.mounts.held(mount("shared"), None, CHAPTER):
        pass


async def test_usage_and_removal() -> None:
    shelf = Shelf()
    async with shelf.mounts.held(mount("shared"), None, CHAPTER):
        (usage,) = await shelf.kept.usage()
        assert (usage.in_use, usage.entry.size, usage.entry.kind) == (True, 7, CACHE_MOUNT)
        assert await shelf.kept.remove(usage.entry) == 0
    (usage,) = await shelf.kept.usage()
    assert not usage.in_use
    assert await shelf.kept.remove(usage.entry) == 7
    assert shelf.folders.names() == ()
    assert shelf.records.cache.all() == ()


async def test_a_directory_without_a_row_is_swept() -> None:
    shelf = Shelf()
    async with shelf.mounts.held(mount("shared"), None, CHAPTER) as kept:
        pass
    await shelf.folders.create("half")
    await sweep_folders(shelf.records, shelf.folders)
    assert shelf.folders.names() == (kept.name,)
