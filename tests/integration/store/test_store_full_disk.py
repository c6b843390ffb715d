"""Records on a disk without space: the reserve is spent on them, and put aside again."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from wherry.errors import NoSpace
from wherry.model.volume import Volume
from wherry.store.database import Database
from wherry.store.records import Records
from wherry.store.reserve import SIZE

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


async def test_what_must_be_written_is_written(folder: Path) -> None:
    database = Database(folder / "wherry.db")
    records = Records(database)
    fill(folder / "ballast")

    await records.volumes.put(Volume(name="a"))
    assert not (folder / "wherry.reserve").exists()

    (folder / "ballast").unlink()
    await records.volumes.put(Volume(name="b"))
    assert (folder / "wherry.reserve").stat().st_size == SIZE
    assert {volume.name for volume in records.volumes.all()} == {"a", "b"}
    database.close()


async def test_without_a_reserve_the_disk_is_told(folder: Path) -> None:
    database = Database(folder / "wherry.db")
    records = Records(database)
    fill(folder / "ballast")
    await records.volumes.put(Volume(name="a"))
    fill(folder / "ballast")

    with pytest.raises(NoSpace, match=r"wherry\.db: no space left on device"):
        for number in range(100):
            await records.volumes.put(Volume(name=f"b{number}"))

    (folder / "ballast").unlink()
    await records.volumes.delete("a")
    assert "a" not in {volume.name for volume in records.volumes.all()}
    database.close()
