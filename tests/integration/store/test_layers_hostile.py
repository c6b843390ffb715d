"""Layers that are broken or mean harm: nothing is written outside the root, and the error says what is wrong."""

import bz2
import gzip
import lzma
import os
import resource
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.archives import Member
from tests.harness.fuzzing import examples

from wherry.errors import CorruptLayer

from .changesets import apply, described, directory, file, hardlink, layer, member, node, symlink

pytestmark = pytest.mark.root

INVALID = "archive/tar: invalid tar header"


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A directory beside the layer's, which must not be touched."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_bytes(b"secret")
    before = described(folder)
    yield folder
    assert described(folder) == before


def refused(data: bytes, into: Path, *parents: Path) -> str:
    with pytest.raises(CorruptLayer) as caught:
        apply(data, into, *parents)
    return str(caught.value)


def checksummed(block: bytes) -> bytes:
    block = block[:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def patched(at: int, field: bytes, kind: bytes = b"0") -> bytes:
    """An archive of one entry whose header holds ``field``, with a right checksum."""
    archive = layer(member("f", kind))
    return checksummed(archive[:at] + field + archive[at + len(field) : 512]) + archive[512:]


def extended(record: bytes) -> bytes:
    """An archive of one file with a pax header of these bytes."""
    header = layer(member("x", b"x", record))[: 512 + -(-len(record) // 512) * 512]
    return header + layer(file("f", b"content"))


# --- names that lead out ---------------------------------------------------------------------------------------------


def test_a_link_to_an_absolute_path_stays_within(tmp_path: Path, outside: Path) -> None:
    apply(layer(symlink("l", str(outside)), file("l/new"), file("l/secret", b"mine")), tmp_path / "layer")

    assert (tmp_path / "layer" / outside.relative_to("/") / "secret").read_bytes() == b"mine"


def test_a_link_upwards_stays_within(tmp_path: Path, outside: Path) -> None:
    apply(layer(symlink("l", "../" * 30 + str(outside)), file("l/secret", b"mine")), tmp_path / "layer")

    assert (tmp_path / "layer" / outside.relative_to("/") / "secret").read_bytes() == b"mine"


def test_a_link_in_place_of_a_directory_stays_within(tmp_path: Path, outside: Path) -> None:
    apply(
        layer(
            directory("d"), file("d/x"), symlink("d", str(outside)), file("d/secret", b"mine"), directory("d", mode=0)
        ),
        tmp_path / "layer",
    )

    assert node(tmp_path / "layer/d").mode == "d---------"


def test_a_file_is_not_written_through_a_link_of_its_name(tmp_path: Path, outside: Path) -> None:
    apply(layer(symlink("f", str(outside / "secret")), file("f", b"mine")), tmp_path / "layer")

    assert (tmp_path / "layer/f").read_bytes() == b"mine"


@pytest.mark.parametrize("whiteout", [".wh.secret", ".wh..wh..opq"])
def test_whiteouts_stay_within(tmp_path: Path, outside: Path, whiteout: str) -> None:
    apply(layer(symlink("l", str(outside)), file(f"l/{whiteout}")), tmp_path / "layer")


def test_a_hard_link_to_a_file_outside_is_refused(tmp_path: Path, outside: Path) -> None:
    text = refused(layer(hardlink("h", str(outside / "secret"))), tmp_path / "layer")

    assert text == f"link {outside}/secret /h: no such file or directory"


def test_a_hard_link_through_a_link_to_a_file_outside_is_refused(tmp_path: Path, outside: Path) -> None:
    text = refused(layer(symlink("l", str(outside)), hardlink("h", "l/secret")), tmp_path / "layer")

    assert text == "link /l/secret /h: no such file or directory"


def test_links_in_layers_below_are_not_followed(tmp_path: Path, outside: Path) -> None:
    lower = tmp_path / "lower"
    apply(layer(symlink("l", str(outside)), symlink("s", str(outside / "secret"))), lower)

    text = refused(layer(hardlink("h", "l/secret")), tmp_path / "layer", lower)
    apply(layer(hardlink("h", "s")), tmp_path / "layer2", lower)

    assert text == "link /l/secret /h: no such file or directory"
    assert (tmp_path / "layer2/h").is_symlink()


def test_a_whiteout_below_hides_from_hard_links(tmp_path: Path) -> None:
    apply(layer(file("a"), directory("d"), file("d/b")), tmp_path / "lowest")
    apply(layer(file(".wh.a"), directory("d"), file("d/.wh..wh..opq")), tmp_path / "lower")

    for name in ("a", "d/b"):
        text = refused(layer(hardlink("h", name)), tmp_path / "layer", tmp_path / "lower", tmp_path / "lowest")
        assert text == f"link /{name} /h: no such file or directory"


@pytest.mark.parametrize("name", [".wh.", "a/.wh..", "a/b/.wh..."])
def test_whiteouts_of_no_name_are_refused(tmp_path: Path, name: str) -> None:
    assert refused(layer(directory("a/b"), file(name)), tmp_path / "layer") == f"invalid whiteout /{name}"


NAMES = st.lists(
    st.sampled_from(["a", "b", "l", "m", "..", ".", "", ".wh.a", ".wh..wh..opq", "\udcff", "…", "n" * 255]), max_size=6
).map("/".join)
KINDS = [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
TARGETS = NAMES | st.sampled_from(["/", "../../outside", "OUTSIDE", "OUTSIDE/secret"])
MEMBERS = st.lists(st.tuples(NAMES, st.sampled_from(KINDS), TARGETS), max_size=10)


@examples(100)
@given(MEMBERS)
def test_no_archive_touches_what_is_outside(members: list[tuple[str, bytes, str]]) -> None:
    with TemporaryDirectory() as folder:
        outside = Path(folder, "outside")
        outside.mkdir()
        (outside / "secret").write_bytes(b"secret")
        before = described(outside)
        entries: list[Member] = []
        for name, kind, target in members:
            content = b"content" if kind == tarfile.REGTYPE else b""
            link = target.replace("OUTSIDE", str(outside)) if kind in (tarfile.LNKTYPE, tarfile.SYMTYPE) else ""
            entries.append(member(name, kind, content, linkname=link, uid=9))
        try:
            apply(layer(*entries), Path(folder, "layer"))
        except CorruptLayer as error:
            assert "Traceback" not in str(error)
        assert described(outside) == before
        assert sorted(os.listdir(folder)) == ["layer", "outside"]


# --- entries that cannot be ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ([file("a"), file("a/b")], "open /a/b: not a directory"),
        ([file("a"), directory("a/b/c")], "mkdir /a/b/c: not a directory"),
        ([directory("d"), hardlink("h", "d")], "link /d /h: operation not permitted"),
        ([hardlink("h", "h")], "link /h /h: no such file or directory"),
        ([hardlink("h", "nowhere/x")], "link /nowhere/x /h: no such file or directory"),
        ([symlink("a", "b"), symlink("b", "a"), file("a/x")], "open /a/x: too many levels of symbolic links"),
        ([symlink("s", "")], "symlink /s: no such file or directory"),
        ([file("n" * 256)], f"open /{'n' * 256}: file name too long"),
        ([file("n/" * 2100 + "x")], f"open /{'n/' * 32}…: file name too long"),
        ([symlink("s", "n/" * 2100)], "open /s…: file name too long"),
        ([member("v", b"V")], "unhandled tar header type 86"),
        ([file("./")], "open /: is a directory"),
        ([file("f", pax_headers={"SCHILY.xattr.odd.name": "1"})], "lsetxattr odd.name /f: operation not supported"),
        ([directory("d", pax_headers={"SCHILY.xattr.odd": "1"})], "lsetxattr odd /d: operation not supported"),
    ],
)
def test_entries_that_cannot_be(tmp_path: Path, members: list[Member], text: str) -> None:
    assert refused(layer(*members), tmp_path / "layer") == text


def test_a_tree_of_any_depth_is_replaced(tmp_path: Path) -> None:
    """As deep as a path can be; where a process may not have as many files open, as deep as it may go."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    depth = 2000 if most == resource.RLIM_INFINITY else min(2000, most // 2)
    apply(layer(file("n/" * depth + "x"), file("n", b"1")), tmp_path / "layer")

    assert node(tmp_path / "layer/n").content == b"1"


# --- bytes that are no archive ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"hello" * 1000, INVALID),
        (b"\xff" * 5120, INVALID),
        (b"short", "unexpected EOF"),
        (layer(file("a"))[:300], "unexpected EOF"),
        (layer(file("a", b"1" * 9000))[:3000], "unexpected EOF"),
        (layer(file("a", b"1" * 100))[:580], "unexpected EOF"),
        (b"X" + layer(file("a"))[1:], INVALID),
        (patched(124, b"99999999999\0"), INVALID),
        (patched(124, b"-0000000001\0"), INVALID),
        (patched(124, b"\xff" * 12), f"{INVALID}: size -1 out of range"),
        (
            patched(124, b"\x80" + b"\x7f" * 11),
            f"{INVALID}: size {0x7F7F7F7F7F7F7F7F7F7F7F} out of range",
        ),
        (patched(124, b"\x80\0\0\0\x7f" + b"\xff" * 7), "unexpected EOF"),
        (
            patched(108, b"\x80\0\0\xff\xff\xff\xff\xff"),
            f"{INVALID}: owner 1099511627775 out of range",
        ),
        (patched(124, b"00010000001\0", b"x"), "archive/tar: extended header of 2097153 bytes is too long"),
        (patched(329, b"\x80\0\0\xff\xff\xff\xff\xff", b"3"), f"{INVALID}: device number out of range"),
        (extended(b"12 path=a\0b\n"), f"{INVALID}: NUL in a name"),
        (extended(b"99 path=a\n"), f"{INVALID}: malformed extended header"),
        (extended(b"11 path=ab\n"[:-1] + b"x"), f"{INVALID}: malformed extended header"),
        (extended(b"-9 path=a\n"), f"{INVALID}: malformed number in extended header"),
        (extended(b"10 size=-1\n"[:10] + b"\n"), f"{INVALID}: malformed extended header"),
        (extended(b"9" * 600), f"{INVALID}: malformed number in extended header"),
        (extended(b"8 noeq\n\n"), f"{INVALID}: malformed extended header"),
    ],
)
def test_bytes_that_are_no_archive(tmp_path: Path, data: bytes, text: str) -> None:
    assert refused(data, tmp_path / "layer") == text


@pytest.mark.parametrize(
    ("compress", "name"),
    [
        (gzip.compress, "gzip"),
        (bz2.compress, "bzip2"),
        (lzma.compress, "xz"),
        (zstandard.ZstdCompressor(write_checksum=True).compress, "zstd"),
    ],
)
def test_compressed_data_that_is_broken(tmp_path: Path, compress: Callable[[bytes], bytes], name: str) -> None:
    data = compress(layer(file("a", os.urandom(50_000))))
    broken = bytearray(data)
    broken[len(data) // 2] ^= 0x55

    assert refused(data[:-10], tmp_path / "short") == "unexpected EOF"
    assert refused(data[:20], tmp_path / "shorter") == "unexpected EOF"
    assert refused(bytes(broken), tmp_path / "broken").startswith((f"{name}: ", "archive/tar", "unexpected EOF"))
    assert refused(data + b"rubbish" * 9, tmp_path / "long").startswith(f"{name}: ")


VALID = layer(
    *(directory("d", mode=0o755), file("d/f", b"text" * 200), symlink("d/s", "f"), hardlink("h", "d/f")),
    *(file("n" * 150, b"long"), file("d/.wh.x"), file("x", pax_headers={"SCHILY.xattr.user.a": "b"})),
)


@examples(60)
@given(st.integers(0, len(VALID) - 1), st.binary(min_size=1, max_size=20))
def test_no_damage_goes_unexplained(at: int, damage: bytes) -> None:
    with TemporaryDirectory() as folder:
        try:
            apply(VALID[:at] + damage + VALID[at + len(damage) :], Path(folder, "layer"))
        except CorruptLayer as error:
            assert "Traceback" not in str(error)
