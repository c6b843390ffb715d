"""Layers applied: what ordinary archives of every dialect become, and how whiteouts and links are told to overlayfs."""

import bz2
import gzip
import hashlib
import lzma
import os
import stat
import struct
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from wherry.errors import CorruptLayer
from wherry.store.layers.changesets import Layers

from .changesets import MTIME, apply, described, directory, file, finish, hardlink, layer, member, node, symlink

pytestmark = pytest.mark.root

OPAQUE = {"trusted.overlay.opaque": b"y"}
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)  # cap_net_bind_service=ep


def is_whiteout(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree with something of everything, and many files."""
    root = tmp_path / "source"
    for number in range(60):
        folder = root / f"d{number % 12}" / f"e{number}"
        folder.mkdir(parents=True)
        for index in range(8):
            (folder / f"f{index}").write_bytes(os.urandom(index * 321))
            os.utime(folder / f"f{index}", ns=(1, 1_500_000_000_123_456_789 + index))
        os.chown(folder, number, 3 * number)
    (root / "large").write_bytes(os.urandom(3 << 20))
    (root / "setuid").write_bytes(b"x")
    os.chown(root / "setuid", 12, 34)
    (root / "setuid").chmod(0o6755)
    (root / "set-group").mkdir()
    os.chown(root / "set-group", 0, 500)
    (root / "set-group").chmod(0o2770)
    (root / "set-group" / "of-root").write_bytes(b"its group is 0")
    os.chown(root / "set-group" / "of-root", 0, 0)
    (root / "sticky").mkdir()
    (root / "sticky").chmod(0o1777)
    os.link(root / "large", root / "d1" / "hard")
    (root / "soft").symlink_to("d1/e1")
    os.lchown(root / "soft", 7, 8)
    os.symlink("dangling/" + "x" * 150, root / "long-soft")
    os.mkfifo(root / "fifo", 0o640)
    os.mknod(root / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mknod(root / "disk", stat.S_IFBLK | 0o660, os.makedev(259, 300))
    (root / ("long-" + "n" * 200)).write_bytes(b"long")
    (root / "snö").write_bytes(b"unicode")
    Path(os.fsdecode(bytes(root) + b"/latin-\xe9")).write_bytes(b"not unicode")
    (root / "attributes").write_bytes(b"x")
    os.setxattr(root / "attributes", "user.colour", b"blue\n=\0")
    os.setxattr(root / "attributes", "security.capability", CAPABILITY)
    os.setxattr(root / "sticky", "user.of-a-directory", b"1")
    return root


@pytest.mark.parametrize("dialect", ["gnu", "pax", "ustar", "oldgnu", "v7"])
def test_a_tree_becomes_what_gnu_tar_makes_of_it(source: Path, tmp_path: Path, dialect: str) -> None:
    if dialect in ("ustar", "v7"):
        for path in (*source.glob("long*"), *source.glob("latin*"), *source.glob("snö")):
            path.unlink()
    if dialect == "v7":
        for name in ("fifo", "null", "disk"):
            (source / name).unlink()
    options = ["--xattrs", "--xattrs-include=*"] if dialect == "pax" else []
    tar = ["tar", "-C", str(source), "--numeric-owner", f"--format={dialect}", *options, "-cf", "-", "."]
    archive = subprocess.run(
        tar, check=True, capture_output=True, env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
    )
    expected = tmp_path / "expected"
    expected.mkdir()
    untar = ["tar", "-C", str(expected), "--numeric-owner", *options, "-xpf", "-"]
    subprocess.run(untar, check=True, input=archive.stdout)

    applied = apply(archive.stdout, tmp_path / "layer")

    # GNU tar leaves the times of device nodes at the time of extraction.
    timeless = {"null", "disk", "fifo"}
    made, wanted = described(tmp_path / "layer"), described(expected)
    assert made.keys() == wanted.keys()
    for name in wanted:
        mtime = made[name].mtime if name in timeless else wanted[name].mtime
        assert made[name] == wanted[name]._replace(mtime=mtime), name
    assert applied.entries == len(wanted)
    assert applied.diff_id == "sha256:" + hashlib.sha256(archive.stdout).hexdigest()


@pytest.mark.parametrize(
    "compress", [gzip.compress, bz2.compress, lzma.compress, zstandard.ZstdCompressor().compress, lambda data: data]
)
@pytest.mark.parametrize("size", [1, 1000, 1 << 18])
def test_compression_and_chunks_make_no_difference(
    tmp_path: Path, compress: Callable[[bytes], bytes], size: int
) -> None:
    plain = layer(file("a", b"1234" * 400), directory("d"), symlink("d/l", "../a"))

    applied = apply(compress(plain), tmp_path / "layer", size=size)

    assert applied.diff_id == "sha256:" + hashlib.sha256(plain).hexdigest()
    assert (tmp_path / "layer" / "d" / "l").read_bytes() == b"1234" * 400


def test_a_layer_can_lie_in_a_file(tmp_path: Path) -> None:
    plain = layer(file("a", b"text"))
    (tmp_path / "blob").write_bytes(gzip.compress(plain))
    (tmp_path / "layer").mkdir()

    applied = finish(Layers().apply_file(tmp_path / "blob", tmp_path / "layer"))

    assert applied.diff_id == "sha256:" + hashlib.sha256(plain).hexdigest()
    assert (tmp_path / "layer" / "a").read_bytes() == b"text"


def test_a_plain_layer_whose_diff_id_is_known_has_that(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(layer(file("a", b"text")))
    (tmp_path / "layer").mkdir()

    applied = finish(Layers().apply_file(tmp_path / "blob", tmp_path / "layer", diff_id="sha256:known"))

    assert (applied.diff_id, applied.size, applied.entries) == ("sha256:known", 4, 1)
    assert (tmp_path / "layer" / "a").read_bytes() == b"text"


def test_a_compressed_layer_is_none_whose_diff_id_is_known(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(gzip.compress(layer(file("a", bytes(10_000)))))
    (tmp_path / "layer").mkdir()

    with pytest.raises(CorruptLayer):
        finish(Layers().apply_file(tmp_path / "blob", tmp_path / "layer", diff_id="sha256:known"))


def test_what_follows_the_archive_counts_for_its_digest(tmp_path: Path) -> None:
    data = layer(file("a")) + bytes(100_000) + b"what an old builder left"

    assert apply(data, tmp_path / "layer").diff_id == "sha256:" + hashlib.sha256(data).hexdigest()


def test_no_bytes_are_an_empty_layer(tmp_path: Path) -> None:
    applied = apply(b"", tmp_path / "layer")

    assert (applied.size, applied.entries) == (0, 0)
    assert list((tmp_path / "layer").iterdir()) == []


def test_the_size_is_dockers(tmp_path: Path) -> None:
    # dockerd 26.1.5 says 160: files once whatever their links, links by their target's length
    plain = layer(file("f", b"x" * 100), hardlink("g", "f"), symlink("s", "0123456789"), file("f2", b"y" * 50))

    assert apply(plain, tmp_path / "layer").size == 160


def test_the_size_is_of_what_is_left(tmp_path: Path) -> None:
    plain = layer(
        file("f", b"x" * 100), hardlink("g", "f"), file("f", b"y" * 7), directory("d"), file("d/x", b"123"), file("d")
    )

    assert apply(plain, tmp_path / "layer").size == 107


def test_an_entry_for_the_root_is_about_the_root(tmp_path: Path) -> None:
    apply(layer(directory("./", mode=0o1711, uid=5, gid=6), file("./a")), tmp_path / "layer")

    root = node(tmp_path / "layer")
    assert (root.mode, root.owner, root.mtime) == ("drwx--x--t", (5, 6), MTIME * 10**9)


def test_implied_directories_are_ordinary_ones(tmp_path: Path) -> None:
    apply(layer(file("a/b/c", b"1")), tmp_path / "layer")

    assert (tmp_path / "layer/a/b/c").read_bytes() == b"1"
    assert node(tmp_path / "layer/a/b").mode == "drwxr-xr-x"


def test_implied_directories_are_as_they_were_below(tmp_path: Path) -> None:
    apply(layer(directory("tmp", mode=0o1777, uid=3), file("tmp/old")), tmp_path / "lowest")
    apply(layer(file("unrelated")), tmp_path / "lower")

    apply(layer(file("tmp/new")), tmp_path / "layer", tmp_path / "lower", tmp_path / "lowest")

    tmp = node(tmp_path / "layer/tmp")
    assert (tmp.mode, tmp.owner, tmp.mtime) == ("drwxrwxrwt", (3, 0), MTIME * 10**9)


def test_a_later_entry_of_a_name_wins(tmp_path: Path) -> None:
    apply(
        layer(
            *(file("file", b"1"), file("file", b"2", mode=0o600)),
            *(file("to-directory"), directory("to-directory"), file("to-directory/x")),
            *(directory("to-file"), directory("to-file/deep"), file("to-file/deep/x"), file("to-file", b"3")),
            *(symlink("to-directory-2", "file"), directory("to-directory-2")),
            *(file("to-link"), symlink("to-link", "file")),
            *(directory("twice", mode=0o700), file("twice/kept"), directory("twice", mode=0o711)),
            *(file("linked"), hardlink("linked", "file")),
        ),
        tmp_path / "layer",
    )

    made = described(tmp_path / "layer")
    assert (made["file"].mode, made["file"].content) == ("-rw-------", b"2")
    assert made["to-directory/x"].content == b""
    assert made["to-file"].content == b"3"
    assert made["to-directory-2"].mode == "drwxr-xr-x"
    assert made["to-link"].content == "file"
    assert made["twice"].mode == "drwx--x--x"
    assert "twice/kept" in made
    assert made["linked"].content == b"2"


def test_attributes_of_a_directory_that_was_replaced_are_dropped(tmp_path: Path) -> None:
    apply(layer(directory("a/b", mode=0o700), file("a", b"now a file"), file("b")), tmp_path / "layer")

    assert node(tmp_path / "layer/a").content == b"now a file"


def test_a_hard_link_to_itself_changes_nothing(tmp_path: Path) -> None:
    # GNU tar writes one where a name was given twice
    apply(layer(file("a", b"1"), hardlink("a", "./a")), tmp_path / "layer")

    assert node(tmp_path / "layer/a").content == b"1"


def test_a_hard_link_to_a_symbolic_link_is_one_to_the_link(tmp_path: Path) -> None:
    apply(layer(symlink("s", "t"), hardlink("h", "s")), tmp_path / "layer")

    assert (node(tmp_path / "layer/h").content, node(tmp_path / "layer/h").links) == ("t", 2)


def test_a_hard_link_to_a_file_below_copies_it_up(tmp_path: Path) -> None:
    apply(layer(directory("d", mode=0o750), file("d/f", b"text", mode=0o4711, uid=5, gid=6)), tmp_path / "lower")
    os.setxattr(tmp_path / "lower/d/f", "user.colour", b"red")

    applied = apply(layer(hardlink("h", "d/f")), tmp_path / "layer", tmp_path / "lower")

    made = described(tmp_path / "layer")
    original = node(tmp_path / "lower/d/f")
    assert made["h"] == made["d/f"] == original._replace(links=2)
    assert (tmp_path / "layer/h").samefile(tmp_path / "layer/d/f")
    assert made["d"].mode == "drwxr-x---"
    assert applied.size == 4


@pytest.mark.parametrize("kind", ["symlink", "fifo", "device"])
def test_a_hard_link_to_a_special_file_below_copies_it_up(tmp_path: Path, kind: str) -> None:
    target = {
        "symlink": symlink("s", "target", uid=4),
        "fifo": member("s", tarfile.FIFOTYPE, mode=0o620, gid=4),
        "device": member("s", tarfile.CHRTYPE, devmajor=1, devminor=5, mode=0o620),
    }[kind]
    apply(layer(target), tmp_path / "lower")

    apply(layer(hardlink("h", "s")), tmp_path / "layer", tmp_path / "lower")

    assert node(tmp_path / "layer/h") == node(tmp_path / "lower/s")._replace(links=2)


def test_the_uppermost_layer_that_has_it_is_copied_from(tmp_path: Path) -> None:
    apply(layer(file("d/f", b"old"), file("d/g", b"old")), tmp_path / "lowest")
    apply(layer(file("d/f", b"new")), tmp_path / "lower")

    apply(
        layer(hardlink("f", "d/f"), hardlink("g", "d/g")), tmp_path / "layer", tmp_path / "lower", tmp_path / "lowest"
    )

    assert (tmp_path / "layer/f").read_bytes() == b"new"
    assert (tmp_path / "layer/g").read_bytes() == b"old"


def test_whiteouts_become_device_nodes(tmp_path: Path) -> None:
    apply(layer(file("a/.wh.gone"), file(".wh.top")), tmp_path / "layer")

    assert sorted(described(tmp_path / "layer")) == [".", "a", "a/gone", "top"]
    assert is_whiteout(tmp_path / "layer/a/gone")
    assert is_whiteout(tmp_path / "layer/top")


def test_opaque_marks_become_attributes(tmp_path: Path) -> None:
    apply(
        layer(directory("a"), file("a/before"), file("a/.wh..wh..opq"), file("a/after"), file("implied/.wh..wh..opq")),
        tmp_path / "layer",
    )

    made = described(tmp_path / "layer")
    assert sorted(made) == [".", "a", "a/after", "a/before", "implied"]
    assert made["a"].xattrs == made["implied"].xattrs == OPAQUE


def test_the_root_can_be_opaque(tmp_path: Path) -> None:
    apply(layer(file(".wh..wh..opq")), tmp_path / "layer")

    assert node(tmp_path / "layer").xattrs == OPAQUE


def test_the_book_keeping_of_aufs_is_left_out(tmp_path: Path) -> None:
    apply(
        layer(directory(".wh..wh.plnk"), file(".wh..wh.plnk/1.2"), file("a/.wh..wh.aufs"), file("b")),
        tmp_path / "layer",
    )

    assert sorted(described(tmp_path / "layer")) == [".", "b"]


@pytest.mark.parametrize("order", ["whiteout first", "whiteout last"])
def test_a_whiteout_speaks_of_the_layers_below_only(tmp_path: Path, order: str) -> None:
    own = [directory("dir"), file("dir/new"), file("file", b"new"), file("implied/new")]
    whiteouts = [file(".wh.dir"), file(".wh.file"), file(".wh.implied")]
    apply(layer(*(whiteouts + own if order == "whiteout first" else own + whiteouts)), tmp_path / "layer")

    made = described(tmp_path / "layer")
    assert sorted(made) == [".", "dir", "dir/new", "file", "implied", "implied/new"]
    assert made["dir"].xattrs == made["implied"].xattrs == OPAQUE
    assert made["file"].content == b"new"


def test_links_among_the_parents_are_followed_within_the_root(tmp_path: Path) -> None:
    apply(
        layer(
            directory("usr/bin"),
            symlink("bin", "usr/bin"),
            symlink("absolute", "/usr/bin"),
            symlink("above", "../../../usr"),
            file("bin/a", b"a"),
            file("absolute/b", b"b"),
            file("above/bin/c", b"c"),
            hardlink("d", "bin/a"),
        ),
        tmp_path / "layer",
    )

    made = described(tmp_path / "layer")
    assert {name: made[f"usr/bin/{name}"].content for name in "abc"} == {"a": b"a", "b": b"b", "c": b"c"}
    assert made["bin"].content == "usr/bin"
    assert made["d"].links == 2


def test_a_link_that_leads_nowhere_yet_makes_its_target(tmp_path: Path) -> None:
    apply(layer(directory("usr", mode=0o711)), tmp_path / "lower")

    apply(layer(symlink("lib", "usr/lib"), file("lib/x", b"1")), tmp_path / "layer", tmp_path / "lower")

    made = described(tmp_path / "layer")
    assert made["usr/lib/x"].content == b"1"
    assert made["usr"].mode == "drwx--x--x"


def test_names_never_lead_above_the_root(tmp_path: Path) -> None:
    # as dockerd 26.1.5 has it: the root is its own parent
    apply(layer(file("../x"), file("/abs"), file("a/../../y"), hardlink("h", "../../x")), tmp_path / "layer")

    assert sorted(described(tmp_path / "layer")) == [".", "abs", "h", "x", "y"]
    assert sorted(os.listdir(tmp_path)) == ["layer"]


def test_names_of_four_kilobytes(tmp_path: Path) -> None:
    name = "/".join(["component-" + "x" * 190] * 20)
    apply(layer(file(name, b"deep"), symlink("l", name[:4000]), hardlink("h", name)), tmp_path / "layer")

    assert (tmp_path / "layer/h").read_bytes() == b"deep"
    assert os.readlink(tmp_path / "layer/l") == name[:4000]


def test_more_directories_than_may_be_open(tmp_path: Path) -> None:
    names = [f"{number % 30}/{number}/x" for number in range(3000)]
    apply(
        layer(*(file(name) for name in names), *(directory(os.path.dirname(name), mode=0o700) for name in names)),
        tmp_path / "layer",
    )

    made = described(tmp_path / "layer")
    assert all(name in made for name in names)
    assert made["29/2999"].mode == "drwx------"
    assert made["29/2999"].mtime == MTIME * 10**9


@pytest.mark.parametrize(
    "dialect", [["--format=gnu"], *(["--format=pax", f"--sparse-version={v}"] for v in ("0.0", "0.1", "1.0"))]
)
def test_sparse_files(tmp_path: Path, dialect: list[str]) -> None:
    source = tmp_path / "source"
    source.mkdir()
    with (source / "sparse").open("wb") as sparse:
        for number in range(60):  # more than the header and one extension hold
            sparse.seek(number * 1_000_000)
            sparse.write(os.urandom(5000))
        sparse.truncate(70_000_000)
    (source / "hole").touch()
    os.truncate(source / "hole", 5_000_000)
    (source / "after").write_bytes(b"still in step")
    for path in (*source.iterdir(), source):
        os.utime(path, (MTIME, MTIME))  # GNU's own format knows whole seconds only
    tar = ["tar", "-C", str(source), "-S", *dialect, "-cf", "-", "."]
    archive = subprocess.run(tar, check=True, capture_output=True).stdout
    assert len(archive) < 10_000_000

    apply(archive, tmp_path / "layer")

    assert described(tmp_path / "layer") == described(source)
    assert (tmp_path / "layer/sparse").stat().st_blocks * 512 < 10_000_000


def test_times_before_1970_are_1970(tmp_path: Path) -> None:
    # as dockerd 26.1.5 has it
    apply(layer(file("a", mtime=-5.0), file("b", mtime=1.5)), tmp_path / "layer")

    assert node(tmp_path / "layer/a").mtime == 0
    assert node(tmp_path / "layer/b").mtime == 1_500_000_000


def test_an_archive_does_not_speak_overlays_language(tmp_path: Path) -> None:
    attributes = {"SCHILY.xattr.trusted.overlay.redirect": "/etc", "SCHILY.xattr.user.kept": "1"}
    apply(layer(file("f", pax_headers=attributes), directory("d", pax_headers=attributes)), tmp_path / "layer")

    assert node(tmp_path / "layer/f").xattrs == node(tmp_path / "layer/d").xattrs == {"user.kept": b"1"}


def test_attributes_that_the_system_forbids_are_left_out(tmp_path: Path) -> None:
    apply(
        layer(symlink("s", "t", pax_headers={"SCHILY.xattr.user.a": "1", "SCHILY.xattr.trusted.b": "2"})),
        tmp_path / "layer",
    )

    assert node(tmp_path / "layer/s").xattrs == {"trusted.b": b"2"}
