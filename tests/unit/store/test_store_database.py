"""The database file: what it survives, and how it says what is wrong."""

import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.contract.samples import CONTAINER, IMAGE, LAYER, NETWORK, TAG, VOLUME

from wherry.errors import InternalError, Unavailable
from wherry.model.volume import Volume
from wherry.store.records import Records
from wherry.store.records import database as module
from wherry.store.records.database import Change, Database
from wherry.threads import settled


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wherry.db"


async def write(path: Path, *volumes: Volume) -> None:
    database = Database(path)
    await Records(database).commit(put=volumes)
    database.close()


async def test_records_are_there_after_reopening_oldest_first(path: Path) -> None:
    database = Database(path)
    records = Records(database)
    await records.commit(put=[CONTAINER, IMAGE, TAG, LAYER, NETWORK, VOLUME])
    await records.commit(put=[Volume(name="a"), replace(VOLUME, driver="changed")])
    database.close()

    database = Database(path)
    again = Records(database)
    database.close()

    assert again.containers.all() == (CONTAINER,)
    assert again.images.all() == (IMAGE,)
    assert again.tags.all() == (TAG,)
    assert again.layers.all() == (LAYER,)
    assert again.networks.all() == (NETWORK,)
    assert again.volumes.all() == (replace(VOLUME, driver="changed"), Volume(name="a"))


async def test_closing_writes_what_was_begun(path: Path) -> None:
    database = Database(path)
    writes = [database.apply([Change("volumes", f"{n}", b"{}")]) for n in range(50)]
    database.close()

    for written in writes:
        await settled(written)
    database = Database(path)
    assert len(database.rows("volumes")) == 50
    database.close()


async def test_a_transaction_that_fails_changes_nothing(path: Path) -> None:
    database = Database(path)
    with pytest.raises(InternalError, match="no such table: nonsense"):
        await settled(database.apply([Change("volumes", "v", b"{}"), Change("nonsense", "v", b"{}")]))
    assert database.rows("volumes") == []
    await settled(database.apply([Change("volumes", "v", b"{}")]))
    assert database.rows("volumes") == [("v", b"{}")]
    database.close()


async def test_a_field_of_a_newer_wherry_is_passed_over(path: Path) -> None:
    database = Database(path)
    body = b'{"name":"v","driver":"local","flavour":{"of":["the","month"]},"created":7}'
    await settled(database.apply([Change("volumes", "v", body)]))
    assert Records(database).volumes.get("v") == Volume(name="v", created=7)
    database.close()


@pytest.mark.parametrize("body", [b"{", b'{"driver":"local"}', b'{"name":7}', b"\xff"])
async def test_an_unreadable_row_is_named(path: Path, body: bytes) -> None:
    database = Database(path)
    await settled(database.apply([Change("volumes", "my-volume", body)]))
    with pytest.raises(InternalError, match=r'wherry\.db: unreadable row "my-volume" in table volumes'):
        Records(database)
    database.close()


def test_a_file_that_is_no_database_is_told_and_kept(path: Path) -> None:
    path.write_bytes(b"precious" * 1000)
    with pytest.raises(InternalError, match=r"wherry\.db is damaged .*left as it is"):
        Database(path)
    assert path.read_bytes() == b"precious" * 1000


async def test_a_damaged_page_is_told(path: Path) -> None:
    await write(path, *(Volume(name=f"volume-{n}") for n in range(500)))
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = b"\x5a" * (len(data) - 4096 * 2)
    path.write_bytes(data)

    database = Database(path)
    with pytest.raises(InternalError, match=r"wherry\.db is damaged"):
        Records(database)
    database.close()


def test_a_database_of_a_newer_wherry_is_told_and_kept(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(InternalError, match=r"wherry\.db was written by a newer version of wherry \(schema 99"):
        Database(path)

    assert path.read_bytes() == before


async def test_an_older_database_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await write(path, VOLUME)
    step = ("CREATE TABLE secrets (sequence INTEGER PRIMARY KEY, key TEXT, body BLOB)",)
    monkeypatch.setattr(module, "MIGRATIONS", (*module.MIGRATIONS, step))

    for _ in range(2):
        database = Database(path)
        assert database.rows("secrets") == []
        assert Records(database).volumes.all() == (VOLUME,)
        database.close()


async def test_a_step_that_fails_leaves_the_older_database(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await write(path, VOLUME)
    step = ("DELETE FROM volumes", "nonsense")
    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", (*module.MIGRATIONS, step))
        with pytest.raises(InternalError, match="syntax error"):
            Database(path)

    database = Database(path)
    assert Records(database).volumes.all() == (VOLUME,)
    database.close()


async def test_a_write_while_another_process_holds_the_file_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.01)
    database = Database(path)
    records = Records(database)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unavailable, match=r"wherry\.db is locked by another process"):
        await records.volumes.put(VOLUME)
    assert records.volumes.all() == ()

    other.execute("ROLLBACK")
    other.close()
    await records.volumes.put(VOLUME)
    assert records.volumes.all() == (VOLUME,)
    database.close()


def test_a_database_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(InternalError, match="unable to open database file"):
        Database(tmp_path / "missing" / "wherry.db")
