"""Tar streams of every dialect read as entries."""

import io
import tarfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fuzzing import examples

from wherry.tar.format import header, pax, writer
from wherry.tar.format.header import Entry, TarError
from wherry.tar.format.reader import entries
from wherry.tar.format.stream import Stream
from wherry.tar.layers.extract import normalized


def archive(*members: tarfile.TarInfo, dialect: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=dialect) as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    return buffer.getvalue()


def info(name: str, **fields: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(member, field, value)
    return member


def read(data: bytes, size: int = 700) -> list[Entry]:
    return list(entries(Stream(data[at : at + size] for at in range(0, len(data), size))))


def contents(data: bytes, size: int) -> Iterator[tuple[bytes, bytes]]:
    stream = Stream(data[at : at + size] for at in range(0, len(data), size))
    for entry in entries(stream):
        yield entry.name, stream.take(entry.stored)


def block(name: bytes = b"f", fields: dict[int, bytes] | None = None) -> bytes:
    """One header block with fields put at offsets, and a right checksum."""
    data = bytearray(writer.header(name, header.REGULAR, 0o644))
    for at, field in (fields or {}).items():
        data[at : at + len(field)] = field
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data)
    return bytes(data)


@pytest.mark.parametrize("dialect", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_all_fields_of_a_header(dialect: int) -> None:
    data = archive(
        info("d/file", mode=0o4755, uid=12, gid=34, size=5, mtime=1_600_000_000),
        info("d/link", type=tarfile.SYMTYPE, linkname="../target"),
        info("dev", type=tarfile.BLKTYPE, devmajor=8, devminor=17),
        info("d", type=tarfile.DIRTYPE),
        dialect=dialect,
    )

    file, link, device, directory = read(data)
    assert (file.name, file.kind, file.mode, file.uid, file.gid) == (b"d/file", header.REGULAR, 0o4755, 12, 34)
    assert (file.size, file.stored, file.mtime) == (5, 5, 1_600_000_000 * 10**9)
    assert (link.kind, link.link) == (header.SYMLINK, b"../target")
    assert (device.kind, device.device) == (header.BLOCKDEV, (8, 17))
    assert directory.kind == header.DIRECTORY


@pytest.mark.parametrize("dialect", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_does_not_fit_into_a_header(dialect: int) -> None:
    member = info("n/" * 700 + "é\udcff", linkname="t/" * 700, type=tarfile.SYMTYPE, uid=3_000_000, gid=5_000_000)

    (entry,) = read(archive(member, dialect=dialect))
    assert entry.name == b"n/" * 700 + "é".encode() + b"\xff"
    assert entry.link == b"t/" * 700
    assert (entry.uid, entry.gid) == (3_000_000, 5_000_000)


def test_a_ustar_prefix() -> None:
    name = "p" * 120 + "/" + "n" * 90

    (entry,) = read(archive(info(name), dialect=tarfile.USTAR_FORMAT))
    assert entry.name == name.encode()


def test_a_star_prefix_is_shorter() -> None:
    (entry,) = read(block(fields={345: b"p" * 131, 476: b"00000000000 00000000000 ", 508: b"tar\0"}))

    assert entry.name == b"p" * 131 + b"/f"


def test_gnu_headers_keep_other_things_where_ustar_has_its_prefix() -> None:
    (entry,) = read(block(fields={257: b"ustar  \0", 345: b"14000000000"}))

    assert entry.name == b"f"


def test_old_archives_tell_a_directory_by_its_slash() -> None:
    file, directory = read(block(b"f", {156: b"\0"}) + block(b"d/", {156: b"\0"}))

    assert (file.kind, directory.kind) == (header.REGULAR, header.DIRECTORY)


def test_a_contiguous_file_is_a_file() -> None:
    (entry,) = read(block(fields={156: b"7"}))

    assert entry.kind == header.REGULAR


def test_the_size_of_a_link_or_directory_means_nothing() -> None:
    first, second = read(block(b"d", {156: b"5", 124: b"00000001000\0"}) + block(b"next"))

    assert (first.stored, second.name) == (0, b"next")


def test_numbers_in_base_256() -> None:
    (entry,) = read(block(fields={108: b"\x80" + (12345678).to_bytes(7), 136: b"\x80" + (2**33).to_bytes(11)}))

    assert (entry.uid, entry.mtime) == (12345678, 2**33 * 10**9)


def test_numbers_may_be_padded_in_many_ways() -> None:
    (entry,) = read(block(fields={100: b"   644 \0", 108: b"\0\0\0\0\0\0\0\0", 116: b" 17\0junk"}))

    assert (entry.mode, entry.uid, entry.gid) == (0o644, 0, 0o17)


def test_a_checksum_of_signed_characters() -> None:
    data = bytearray(writer.header(b"f", header.REGULAR, 0o644))
    data[:3] = b"\xe9\xe8\xe7"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(byte - 256 if byte > 127 else byte for byte in data)

    assert read(bytes(data))[0].name == b"\xe9\xe8\xe7"


def test_a_global_header_speaks_of_all_that_follow() -> None:
    data = archive(info("x", type=b"g", size=0))[:512]
    body = pax.write([(b"uid", b"7"), (b"comment", b"of a commit")])
    data = block(fields={156: b"g", 124: b"%011o\0" % len(body)}) + body.ljust(512, b"\0")

    first, second = read(data + block(b"a") + archive(info("b", pax_headers={"uid": "8"})))
    assert (first.uid, second.uid) == (7, 8)


def test_an_empty_record_leaves_what_the_header_says() -> None:
    (entry,) = read(archive(info("name", pax_headers={"path": "", "mtime": ""}, mtime=5)))

    assert (entry.name, entry.mtime) == (b"name", 5 * 10**9)


def test_a_gnu_name_stands_above_one_of_pax() -> None:
    body = pax.write([(b"path", b"from-pax")])
    extended = block(fields={156: b"x", 124: b"%011o\0" % len(body)}) + body.ljust(512, b"\0")
    gnu = block(fields={156: b"L", 124: b"%011o\0" % 9}) + b"from-gnu\0".ljust(512, b"\0")

    assert read(extended + gnu + block())[0].name == b"from-gnu"


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1", 10**9),
        ("1.", 10**9),
        ("1.5", 1_500_000_000),
        ("1.000000001", 1_000_000_001),
        ("1.0000000019", 1_000_000_001),
        ("-1.5", 0),
        ("9" * 18, 0),
    ],
)
def test_times(text: str, nanoseconds: int) -> None:
    assert read(archive(info("f", pax_headers={"mtime": text})))[0].mtime == nanoseconds


