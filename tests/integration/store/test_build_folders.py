"""Folders for mounts of builds, and what mounting leaves in a container's own directory."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from wherry.store.builds.cache_folders import CacheFolders
from wherry.store.trees.stubs import clear_stubs
from wherry.threads import Threads

pytestmark = pytest.mark.root


async def test_a_folder_that_outlives_builds(tmp_path: Path) -> None:
    threads = Threads(1, "test")
    folders = CacheFolders(tmp_path / "cache", threads)
    path = await folders.create("a")
    await folders.dress("a", 0o1770, (5, 6))
    (path / "file").write_text("12345")

    again = CacheFolders(tmp_path / "cache", threads)

    assert (again.names(), await again.size("a"), again.bindable("a")) == (("a",), 5, path)
    status = path.stat()
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o1770, 5, 6)
    await again.remove("a")
    assert again.names() == ()
    threads.shutdown()


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    upper, lower = tmp_path / "upper", tmp_path / "lower"
    for tree in (upper, lower):
        tree.mkdir()
    return upper, lower


Prepare = Callable[[Path, Path], None]


def nested(upper: Path, lower: Path) -> None:
    (upper / "a/b/c").mkdir(parents=True)


def in_a_directory_of_the_image(upper: Path, lower: Path) -> None:
    (lower / "a").mkdir()
    (upper / "a/b").mkdir(parents=True)
    (upper / "a/b/c").touch()


def through_a_link(upper: Path, lower: Path) -> None:
    (lower / "a").symlink_to("/real")
    (lower / "real").mkdir()
    (upper / "real/b/c").mkdir(parents=True)


@pytest.mark.parametrize("prepare", [nested, in_a_directory_of_the_image, through_a_link])
def test_what_was_mounted_onto_goes(trees: tuple[Path, Path], prepare: Prepare) -> None:
    upper, lower = trees
    prepare(upper, lower)
    clear_stubs(upper, (lower,), ("/a/b/c", "/not/there"))
    assert list(upper.iterdir()) == []


def with_a_file(upper: Path, lower: Path) -> None:
    (upper / "a/b/c").mkdir(parents=True)
    (upper / "a/b/c/file").touch()


def that_is_no_stub(upper: Path, lower: Path) -> None:
    (upper / "a/b").mkdir(parents=True)
    (upper / "a/b/c").write_text("mine")


def with_an_owner(upper: Path, lower: Path) -> None:
    (upper / "a/b/c").mkdir(parents=True)
    os.chown(upper / "a/b/c", 5, 5)


def that_leads_out(upper: Path, lower: Path) -> None:
    (upper.parent / "out/b/c").mkdir(parents=True)
    (upper / "a").symlink_to(os.path.relpath(upper.parent / "out", upper))


@pytest.mark.parametrize("prepare", [with_a_file, that_is_no_stub, with_an_owner, that_leads_out])
def test_what_is_a_users_stays(trees: tuple[Path, Path], prepare: Prepare) -> None:
    upper, lower = trees
    prepare(upper, lower)
    before = sorted(upper.parent.rglob("*"))
    clear_stubs(upper, (lower,), ("/a/b/c",))
    assert sorted(upper.parent.rglob("*")) == before


def test_a_directory_with_another_mode_is_a_change(trees: tuple[Path, Path]) -> None:
    upper, lower = trees
    (lower / "a").mkdir(mode=0o755)
    (upper / "a/b").mkdir(parents=True)
    (upper / "a").chmod(0o700)
    clear_stubs(upper, (lower,), ("/a/b",))
    assert [path.name for path in upper.rglob("*")] == ["a"]
