"""Snapshots: what the fake and the folder ``overlay2`` promise."""

from pathlib import Path

import pytest

from tests.fakes.store import FakeSnapshots
from wherry.engine.ports import Snapshots
from wherry.errors import InvalidArgument
from wherry.store.layers.snapshots import Snapshots as StoredSnapshots
from wherry.threads import Threads

KEY = "c" * 64


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.root)])
def snapshots(request: pytest.FixtureRequest, tmp_path: Path, threads: Threads) -> Snapshots:
    return FakeSnapshots() if request.param == "fake" else StoredSnapshots(tmp_path / "overlay2", threads)


async def test_layer_directories_have_names_of_their_own(snapshots: Snapshots) -> None:
    first, second = await snapshots.begin(), await snapshots.begin()
    assert first != second
    assert set(snapshots.names()) == {first, second}
    assert snapshots.tree(first).parts[-2:] == (first, "diff")


async def test_an_active_snapshot_is_prepared_once_or_twice(snapshots: Snapshots) -> None:
    await snapshots.prepare(KEY)
    await snapshots.prepare(KEY)
    await snapshots.prepare(KEY, volatile=True)
    assert snapshots.names() == (KEY,)
    assert await snapshots.usage(KEY) == 0


async def test_the_overlay_of_a_snapshot_lies_over_its_layers(snapshots: Snapshots) -> None:
    top, bottom = await snapshots.begin(), await snapshots.begin()

    mount = snapshots.overlay(KEY, (top, bottom))

    assert mount.lowers == tuple(map(str, (snapshots.tree(top), snapshots.tree(bottom), snapshots.mount_points)))
    assert mount.upper == str(snapshots.tree(KEY))
    assert Path(mount.target).is_absolute()
    assert len({mount.target, mount.upper, mount.work}) == 3
    assert not mount.volatile
    assert snapshots.overlay(KEY, (top,), volatile=True).volatile


async def test_an_active_snapshot_becomes_a_layer(snapshots: Snapshots) -> None:
    await snapshots.prepare(KEY)

    name = await snapshots.commit(KEY)

    assert snapshots.names() == (name,)
    assert snapshots.tree(name) != snapshots.tree(KEY)


async def test_a_removed_snapshot_is_gone_and_removing_it_again_no_error(snapshots: Snapshots) -> None:
    layer = await snapshots.begin()
    await snapshots.prepare(KEY)

    await snapshots.remove(KEY)
    await snapshots.remove(KEY)

    assert snapshots.names() == (layer,)
    assert await snapshots.usage(KEY) == 0


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc", ".removed-x", "a/b"])
async def test_a_name_that_leads_elsewhere_is_refused(snapshots: Snapshots, name: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid name"):
        snapshots.tree(name)
    with pytest.raises(InvalidArgument):
        await snapshots.prepare(name)
    with pytest.raises(InvalidArgument):
        await snapshots.remove(name)


async def test_layers_can_be_made_to_last(snapshots: Snapshots) -> None:
    await snapshots.begin()
    await snapshots.persist()