def test_an_archive_may_end_without_zeros() -> None:
    assert [entry.name for entry in read(block(b"a") + block(b"b"))] == [b"a", b"b"]


def test_an_archive_may_end_with_its_last_content() -> None:
    data = writer.header(b"f", header.REGULAR, 0o644, size=3) + b"abc"
    assert [entry.name for entry in read(data)] == [b"f"]
    with pytest.raises(TarError, match="unexpected EOF"):
        read(data[:-1])


def test_content_that_nobody_reads_is_passed_over() -> None:
    data = archive(info("a", size=513), info("b", size=1), info("c", size=512), info("d"))

    assert [entry.name for entry in read(data)] == [b"a", b"b", b"c", b"d"]


@pytest.mark.parametrize("size", [1, 511, 512, 513, 100_000])
def test_content_comes_whole_whatever_the_chunks(size: int) -> None:
    data = writer.header(b"a", header.REGULAR, 0o644, size=700) + b"1" * 700 + bytes(324) + archive(info("b", size=3))

    assert list(contents(data, size)) == [(b"a", b"1" * 700), (b"b", bytes(3))]


SPARSE_BROKEN = {
    "odd": {"GNU.sparse.map": "0,1,2", "GNU.sparse.size": "5"},
    "not a number": {"GNU.sparse.map": "0,x", "GNU.sparse.size": "5"},
    "out of order": {"GNU.sparse.map": "3,1,0,1", "GNU.sparse.size": "5"},
    "overlapping": {"GNU.sparse.map": "0,2,1,1", "GNU.sparse.size": "5"},
    "beyond the end": {"GNU.sparse.map": "4,3", "GNU.sparse.size": "5"},
    "more than is stored": {"GNU.sparse.map": "0,4", "GNU.sparse.size": "5"},
    "no size": {"GNU.sparse.map": "0,3"},
    "no map in the content": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "5"},
}


