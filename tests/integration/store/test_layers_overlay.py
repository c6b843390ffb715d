"""Layers and a real overlay mount: what is applied is seen through it, and what is done in it becomes a layer."""

import ctypes
import io
import os
import shutil
import socket
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from wherry.store.layers.changesets import Layers
from wherry.tar.layers.changes import ADDED, DELETED, MODIFIED

from .changesets import MTIME, Node, apply, described, directory, file, finish, gathered, hardlink, layer, symlink

pytestmark = pytest.mark.root

LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2

BASE = layer(
    *(directory("a"), file("a/f", b"from below"), file("a/g"), directory("a/sub"), file("a/sub/x")),
    *(directory("tmp", mode=0o1777), file("tmp/old"), directory("usr/bin"), symlink("bin", "usr/bin")),
    *(file("usr/bin/tool", b"tool", mode=0o4755), file("file", b"1"), directory("dir"), file("dir/x")),
)


class Overlay:
    """An overlay mount over layers, the uppermost first."""

    def __init__(self, folder: Path, lowers: tuple[Path, ...]) -> None:
        self.lowers = lowers
        self.upper, self.work, self.merged = folder / "upper", folder / "work", folder / "merged"
        for each in (self.upper, self.work, self.merged):
            each.mkdir(parents=True)

    def mount(self) -> Path:
        lowers = ":".join(map(str, self.lowers))
        data = f"lowerdir={lowers},upperdir={self.upper},workdir={self.work},redirect_dir=off,metacopy=off,index=off"
        if LIBC.mount(b"overlay", bytes(self.merged), b"overlay", 0, data.encode()):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return self.merged

    def unmount(self) -> None:
        assert LIBC.umount2(bytes(self.merged), MNT_DETACH) == 0


@pytest.fixture
def overlay(tmp_path: Path) -> Iterator[Callable[..., Overlay]]:
    with ExitStack() as stack:

        def mounted(*lowers: Path) -> Overlay:
            made = Overlay(tmp_path / f"overlay-{len(list(tmp_path.iterdir()))}", lowers)
            made.mount()
            stack.callback(made.unmount)
            return made

        yield mounted


@pytest.fixture
def base(tmp_path: Path) -> Path:
    apply(BASE, tmp_path / "base")
    return tmp_path / "base"


def names(merged: Path) -> list[str]:
    return sorted(name for name in described(merged) if name != ".")


def contents(merged: Path) -> dict[str, Node]:
    """All of a merged tree but times of directories: they change with what is put in."""
    return {
        name: node._replace(mtime=0) if node.mode.startswith("d") else node for name, node in described(merged).items()
    }


def test_whiteouts_hide(tmp_path: Path, base: Path, overlay: Callable[..., Overlay]) -> None:
    apply(layer(file("a/.wh.f"), file(".wh.dir"), file(".wh.bin"), file("tmp/.wh.not-there")), tmp_path / "top", base)

    assert names(overlay(tmp_path / "top", base).merged) == [
        *("a", "a/g", "a/sub", "a/sub/x", "file", "tmp", "tmp/old", "usr", "usr/bin", "usr/bin/tool")
    ]


def test_opaque_directories_hide_all_below(tmp_path: Path, base: Path, overlay: Callable[..., Overlay]) -> None:
    apply(layer(file("a/.wh..wh..opq"), file("a/new"), file(".wh.dir"), file("dir/new")), tmp_path / "top", base)

    seen = names(overlay(tmp_path / "top", base).merged)
    assert [name for name in seen if name.startswith(("a", "dir"))] == ["a", "a/new", "dir", "dir/new"]


def test_types_may_change_from_layer_to_layer(tmp_path: Path, base: Path, overlay: Callable[..., Overlay]) -> None:
    apply(
        layer(file("a", b"a file now"), directory("file"), file("file/x"), symlink("dir", "a")), tmp_path / "top", base
    )

    merged = overlay(tmp_path / "top", base).merged
    assert (merged / "a").read_bytes() == b"a file now"
    assert (merged / "file/x").exists()
    assert os.readlink(merged / "dir") == "a"


