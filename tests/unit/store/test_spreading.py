"""New directories go where none went lately."""

import os
from pathlib import Path

import pytest

from wherry.store.layers.spreading import Spreading


class Disk:
    """Gives places in this order."""

    def __init__(self, *places: int) -> None:
        self._places = list(places)
        self.at: dict[int, int] = {}  # inode → place

    def where(self, folder: Path) -> int:
        return self.at.setdefault(folder.stat().st_ino, self._places.pop(0))

    def place_of(self, folder: Path) -> int:
        return self.at[folder.stat().st_ino]


def made(disk: Disk, at: Path, count: int) -> list[int]:
    spreading = Spreading(disk.where)
    for number in range(count):
        spreading.make(at / str(number), 0o710)
    assert sorted(os.listdir(at)) == [str(number) for number in range(count)]
    return [disk.place_of(at / str(number)) for number in range(count)]


def test_a_place_that_was_not_taken_lately_is_taken(tmp_path: Path) -> None:
    assert made(Disk(1, 2, 1, 2, 3), tmp_path, 3) == [1, 2, 3]


def test_where_all_were_taken_it_is_the_one_that_was_taken_first(tmp_path: Path) -> None:
    assert made(Disk(1, 2, 2, 1, 1, 2), tmp_path, 3) == [1, 2, 1]


def test_what_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken.1").mkdir()
    spreading = Spreading(lambda folder: 0)
    spreading.make(tmp_path / "first", 0o710)
    with pytest.raises(FileExistsError):
        spreading.make(tmp_path / "taken", 0o710)
    assert sorted(os.listdir(tmp_path)) == ["first", "taken.1"]
