"""Files of containers, the lock, and a data root as a whole."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.contract.samples import CONTAINER, VOLUME

from wherry.errors import Conflict, InternalError
from wherry.store.files import ContainerFiles
from wherry.store.lock import RootLock
from wherry.store.store import Store
from wherry.threads import Threads


async def test_a_file_keeps_its_inode_when_it_changes(tmp_path: Path, threads: Threads) -> None:
    files = ContainerFiles(tmp_path / "containers", threads)
    await files.write("c1", {"hosts": "a long text\n"})
    path = files.folder("c1") / "hosts"
    before = path.stat().st_ino
    with path.open() as mounted:
        await files.write("c1", {"hosts": "short\n"})
        assert mounted.read() == "short\n"
    assert path.stat().st_ino == before


async def test_files_can_be_read_by_all_and_the_folder_entered_by_few(tmp_path: Path, threads: Threads) -> None:
    before = os.umask(0o077)
    try:
        files = ContainerFiles(tmp_path / "containers", threads)
        await files.write("c1", {"hosts": "x"})
    finally:
        os.umask(before)
    assert stat.S_IMODE((files.folder("c1") / "hosts").stat().st_mode) == 0o644
    assert not files.folder("c1").stat().st_mode & 0o007


async def test_a_link_in_place_of_a_file_is_not_written_through(tmp_path: Path, threads: Threads) -> None:
    files = ContainerFiles(tmp_path / "containers", threads)
    await files.write("c1", {})
    (tmp_path / "precious").write_text("data")
    (files.folder("c1") / "hosts").symlink_to(tmp_path / "precious")
    with pytest.raises(InternalError, match="too many levels of symbolic links"):
        await files.write("c1", {"hosts": "x"})
    assert (tmp_path / "precious").read_text() == "data"


def test_one_engine_holds_a_root(tmp_path: Path) -> None:
    lock = RootLock(tmp_path)
    with pytest.raises(Conflict, match=f"^another engine uses {tmp_path}$"):
        RootLock(tmp_path)
    lock.release()
    RootLock(tmp_path).release()


def test_programs_that_an_engine_leaves_behind_do_not_hold_its_root(tmp_path: Path) -> None:
    lock = RootLock(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False) as child:
        lock.release()
        RootLock(tmp_path).release()
        assert child.poll() is None
        child.communicate(b"\n")


def test_a_killed_engine_does_not_hold_its_root(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from wherry.store.lock import RootLock\n"
        "lock = RootLock(Path(sys.argv[1])); print('held', flush=True); input()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Conflict):
            RootLock(tmp_path)
        other.kill()
    RootLock(tmp_path).release()


@pytest.mark.root
async def test_a_root_is_made_and_opened_again_with_all_that_is_in_it(tmp_path: Path) -> None:
    root = tmp_path / "new" / "root"
    store = await Store.open(root)
    await store.records.containers.put(CONTAINER)
    digest = await store.content.put(b"blob")
    layer = await store.snapshots.begin()
    await store.containers.write("c1", {"hosts": "x"})
    await store.volumes.create("v")
    await store.close()

    store = await Store.open(root)
    assert store.records.containers.all() == (CONTAINER,)
    assert await store.content.read(digest) == b"blob"
    assert store.snapshots.names() == (layer,)
    assert store.containers.ids() == ("c1",)
    assert store.volumes.path("v").is_dir()
    await store.close()
    assert not root.stat().st_mode & 0o007


@pytest.mark.root
async def test_a_root_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    root.chmod(0o755)
    await (await Store.open(root)).close()
    assert root.stat().st_mode & 0o777 == 0o710


@pytest.mark.root
async def test_a_root_in_use_is_left_alone(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "root")
    (tmp_path / "link").symlink_to(tmp_path / "root")
    with pytest.raises(Conflict, match=f"another engine uses {tmp_path}/root"):
        await Store.open(tmp_path / "link")
    await store.records.volumes.put(VOLUME)
    await store.close()


@pytest.mark.root
async def test_a_root_that_cannot_be_opened_is_let_go(tmp_path: Path) -> None:
    await (await Store.open(tmp_path)).close()
    before = sorted(os.listdir("/proc/self/fd"))
    good = (tmp_path / "wherry.db").read_bytes()
    (tmp_path / "wherry.db").write_bytes(b"damaged" * 100)
    with pytest.raises(InternalError, match="is damaged"):
        await Store.open(tmp_path)
    assert sorted(os.listdir("/proc/self/fd")) == before

    (tmp_path / "wherry.db").write_bytes(good)
    await (await Store.open(tmp_path)).close()


@pytest.mark.root
async def test_what_removals_of_an_earlier_life_left_over_is_swept(tmp_path: Path) -> None:
    left = [tmp_path / folder / ".removed-1/sub" for folder in ("overlay2", "containers", "volumes")]
    for folder in left:
        folder.mkdir(parents=True)

    store = await Store.open(tmp_path)
    await store.close()

    assert not any(folder.parent.exists() for folder in left)


async def test_a_root_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InternalError, match=r"open data root .*: not a directory"):
        await Store.open(tmp_path / "file" / "root")