@pytest.mark.parametrize("records", SPARSE_BROKEN.values(), ids=SPARSE_BROKEN)
def test_sparse_maps_that_cannot_be(records: dict[str, str]) -> None:
    with pytest.raises(TarError, match="invalid tar header"):
        read(archive(info("f", size=3, pax_headers=records)))


def test_a_sparse_map_that_does_not_end() -> None:
    endless = block(fields={156: b"S", 386: b"%011o\0%011o\0" % (0, 0), 482: b"\1"})
    more = (b"%011o\0%011o\0" % (1, 0) * 21 + b"\1").ljust(512, b"\0")

    with pytest.raises(TarError, match="sparse map too long"):
        read(endless + more * 3000, 1 << 20)


@examples(300)
@given(st.data())
def test_damage_is_an_error_of_the_archive_or_none(data: st.DataObject) -> None:
    whole = bytearray(
        archive(info("f", size=9), info("n" * 200), info("x", pax_headers={"SCHILY.xattr.user.a": "b", "mtime": "1.5"}))
    )
    at = data.draw(st.integers(0, len(whole) - 1))
    damage = data.draw(st.binary(min_size=1, max_size=30))
    whole[at : at + len(damage)] = damage
    fixed = data.draw(st.booleans())
    if fixed:  # so that the damage gets beyond the checksum
        start = at // 512 * 512
        head = whole[start : start + 512].ljust(512, b"\0")
        head[148:156] = b" " * 8
        whole[start + 148 : start + 156] = b"%06o\0 " % sum(head)
    try:
        read(bytes(whole))
    except TarError as error:
        assert str(error)


@given(st.binary(max_size=3000))
def test_rubbish_is_an_error_of_the_archive_or_none(data: bytes) -> None:
    try:
        read(data)
    except TarError as error:
        assert str(error)


NAMES = st.binary(min_size=1, max_size=300).filter(lambda name: b"\0" not in name)
IDS = st.integers(0, 0xFFFFFFFE)


@given(
    NAMES,
    st.one_of(st.just(b""), NAMES),
    st.integers(0, 0o7777),
    IDS,
    IDS,
    st.integers(0, (1 << 62) - 1),
    st.integers(0, 1 << 62),
    st.dictionaries(NAMES.filter(lambda name: b"=" not in name), st.binary(max_size=100), max_size=2),
)
def test_what_is_written_is_read(
    name: bytes, link: bytes, mode: int, uid: int, gid: int, size: int, mtime: int, xattrs: dict[bytes, bytes]
) -> None:
    written = writer.header(name, header.REGULAR, mode, uid, gid, size, mtime, link, xattrs=tuple(xattrs.items()))

    entry = next(entries(Stream([written])))
    assert (entry.name, entry.link, entry.mode, entry.uid, entry.gid) == (name, link, mode, uid, gid)
    assert (entry.size, entry.mtime, entry.xattrs) == (size, mtime, xattrs)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (b"a", b"a"),
        (b"./a", b"a"),
        (b"/a//b/./c/", b"a/b/c"),
        (b"a/../b", b"b"),
        (b"../../a", b"a"),
        (b"a/../../b/..", b""),
        (b"./", b""),
        (b"..a/.b", b"..a/.b"),
    ],
)
def test_names_become_paths_below_the_root(name: bytes, path: bytes) -> None:
    assert normalized(name) == path


@given(st.lists(st.sampled_from([b"..", b".", b"", b"a", b"...", b"b"])).map(b"/".join))
def test_no_name_leads_above_the_root(name: bytes) -> None:
    path = normalized(name)

    assert not path.startswith(b"/")
    assert not set(path.split(b"/")) & {b"..", b"."}
    assert normalized(path) == path