def test_implied_directories_keep_their_mode(tmp_path: Path, base: Path, overlay: Callable[..., Overlay]) -> None:
    apply(layer(file("tmp/new")), tmp_path / "top", base)

    merged = overlay(tmp_path / "top", base).merged
    assert stat.filemode((merged / "tmp").stat().st_mode) == "drwxrwxrwt"
    assert sorted(os.listdir(merged / "tmp")) == ["new", "old"]


def test_hard_links_to_lower_files(tmp_path: Path, base: Path, overlay: Callable[..., Overlay]) -> None:
    apply(layer(hardlink("usr/bin/other", "usr/bin/tool")), tmp_path / "top", base)

    merged = overlay(tmp_path / "top", base).merged
    assert (merged / "usr/bin/other").samefile(merged / "usr/bin/tool")
    assert stat.filemode((merged / "usr/bin/other").stat().st_mode) == "-rwsr-xr-x"


def work(merged: Path) -> None:
    """What a container may do."""
    (merged / "a/f").write_bytes(b"changed")
    os.utime(merged / "a/f", ns=(1, MTIME * 10**9 + 5))
    (merged / "a/g").unlink()
    shutil.rmtree(merged / "dir")
    (merged / "tmp/new").write_bytes(b"new")
    (merged / "tmp/old").chmod(0o4711)
    shutil.rmtree(merged / "a/sub")
    (merged / "a/sub").mkdir(mode=0o700)  # overlayfs makes it opaque
    (merged / "a/sub/y").write_bytes(b"y")
    (merged / "file").unlink()
    (merged / "file").mkdir()
    os.link(merged / "usr/bin/tool", merged / "usr/bin/tool2")
    (merged / "bin").unlink()
    os.symlink("x" * 120, merged / "bin")
    os.mkfifo(merged / "fifo")
    os.mknod(merged / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    (merged / "snö").write_bytes(b"1")
    Path(os.fsdecode(bytes(merged) + b"/latin-\xe9" + b"-" * 120)).write_bytes(b"2")
    os.setxattr(merged / "snö", "user.colour", b"white")
    os.setxattr(merged / "a/sub", "user.colour", b"grey")
    os.chown(merged / "snö", 3_000_000, 4_000_000)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(merged / "socket"))


def test_what_is_done_in_an_overlay_becomes_a_layer(
    tmp_path: Path, base: Path, overlay: Callable[..., Overlay]
) -> None:
    container = overlay(base)
    work(container.merged)

    changeset = finish(gathered(Layers().diff(container.upper)))
    applied = apply(changeset, tmp_path / "committed", base)

    (container.merged / "socket").unlink()  # a socket is nothing without its process
    assert contents(overlay(tmp_path / "committed", base).merged) == contents(container.merged)
    with tarfile.open(fileobj=io.BytesIO(changeset)) as archive:
        seen = archive.getnames()
        assert not any("overlay" in key for member in archive for key in member.pax_headers)
    assert applied.entries == len(seen)
    assert {"a/.wh.g", ".wh.dir", "a/sub/.wh..wh..opq"} < set(seen)
    assert seen.index("a/sub") < seen.index("a/sub/.wh..wh..opq") < seen.index("a/sub/y")


def test_a_diff_is_the_same_each_time_and_wherever_it_lies(
    tmp_path: Path, base: Path, overlay: Callable[..., Overlay]
) -> None:
    container = overlay(base)
    work(container.merged)
    subprocess.run(["cp", "-a", container.upper, tmp_path / "copy"], check=True)

    first, second, third = (
        finish(gathered(Layers().diff(upper))) for upper in (container.upper, container.upper, tmp_path / "copy")
    )

    assert first == second == third


def test_an_opaque_root_stays_opaque(tmp_path: Path) -> None:
    apply(layer(file(".wh..wh..opq"), file("a")), tmp_path / "upper")

    apply(finish(gathered(Layers().diff(tmp_path / "upper"))), tmp_path / "again")

    assert os.getxattr(tmp_path / "again", "trusted.overlay.opaque") == b"y"


