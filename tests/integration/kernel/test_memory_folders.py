"""Folders in memory: on a tmpfs where there is none, and a disk again when they are given back."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from wherry.kernel import mounts
from wherry.kernel.mounts import memory_folders
from wherry.runtime.binaries import Binaries
from wherry.runtime.oci import OciRuntime

pytestmark = pytest.mark.root


@pytest.fixture
def folder(disk: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=disk) as place:
        folder = Path(place) / "bundles"
        folder.mkdir()
        yield folder
        mounts.unmount(str(folder))


def test_a_folder_on_a_disk_is_in_memory_until_it_is_given_back(folder: Path) -> None:
    memory_folders.provide(folder)
    (folder / "file").write_text("kept while an engine is away")
    memory_folders.provide(folder)

    assert mounts.file_system(str(folder)) == "tmpfs"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == ["file"]

    memory_folders.give_back(folder)
    memory_folders.give_back(folder)

    assert not folder.is_mount()
    assert not list(folder.iterdir())


def test_a_folder_that_is_in_memory_needs_no_mount(folder: Path) -> None:
    memory_folders.provide(folder)
    inner = folder / "inner"
    inner.mkdir()

    memory_folders.provide(inner)

    assert not inner.is_mount()


def test_containers_of_an_earlier_engine_keep_their_folders(disk: Path) -> None:
    with tempfile.TemporaryDirectory(dir=disk) as place:
        bundle = Path(place) / "bundles/earlier"
        bundle.mkdir(parents=True)

        runtime = OciRuntime(Path(place), Binaries({}, "", ExitStack()))
        assert runtime.ids() == ("earlier",)
        runtime.close()
        bundle.rmdir()
        runtime = OciRuntime(Path(place), Binaries({}, "", ExitStack()))
        assert bundle.parent.is_mount()
        runtime.close()

        assert not bundle.parent.is_mount()
