"""Snapshots and volumes among real mounts."""

import os
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wherry.errors import InternalError, NotSupported
from wherry.model.mount import OverlayMount
from wherry.store.blobs.content import Content
from wherry.store.files import VolumeFiles
from wherry.store.layers.snapshots import Snapshots
from wherry.store.trees.mountinfo import mount_of, mounts_below
from wherry.threads import Threads

pytestmark = pytest.mark.root

KEY = "c" * 64
Mount = Callable[..., Path]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """mount(8) with any arguments; the last is the target. Unmounted in the end."""
    targets: list[Path] = []

    def mounted(*arguments: str | Path) -> Path:
        subprocess.run(["mount", *map(str, arguments)], check=True)
        targets.append(Path(arguments[-1]))
        return targets[-1]

    yield mounted
    for target in reversed(targets):
        subprocess.run(["umount", "--lazy", str(target)], check=False, stderr=subprocess.DEVNULL)


@pytest.fixture
def folder(tmp_path: Path, mount: Mount) -> Path:
    """A file system of its own."""
    (tmp_path / "disk").mkdir()
    return mount("-t", "tmpfs", "tmpfs", tmp_path / "disk")


def overlay(mount: Mount, plan: OverlayMount) -> Path:
    options = f"lowerdir={':'.join(plan.lowers)},upperdir={plan.upper},workdir={plan.work}"
    return mount("-t", "overlay", "-o", options + ",volatile" * plan.volatile, "overlay", plan.target)


def unmount(root: Path) -> None:
    subprocess.run(["umount", str(root)], check=True)


async def test_a_snapshot_can_be_mounted_and_measured(folder: Path, threads: Threads, mount: Mount) -> None:
    snapshots = Snapshots(folder / "overlay2", threads)
    layer = await snapshots.begin()
    (snapshots.tree(layer) / "base").write_text("from the layer")
    await snapshots.prepare(KEY)

    root = overlay(mount, snapshots.overlay(KEY, (layer,)))

    assert (root / "base").read_text() == "from the layer"
    assert stat.S_IMODE(root.stat().st_mode) == 0o755
    (root / "new").write_bytes(b"x" * 5000)
    (root / "base").unlink()
    assert await snapshots.usage(KEY) == 5000
    assert (snapshots.tree(layer) / "base").exists()


async def test_preparing_keeps_what_a_container_changed(folder: Path, threads: Threads, mount: Mount) -> None:
    snapshots = Snapshots(folder / "overlay2", threads)
    layer = await snapshots.begin()
    await snapshots.prepare(KEY)
    root = overlay(mount, snapshots.overlay(KEY, (layer,)))
    root.chmod(0o700)
    (root / "file").write_text("data")
    unmount(root)

    await snapshots.prepare(KEY)

    root = overlay(mount, snapshots.overlay(KEY, (layer,)))
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert (root / "file").read_text() == "data"


async def test_a_volatile_snapshot_can_be_mounted_again(folder: Path, threads: Threads, mount: Mount) -> None:
    snapshots = Snapshots(folder / "overlay2", threads)
    layer = await snapshots.begin()
    for _ in range(2):
        await snapshots.prepare(KEY, volatile=True)
        root = overlay(mount, snapshots.overlay(KEY, (layer,), volatile=True))
        (root / "file").write_text("data")
        unmount(root)


async def test_a_mounted_snapshot_is_not_removed(folder: Path, threads: Threads, mount: Mount) -> None:
    snapshots = Snapshots(folder / "overlay2", threads)
    layer = await snapshots.begin()
    (snapshots.tree(layer) / "precious").write_text("data")
    await snapshots.prepare(KEY)
    root = overlay(mount, snapshots.overlay(KEY, (layer,)))

    with pytest.raises(InternalError, match=f"{root} is still mounted"):
        await snapshots.remove(KEY)
    assert (root / "precious").read_text() == "data"

    unmount(root)
    await snapshots.remove(KEY)
    assert snapshots.names() == (layer,)