def test_a_layer_is_its_own_diff(tmp_path: Path) -> None:
    apply(BASE, tmp_path / "one")
    apply(finish(gathered(Layers().diff(tmp_path / "one"))), tmp_path / "two")

    one, two = described(tmp_path / "one"), described(tmp_path / "two")
    assert {**one, ".": one["."]._replace(mtime=0)} == {**two, ".": two["."]._replace(mtime=0)}


# --- docker diff -----------------------------------------------------------------------------------------------------


def test_changes_are_told_as_docker_does(tmp_path: Path, base: Path, overlay: Callable[..., Overlay]) -> None:
    container = overlay(base)
    merged = container.merged
    (merged / "n/m").mkdir(parents=True)
    (merged / "n/m/f").write_bytes(b"1")
    (merged / "a/f").write_bytes(b"changed")
    (merged / "usr/bin/tool").chmod(0o700)
    shutil.rmtree(merged / "dir")
    (merged / "tmp/old").unlink()
    (merged / "tmp").chmod(0o755)

    assert finish(Layers().changes(container.upper, (base,))) == (
        *(("/a", MODIFIED), ("/a/f", MODIFIED), ("/dir", DELETED)),
        *(("/n", ADDED), ("/n/m", ADDED), ("/n/m/f", ADDED)),
        *(("/tmp", MODIFIED), ("/tmp/old", DELETED)),
        *(("/usr", MODIFIED), ("/usr/bin", MODIFIED), ("/usr/bin/tool", MODIFIED)),
    )


def test_what_was_copied_up_and_is_as_before_is_no_change(base: Path, overlay: Callable[..., Overlay]) -> None:
    container = overlay(base)
    with (container.merged / "a/f").open("r+b"):
        pass
    (container.merged / "a/new").touch()
    (container.merged / "a/new").unlink()
    assert (container.upper / "a/f").exists()

    assert finish(Layers().changes(container.upper, (base,))) == ()


def test_what_a_new_directory_hides_is_deleted(base: Path, overlay: Callable[..., Overlay]) -> None:
    container = overlay(base)
    shutil.rmtree(container.merged / "a")
    (container.merged / "a").mkdir()
    (container.merged / "a/f").write_bytes(b"new")
    (container.merged / "file").unlink()
    (container.merged / "file").mkdir()
    (container.merged / "file/x").touch()

    assert finish(Layers().changes(container.upper, (base,))) == (
        *(("/a", MODIFIED), ("/a/f", MODIFIED), ("/a/g", DELETED), ("/a/sub", DELETED)),
        *(("/file", MODIFIED), ("/file/x", ADDED)),
    )


def test_changes_are_against_all_layers_below(tmp_path: Path, base: Path, overlay: Callable[..., Overlay]) -> None:
    apply(layer(file("a/.wh.f"), file("only-here"), file("dir/.wh..wh..opq")), tmp_path / "middle", base)
    container = overlay(tmp_path / "middle", base)
    (container.merged / "a/f").write_bytes(b"there again")
    (container.merged / "a/g").unlink()
    (container.merged / "only-here").unlink()
    (container.merged / "dir/x").write_bytes(b"there again")

    assert finish(Layers().changes(container.upper, container.lowers)) == (
        *(("/a", MODIFIED), ("/a/f", ADDED), ("/a/g", DELETED)),
        *(("/dir", MODIFIED), ("/dir/x", ADDED), ("/only-here", DELETED)),
    )


def test_a_capability_is_a_change(base: Path, overlay: Callable[..., Overlay]) -> None:
    container = overlay(base)
    tool = container.merged / "file"
    before = tool.stat()
    os.setxattr(tool, "security.capability", bytes.fromhex("0100000200040000" + "00" * 12))
    os.utime(tool, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert finish(Layers().changes(container.upper, (base,))) == (("/file", MODIFIED),)


def test_changes_in_deep_trees(base: Path, overlay: Callable[..., Overlay], monkeypatch: pytest.MonkeyPatch) -> None:
    container = overlay(base)
    monkeypatch.chdir(container.merged / "a/sub")
    for _ in range(600):
        os.mkdir("d")
        os.chdir("d")

    found = finish(Layers().changes(container.upper, (base,)))
    assert found[:3] == (("/a", MODIFIED), ("/a/sub", MODIFIED), ("/a/sub/d", ADDED))
    assert len(found) == 602
