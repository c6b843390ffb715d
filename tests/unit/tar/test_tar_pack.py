"""Trees as archives: what Python's and GNU's tar read in them."""

import io
import os
import socket
import subprocess
import tarfile
from pathlib import Path

import pytest

from wherry.spans import Span
from wherry.tar.batching import CHUNK
from wherry.tar.format import header
from wherry.tar.format.writer import END
from wherry.tar.format.writer import header as written
from wherry.tar.pack import pack, pack_named, pack_named_spans

MTIME = 1_600_000_000


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "d" / "e").mkdir(parents=True)
    (root / "d" / "f").write_bytes(b"text")
    (root / "d" / "f").chmod(0o640)
    os.link(root / "d" / "f", root / "b")
    (root / "d-c").write_bytes(b"sorts between d and d/")
    (root / "s").symlink_to("d/f")
    (root / ("n" * 150)).write_bytes(b"long")
    (root / "snö").write_bytes(b"1")
    Path(os.fsdecode(bytes(root) + b"/latin-\xe9")).write_bytes(b"2")
    os.mkfifo(root / "fifo")
    for path in (*root.rglob("*"), root):
        os.utime(path, ns=(0, MTIME * 10**9), follow_symlinks=False)
    return root


def packed(tree: Path, prefix: bytes = b"", **options: object) -> bytes:
    return b"".join(pack(os.fspath(tree), prefix, **options))  # type: ignore[arg-type]


def opened(data: bytes) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(data))


def names(data: bytes) -> list[str]:
    with opened(data) as archive:
        return archive.getnames()


def test_all_that_is_in_a_tree(tree: Path) -> None:
    with opened(packed(tree)) as archive:
        members = {member.name: member for member in archive}
        assert list(members) == ["b", "d", "d/e", "d/f", "d-c", "fifo", "latin-\udce9", "n" * 150, "s", "snö"]
        assert archive.extractfile("n" * 150).read() == b"long"  # type: ignore[union-attr]
        assert archive.extractfile("d/f").read() == b"text"  # type: ignore[union-attr]
    assert (members["d/f"].type, members["d/f"].linkname) == (tarfile.LNKTYPE, "b")
    assert (members["b"].mode, members["b"].uid, members["b"].gid) == (0o640, os.getuid(), os.getgid())
    assert (members["s"].type, members["s"].linkname) == (tarfile.SYMTYPE, "d/f")
    assert members["fifo"].type == tarfile.FIFOTYPE
    assert {member.mtime for member in members.values()} == {MTIME}
    assert {member.uname for member in members.values()} == {""}


def test_gnu_tar_unpacks_it(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-C", tmp_path / "out", "-xpf", "-"], input=packed(tree), check=True, env={"LC_ALL": "C"})

    difference = subprocess.run(["diff", "-r", "--no-dereference", tree, tmp_path / "out"], capture_output=True)
    assert difference.stdout == b"File %b is a fifo while file %b is a fifo\n" % (
        bytes(tree / "fifo"),
        bytes(tmp_path / "out/fifo"),
    )
    assert packed(tmp_path / "out") == packed(tree)


def test_fractions_of_a_second_are_kept(tree: Path) -> None:
    os.utime(tree / "d-c", ns=(0, MTIME * 10**9 + 123_456_789))

    with opened(packed(tree)) as archive:
        assert archive.getmember("d-c").pax_headers == {"mtime": "1600000000.123456789"}


def test_plain_entries_cost_one_block(tree: Path) -> None:
    assert len(packed(tree / "d")) == 512 + 512 + 512 + len(END)  # e, f and its content


def test_extended_attributes(tree: Path) -> None:
    os.setxattr(tree / "b", "user.colour", b"\xff\0=\n")
    os.setxattr(tree / "d", "user.shape", b"")

    with opened(packed(tree)) as archive:
        assert archive.getmember("b").pax_headers["SCHILY.xattr.user.colour"] == "\udcff\0=\n"
        assert archive.getmember("d").pax_headers["SCHILY.xattr.user.shape"] == ""


def test_a_prefix_stands_before_names_and_links(tree: Path) -> None:
    data = packed(tree, b"some/where/")

    assert all(name.startswith("some/where/") for name in names(data))
    with opened(data) as archive:
        assert archive.getmember("some/where/d/f").linkname == "some/where/b"
        assert archive.getmember("some/where/s").linkname == "d/f"


def test_what_is_not_kept_is_left_out_with_all_below(tree: Path) -> None:
    data = packed(tree, keep=lambda path: path not in (b"d", b"s") and not path.startswith(b"n"))

    assert names(data) == ["b", "d-c", "fifo", "latin-\udce9", "snö"]


def test_sockets_are_left_out(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = packed(tree / "d" / "e")
    monkeypatch.chdir(tree / "d" / "e")  # the address of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")

    assert packed(tree / "d" / "e") == before == END


def test_chunks_are_of_a_size_to_work_with(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"f{number}").write_bytes(bytes(number))
    (tmp_path / "large").write_bytes(bytes(3 << 20))

    sizes = [len(chunk) for chunk in pack(os.fspath(tmp_path))]
    assert min(sizes[:-1]) >= CHUNK
    assert max(sizes) <= 2 << 20


def test_large_files_need_not_be_read_to_be_sent(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/large").write_bytes(os.urandom(3 << 20))
    (tmp_path / "tree/small").write_bytes(b"small")
    at = os.open(tmp_path, os.O_RDONLY)

    pieces = []
    in_spans = 0
    for piece in pack_named_spans(at, b"tree", b"tree"):
        in_spans += len(piece) if isinstance(piece, Span) else 0
        pieces.append(bytes(piece))
    assert b"".join(pieces) == b"".join(pack_named(at, b"tree", b"tree"))
    assert in_spans == 3 << 20
    os.close(at)


def test_a_file_that_shrinks_meanwhile_keeps_the_archive_in_step(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1" * (4 << 20))
    (tmp_path / "b").write_bytes(b"2")

    chunks = pack(os.fspath(tmp_path))
    data = next(chunks)
    os.truncate(tmp_path / "a", 0)
    data += b"".join(chunks)

    assert names(data) == ["a", "b"]


def test_deep_trees(tmp_path: Path) -> None:
    name, here = "n" * 10, tmp_path
    for _ in range(300):
        here /= name
        os.mkdir(here)

    assert len(names(packed(tmp_path))) == 300


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"size": 9 << 30}, {"size": 9 << 30}),
        ({"uid": 3_000_000, "gid": 4_000_000}, {"uid": 3_000_000, "gid": 4_000_000}),
        ({"mtime": -1_500_000_000}, {"mtime": -1.5}),
        ({"mtime": (1 << 34) * 10**9}, {"mtime": 1 << 34}),
        ({"device": (8, 17), "kind": header.BLOCKDEV}, {"devmajor": 8, "devminor": 17}),
        ({"link": b"l" * 101, "kind": header.SYMLINK}, {"linkname": "l" * 101}),
    ],
)
def test_pythons_tarfile_reads_what_does_not_fit(fields: dict[str, object], expected: dict[str, object]) -> None:
    data = written(b"f", **{"kind": header.REGULAR, "mode": 0o600, **fields})  # type: ignore[arg-type]

    member = next(iter(opened(data)))
    assert {key: getattr(member, key) for key in expected} == expected
