"""Removing and measuring trees that a container may have made."""

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wherry.store.trees import removal
from wherry.store.trees.removal import discard, sweep
from wherry.store.trees.walking import delete_tree, tree_size
from wherry.threads import Threads


def make_deep(folder: Path, levels: int) -> None:
    """Deeper than a path may be long, as a container can with cd and mkdir."""
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("some-directory", dir_fd=here)
        deeper = os.open("some-directory", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)


def test_a_tree_deeper_than_any_path_is_deleted(tmp_path: Path) -> None:
    make_deep(tmp_path / "tree", 1500)
    before = len(os.listdir("/proc/self/fd"))
    delete_tree(tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == before


def test_two_may_delete_the_same_tree(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for number in range(300):
        (tree / f"folder{number}").mkdir(parents=True)
        (tree / f"folder{number}" / "file").touch()
    with ThreadPoolExecutor() as threads:
        list(threads.map(delete_tree, (tree, tree, tree)))
    assert not tree.exists()


def test_links_are_deleted_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("data")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "to-directory").symlink_to(outside)
    (tree / "to-nothing").symlink_to("/nonexistent")
    os.link(outside / "precious", tree / "hard")

    delete_tree(tree)

    assert not tree.exists()
    assert (outside / "precious").read_text() == "data"


def test_any_name_is_deleted(tmp_path: Path) -> None:
    tree = os.fsencode(tmp_path / "tree")
    os.mkdir(tree)
    for name in (b"\xff\xfe", b"new\nline", b"-rf", b".deep-0"):
        os.mkdir(tree + b"/" + name)
        os.mkfifo(tree + b"/" + name + b"/fifo")
    delete_tree(tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


async def test_deleting_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    delete_tree(tmp_path / "nothing")
    threads = Threads(1, "test")
    await discard(tmp_path / "nothing", threads)
    threads.shutdown()
    assert list(tmp_path.iterdir()) == []


def test_the_size_of_a_tree_counts_files_once(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "one").write_bytes(b"x" * 1000)
    (tmp_path / "a/two").write_bytes(b"x" * 200)
    os.link(tmp_path / "a/two", tmp_path / "a/b/linked")
    (tmp_path / "a/b/link").symlink_to("/12345678")
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(30000)

    assert tree_size(tmp_path) == 1000 + 200 + 9 + 30000


def test_the_size_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert tree_size(tmp_path / "nothing") == 0


def test_a_very_deep_tree_can_be_measured(tmp_path: Path) -> None:
    make_deep(tmp_path / "tree", 1500)
    (tmp_path / "tree/file").write_bytes(b"x" * 10)
    assert tree_size(tmp_path / "tree") == 10
    delete_tree(tmp_path / "tree")


async def test_a_discarded_folder_goes_even_if_nobody_waits_any_more(tmp_path: Path) -> None:
    threads = Threads(1, "store")
    (tmp_path / "folder").mkdir()
    discarding = asyncio.ensure_future(discard(tmp_path / "folder", threads))
    await asyncio.sleep(0)
    discarding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await discarding
    await asyncio.sleep(0)
    threads.shutdown()
    assert list(tmp_path.iterdir()) == []


async def test_a_discarded_folder_is_gone_when_the_threads_are(tmp_path: Path) -> None:
    (tmp_path / "folder/sub").mkdir(parents=True)
    threads = Threads(1, "test")
    await discard(tmp_path / "folder", threads)
    assert removal.children(tmp_path) == ()
    threads.shutdown()
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_could_not_be_deleted_is_out_of_sight_and_swept_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    threads = Threads(1, "test")

    def refused(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(removal, "delete_tree", refused)
        await discard(folder, threads)
        threads.shutdown()
    assert removal.children(tmp_path) == ()
    assert len(list(tmp_path.iterdir())) == 1

    (tmp_path / "other").mkdir()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "other"]


def test_a_sweep_goes_on_when_something_resists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (".removed-bad", ".removed-good"):
        (tmp_path / name).mkdir()

    def delete(path: Path) -> None:
        if path.name.endswith("bad"):
            raise PermissionError(1, "Operation not permitted", str(path))
        path.rmdir()

    monkeypatch.setattr(removal, "delete_tree", delete)
    with caplog.at_level(logging.WARNING):
        sweep(tmp_path)

    assert [left.name for left in tmp_path.iterdir()] == [".removed-bad"]
    assert "cannot delete" in caplog.text