async def test_what_is_mounted_in_a_volume_is_not_deleted(folder: Path, threads: Threads, mount: Mount) -> None:
    volumes = VolumeFiles(folder / "volumes", threads)
    (folder / "outside").mkdir()
    (folder / "outside/precious").write_text("data")
    await volumes.create("v")
    mount("--bind", folder / "outside", volumes.path("v"))

    with pytest.raises(InternalError, match="is still mounted"):
        await volumes.remove("v")

    assert (folder / "outside/precious").read_text() == "data"


def test_overlay_on_overlay_is_refused(folder: Path, threads: Threads, mount: Mount) -> None:
    for name in ("lower", "upper", "work", "merged"):
        (folder / name).mkdir()
    options = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
    root = mount("-t", "overlay", "-o", options, "overlay", folder / "merged")
    with pytest.raises(NotSupported, match="is on overlay, where overlay mounts do not work"):
        Snapshots(root / "overlay2", threads)


def test_a_file_system_without_extended_attributes_is_refused(folder: Path, threads: Threads, mount: Mount) -> None:
    (folder / "ram").mkdir()
    root = mount("-t", "ramfs", "ramfs", folder / "ram")
    with pytest.raises(NotSupported, match=r"is on ramfs, .*trusted extended attributes"):
        Snapshots(root / "overlay2", threads)
    assert list((root / "overlay2").iterdir()) == []


def test_mounts_are_found_whatever_their_names(folder: Path, mount: Mount) -> None:
    odd = folder / "a b\n\\040\udcff"
    (folder / "a b").mkdir()
    odd.mkdir()
    mount("-t", "tmpfs", "tmpfs", odd)
    assert [found.point for found in mounts_below(folder)] == [str(folder), str(odd)]
    assert [found.point for found in mounts_below(odd)] == [str(odd)]
    assert mounts_below(folder / "a b") == []
    assert mount_of(odd / "x").point == str(odd)
    assert mount_of(folder / "a b" / "x")[:2] == (str(folder), "tmpfs")


async def test_a_full_disk_leaves_nothing_half(tmp_path: Path, threads: Threads, mount: Mount) -> None:
    disk = mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", tmp_path)
    content = Content(disk / "blobs", threads)
    with pytest.raises(InternalError, match=r"store blob sha256:.*: no space left on device"):
        await content.put(bytes(8 << 20))
    assert content.digests() == ()
    assert list((disk / "blobs/tmp").iterdir()) == []
    await content.put(b"small")


