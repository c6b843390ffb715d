"""Records: what the fake and the database promise."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.contract.samples import CONTAINER, IMAGE, LAYER, NETWORK, TAG, VOLUME
from tests.fakes.store import FakeRecords
from wherry.engine.ports import Records
from wherry.model.volume import Volume
from wherry.store.records import Records as StoredRecords
from wherry.store.records.database import Database


@pytest.fixture(params=["fake", "real"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    if request.param == "fake":
        yield FakeRecords()
        return
    database = Database(tmp_path / "wherry.db")
    yield StoredRecords(database)
    database.close()


async def test_a_record_put_is_found_by_its_key(records: Records) -> None:
    await records.containers.put(CONTAINER)
    await records.images.put(IMAGE)
    await records.tags.put(TAG)
    await records.layers.put(LAYER)
    await records.networks.put(NETWORK)
    await records.volumes.put(VOLUME)

    assert records.containers.get("c" * 64) == CONTAINER
    assert records.images.get("sha256:" + "1" * 64) == IMAGE
    assert records.tags.get("docker.io/library/busybox:latest") == TAG
    assert records.layers.get("sha256:" + "2" * 64) == LAYER
    assert records.networks.get("n" * 64) == NETWORK
    assert records.volumes.get("v") == VOLUME


def test_what_was_never_put_is_not_there(records: Records) -> None:
    assert records.volumes.get("v") is None
    assert records.volumes.all() == ()


async def test_the_oldest_comes_first_and_keeps_its_place_when_it_changes(records: Records) -> None:
    for name in "cab":
        await records.volumes.put(Volume(name=name))

    await records.volumes.put(replace(Volume(name="c"), driver="other"))

    assert [(volume.name, volume.driver) for volume in records.volumes.all()] == [
        ("c", "other"),
        ("a", "local"),
        ("b", "local"),
    ]


async def test_a_deleted_record_is_gone_and_comes_back_as_the_youngest(records: Records) -> None:
    await records.volumes.put(Volume(name="a"))
    await records.volumes.put(Volume(name="b"))

    await records.volumes.delete("a")

    assert records.volumes.get("a") is None
    await records.volumes.put(Volume(name="a"))
    assert [volume.name for volume in records.volumes.all()] == ["b", "a"]


async def test_deleting_what_is_not_there_is_no_error(records: Records) -> None:
    await records.volumes.delete("nothing")
    await records.commit(delete=[VOLUME, CONTAINER])


async def test_a_commit_changes_several_tables(records: Records) -> None:
    await records.commit(put=[IMAGE, TAG])

    await records.commit(put=[LAYER, VOLUME], delete=[TAG])

    assert records.images.all() == (IMAGE,)
    assert records.tags.all() == ()
    assert records.layers.all() == (LAYER,)
    assert records.volumes.all() == (VOLUME,)


async def test_a_commit_deletes_before_it_puts(records: Records) -> None:
    await records.volumes.put(VOLUME)

    await records.commit(put=[replace(VOLUME, driver="new")], delete=[VOLUME])

    assert [volume.driver for volume in records.volumes.all()] == ["new"]


async def test_an_empty_commit_changes_nothing(records: Records) -> None:
    await records.commit()
    assert records.containers.all() == ()


async def test_writes_take_effect_in_the_order_they_were_asked_for(records: Records) -> None:
    await asyncio.gather(
        records.volumes.put(VOLUME), records.volumes.delete("v"), records.volumes.put(replace(VOLUME, driver="last"))
    )
    assert [volume.driver for volume in records.volumes.all()] == ["last"]


async def test_a_record_is_not_seen_before_it_is_written(records: Records) -> None:
    writing = asyncio.ensure_future(records.volumes.put(VOLUME))
    await asyncio.sleep(0)
    assert records.volumes.get("v") is None
    await writing
    assert records.volumes.get("v") == VOLUME
