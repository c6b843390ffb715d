"""Archives unpacked into trees that are in use."""

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wherry.tar.format.header import TarError
from wherry.tar.format.stream import Stream
from wherry.tar.unpack import Unpacker

pytestmark = pytest.mark.root


@pytest.fixture(autouse=True)
def no_umask() -> Iterator[None]:
    mask = os.umask(0)
    yield
    os.umask(mask)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root/into").mkdir(parents=True)
    return tmp_path / "root"


def archive(*entries: tuple[str, str]) -> bytes:
    """Files by name and content; names that end with a slash are directories, contents with an arrow links."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as made:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            entry.mode, entry.uid, entry.gid, entry.mtime = 0o640, 1000, 1001, 1_000_000_000
            if name.endswith("/"):
                entry.type, entry.mode = tarfile.DIRTYPE, 0o750
            elif content.startswith("-> "):
                entry.type, entry.linkname = tarfile.SYMTYPE, content[3:]
            elif content.startswith("=> "):
                entry.type, entry.linkname = tarfile.LNKTYPE, content[3:]
            else:
                entry.size = len(content)
            made.addfile(entry, io.BytesIO(content.encode()))
    return buffer.getvalue()


def unpack(root: Path, data: bytes, base: bytes = b"into", **options: Any) -> None:
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        Unpacker(fd, Stream([data]), base, **options).extract()
    finally:
        os.close(fd)


def test_into_a_directory(root: Path) -> None:
    (root / "into/there").write_text("stays")

    unpack(root, archive(("d/", ""), ("d/file", "text"), ("d/again", "=> d/file")))

    found = (root / "into/d/file").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid, found.st_mtime) == (0o640, 1000, 1001, 1e9)
    assert found.st_ino == (root / "into/d/again").stat().st_ino
    assert stat.S_IMODE((root / "into/d").stat().st_mode) == 0o750
    assert (root / "into/there").read_text() == "stays"


def test_the_directory_itself_stays_as_it_is(root: Path) -> None:
    before = (root / "into").stat().st_mode

    unpack(root, archive(("./", ""), ("./file", "text")))

    assert ((root / "into").stat().st_mode, (root / "into/file").read_text()) == (before, "text")


def test_files_are_replaced_and_directories_merged(root: Path) -> None:
    (root / "into/d").mkdir()
    (root / "into/d/old").write_text("old")
    (root / "into/file").write_text("old")
    (root / "into/link").symlink_to("d/old")

    unpack(root, archive(("d/", ""), ("d/new", "new"), ("file", "new"), ("link", "new")))

    assert {path.name for path in (root / "into/d").iterdir()} == {"old", "new"}
    assert [(root / "into" / name).read_text() for name in ("file", "link", "d/old")] == ["new", "new", "old"]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (("d", "file"), 'cannot overwrite directory "/into/d" with non-directory "/into"'),
        (("file/", ""), 'cannot overwrite non-directory "/into/file" with directory "/into"'),
    ],
)
def test_kinds_are_kept_where_that_is_asked_for(root: Path, entry: tuple[str, str], text: str) -> None:
    (root / "into/d").mkdir()
    (root / "into/file").touch()

    with pytest.raises(TarError, match=f"^{text}$"):
        unpack(root, archive(entry), keep_kinds=True)
    unpack(root, archive(entry))

    assert (root / "into" / entry[0]).is_dir() == entry[0].endswith("/")


def test_an_owner_of_all(root: Path) -> None:
    unpack(root, archive(("mine", "text")), owner=(0, 0))
    unpack(root, archive(("theirs", "text")), owner=(5, 6))

    owners = [(root / "into" / name).stat() for name in ("mine", "theirs")]
    assert [(found.st_uid, found.st_gid) for found in owners] == [(os.geteuid(), os.getegid()), (5, 6)]


def test_another_name(root: Path) -> None:
    data = archive(("sent/", ""), ("sent/file", "text"), ("sent/again", "=> sent/file"))

    unpack(root, data, renamed=(b"sent", b"called"))

    assert sorted(os.listdir(root / "into/called")) == ["again", "file"]


def test_links_lead_where_they_would_if_the_root_were_the_root(root: Path) -> None:
    (root / "etc").mkdir()

    unpack(root, archive(("absolute", "-> /etc"), ("absolute/one", "1"), ("up", "-> ../../../etc"), ("up/two", "2")))

    assert sorted(os.listdir(root / "etc")) == ["one", "two"]


@pytest.mark.parametrize("name", ["../out", "d/../../out", "/../out"])
def test_names_do_not_lead_out(root: Path, name: str) -> None:
    with pytest.raises(TarError, match=r'^"\S+" is outside of "/into"$'):
        unpack(root, archive((name, "text")))
    assert os.listdir(root) == ["into"]


def test_whiteouts_mean_nothing(root: Path) -> None:
    (root / "into/file").touch()

    unpack(root, archive((".wh.file", "text")))

    assert sorted(os.listdir(root / "into")) == [".wh.file", "file"]