def make_hostile_tree(root: Path) -> None:
    root.mkdir()
    (root / "empty").mkdir()
    (root / "sub").mkdir(mode=0o2750)
    os.chown(root / "sub", 1000, 2000)
    (root / "sub/file").write_bytes(b"content")
    os.chown(root / "sub/file", 1001, 2001)
    (root / "sub/file").chmod(0o4755)
    os.setxattr(root / "sub/file", "user.note", b"\x00binary")
    capability = b"\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    (root / "capable").write_bytes(b"")
    os.setxattr(root / "capable", "security.capability", capability)
    os.link(root / "sub/file", root / "hard")
    (root / "to-shadow").symlink_to("/etc/shadow")
    os.chown(root / "to-shadow", 1002, 2002, follow_symlinks=False)
    os.link(root / "to-shadow", root / "to-shadow-again", follow_symlinks=False)
    (root / "dangling").symlink_to("nowhere")
    (root / "to-etc").symlink_to("/etc")
    os.mknod(root / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    (root / "null").chmod(0o666)
    os.mkfifo(root / "fifo", 0o600)
    with (root / "sparse").open("wb") as file:
        file.seek(10 << 20)
        file.write(b"data")
        file.truncate(20 << 20)
    os.mkdir(os.fsencode(root) + b"/\xff\xfe")
    os.setxattr(root / "empty", "user.note", b"directory")
    for path in sorted(root.rglob("*"), reverse=True):
        os.utime(path, ns=(10**18 + 1, 10**18 + 7), follow_symlinks=False)
    os.chown(root, 33, 44)
    root.chmod(0o1770)
    os.utime(root, ns=(10**18 + 1, 10**18 + 9))


def described(root: Path) -> dict[str, tuple[object, ...]]:
    """All that a copy keeps, by path; inode numbers as the first path that has them."""
    found: dict[str, tuple[object, ...]] = {}
    first: dict[int, str] = {}
    for path in [root, *sorted(root.rglob("*"))]:
        status = path.lstat()
        kind = stat.S_IFMT(status.st_mode)
        name = str(path.relative_to(root))
        found[name] = (
            oct(status.st_mode),
            status.st_uid,
            status.st_gid,
            status.st_rdev,
            status.st_mtime_ns,
            first.setdefault(status.st_ino, name),
            os.readlink(path) if kind == stat.S_IFLNK else None,
            path.read_bytes() if kind == stat.S_IFREG else None,
            {key: os.getxattr(path, key) for key in os.listxattr(path)} if kind in (stat.S_IFREG, stat.S_IFDIR) else {},
        )
    return found


@pytest.fixture
def container(tmp_path: Path, mount: Mount) -> Path:
    """The mounted root of a container whose image was made by an enemy."""
    for name in ("lower", "upper", "work", "merged"):
        (tmp_path / name).mkdir()
    make_hostile_tree(tmp_path / "lower/data")
    options = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    return mount("-t", "overlay", "-o", options, "overlay", tmp_path / "merged")


async def test_a_volume_takes_everything_as_it_is(container: Path, tmp_path: Path, threads: Threads) -> None:
    volumes = VolumeFiles(tmp_path / "volumes", threads)
    await volumes.create("v")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(container / "data/socket"))
        os.utime(container / "data", ns=(10**18 + 1, 10**18 + 9))
        await volumes.copy_up(container / "data", volumes.path("v"))

    expected = described(container / "data")
    del expected["socket"]
    assert described(volumes.path("v")) == expected
    assert (volumes.path("v") / "sparse").stat().st_blocks < 1000
    assert os.listdir(volumes.path("v").parent) == ["_data"]


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("/data", True),
        ("data", True),
        ("../../../../data", True),
        ("/data/to-etc", False),
        ("../../../../../../../../../etc", False),
        ("/proc/self/root/etc", False),
        ("loop", None),
    ],
)
async def test_links_on_the_way_lead_where_they_lead_the_container(
    container: Path, tmp_path: Path, threads: Threads, link: str, found: bool | None
) -> None:
    volumes = VolumeFiles(tmp_path / "volumes", threads)
    await volumes.create("v")
    (container / "loop").symlink_to(link)

    if found is None:
        with pytest.raises(InternalError, match="too many levels of symbolic links"):
            await volumes.copy_up(container / "loop", volumes.path("v"))
        return
    await volumes.copy_up(container / "loop", volumes.path("v"))

    assert bool(os.listdir(volumes.path("v"))) == found


async def test_a_file_is_not_copied_to_a_volume(container: Path, tmp_path: Path, threads: Threads) -> None:
    volumes = VolumeFiles(tmp_path / "volumes", threads)
    await volumes.create("v")
    await volumes.copy_up(container / "data/hard", volumes.path("v"))
    assert os.listdir(volumes.path("v")) == []


async def test_an_empty_directory_gives_a_volume_its_owner(container: Path, tmp_path: Path, threads: Threads) -> None:
    volumes = VolumeFiles(tmp_path / "volumes", threads)
    await volumes.create("v")
    os.chown(container / "data/empty", 70, 71)
    await volumes.copy_up(container / "data/empty", volumes.path("v"))
    assert (volumes.path("v").stat().st_uid, volumes.path("v").stat().st_gid) == (70, 71)


async def test_a_copy_that_fails_or_is_cut_short_leaves_the_volume_empty(
    container: Path, tmp_path: Path, threads: Threads, mount: Mount
) -> None:
    (tmp_path / "small").mkdir()
    disk = mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path / "small")
    volumes = VolumeFiles(disk / "volumes", threads)
    await volumes.create("v")
    (volumes.path("v").parent / ".copying/left-by-a-death").mkdir(parents=True)
    (container / "data/zz-big").write_bytes(b"x" * (2 << 20))

    with pytest.raises(InternalError, match="no space left on device"):
        await volumes.copy_up(container / "data", volumes.path("v"))
    assert os.listdir(volumes.path("v")) == []

    (container / "data/zz-big").unlink()
    await volumes.copy_up(container / "data", volumes.path("v"))
    assert described(volumes.path("v")).keys() == described(container / "data").keys()
