"""Records on a disk without space: the reserve is spent on them, and put aside again."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from wherry.errors import NoSpace
from wherry.model.volume import Volume
from wherry.store.records import Records
from wherry.store.records.database import Database
from wherry.store.records.reserve import SIZE

pytestmark = pytest.mark.root


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def fill(path: Path) -> None:
    with path.open("ab", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    database = Database(folder / "wherry.db")
    yield database
    database.close()


async def test_what_is_there_can_be_changed_and_removed_for_as_long_as_the_disk_is_full(
    folder: Path, database: Database
) -> None:
    records = Records(database)
    for name in ("changed", "removed"):
        await records.volumes.put(Volume(name=name))
    fill(folder / "ballast")

    for number in range(200):  # some 800 KiB of log
        await records.volumes.put(Volume(name="changed", created=number))
        fill(folder / "ballast")
    await records.volumes.delete("removed")

    assert [(volume.name, volume.created) for volume in records.volumes.all()] == [("changed", 199)]


async def test_what_is_new_does_not_take_the_reserve(folder: Path, database: Database) -> None:
    records = Records(database)
    fill(folder / "ballast")

    with pytest.raises(NoSpace, match=r"wherry\.db: no space left on device"):
        for number in range(1000):  # what is left of the log comes first
            await records.volumes.put(Volume(name=f"{number}"))

    assert (folder / "wherry.reserve").stat().st_size == SIZE


async def test_the_reserve_is_put_aside_again(folder: Path, database: Database) -> None:
    records = Records(database)
    await records.volumes.put(Volume(name="a"))
    fill(folder / "ballast")
    await records.volumes.put(Volume(name="a", created=1))
    assert not (folder / "wherry.reserve").exists()

    (folder / "ballast").unlink()
    await records.volumes.put(Volume(name="a", created=2))

    assert (folder / "wherry.reserve").stat().st_size == SIZE
