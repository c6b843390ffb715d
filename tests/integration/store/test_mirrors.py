"""A client's files, kept from build to build: only what has changed comes again, and nothing leads out."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.buildkit import Sender, Session
from tests.integration.store.mirroring import Shelf, listing

from wherry.build.solver.workspace import Folder
from wherry.buildkit.offers import filesync
from wherry.buildkit.offers.fsutil import Packet, PacketType, Stat
from wherry.errors import InvalidArgument
from wherry.model.build import LOCAL_SOURCE
from wherry.store.builds.mirrors import Mirrors
from wherry.threads import Threads

pytestmark = pytest.mark.root

HOUR = 3600 * 10**9  # nanoseconds


@pytest.fixture
def shelf(disk: Path, threads: Threads, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(disk / f"shelf-{os.urandom(4).hex()}", threads)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "file").write_text("content")
    (folder / "big").write_bytes(bytes(100_000))
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "script").write_text("#!/bin/sh")
    (folder / "script").chmod(0o4755)
    os.link(folder / "script", folder / "same")
    return folder


async def test_all_comes_once_and_then_nothing(shelf: Shelf, source: Path) -> None:
    session = Session(source)
    assert await shelf.update(session) == listing(source)
    assert sorted(session.last.asked) == ["big", "deep/er/file", "same"]

    assert await shelf.update(session) == listing(source)
    assert session.last.asked == []
    assert session.last.ended


async def test_what_changed_comes_and_what_is_gone_goes(shelf: Shelf, source: Path) -> None:
    session = Session(source)
    await shelf.update(session)
    (source / "deep" / "er" / "file").write_text("another")
    (source / "deep" / "new").write_text("new")
    (source / "big").unlink()
    (source / "big").mkdir()
    (source / "link").unlink()
    (source / "link").symlink_to("big")

    assert await shelf.update(session) == listing(source)
    assert sorted(session.last.asked) == ["deep/er/file", "deep/new"]

    (source / "big").rmdir()
    (source / "deep" / "er" / "file").unlink()
    (source / "deep" / "er").rmdir()
    (source / "deep" / "er").write_text("a file now")
    assert await shelf.update(session) == listing(source)
    assert session.last.asked == ["deep/er"]


async def test_another_mode_or_another_link_is_a_change(shelf: Shelf, source: Path) -> None:
    session = Session(source)
    await shelf.update(session)
    (source / "script").chmod(0o700)
    (source / "deep").chmod(0o700)
    assert await shelf.update(session) == listing(source)


async def test_digests_of_unread_files_are_those_of_read_ones(shelf: Shelf, source: Path) -> None:
    async with shelf.mirrored(Session(source)) as mirror:
        known = await shelf.digest(mirror)
        assert mirror.index is not None
        assert known == await shelf.digest(Folder(mirror.path, mirror.index.with_name("none")))
    (source / "big").write_bytes(bytes(99_999) + b"1")
    async with shelf.mirrored(Session(source)) as mirror:
        assert await shelf.digest(mirror) != known


async def test_builds_that_find_the_same_share_it_and_others_do_not_mix(shelf: Shelf, source: Path) -> None:
    async with shelf.mirrored(Session(source)) as first, shelf.mirrored(Session(source)) as second:
        assert first == second
        before = listing(first.path)
        (source / "big").write_text("small")
        async with shelf.mirrored(Session(source)) as third:
            assert third.path != first.path
            assert listing(third.path) == listing(source)
            assert listing(first.path) == before


async def test_of_builds_side_by_side_each_finds_its_own_mirror_again(shelf: Shelf, tmp_path: Path) -> None:
    """As of the services of a project, which ask for different parts of one directory."""
    session = Session(tmp_path)
    for part in ("one", "two"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "file").write_text(part)
    async with shelf.mirrored(session, follow=("one", "one/file")) as one:
        async with shelf.mirrored(session, follow=("two", "two/file")) as two:
            assert one.path != two.path
    for _ in range(2):
        for part, mirror in (("two", two), ("one", one)):
            async with shelf.mirrored(session, follow=(part, f"{part}/file")) as again:
                assert (again.path, session.last.asked) == (mirror.path, [])


class Cut(Sender):
    """Leaves in the middle."""

    def _send_file(self, number: int) -> None:
        self.say(Packet(type=PacketType.DATA, id=number, data=b"a piece"))
        self._said.put_nowait(None)


async def test_a_client_that_leaves_in_the_middle_changes_nothing(shelf: Shelf, source: Path) -> None:
    await shelf.update(Session(source))
    before = listing(source)
    (source / "big").write_text("changed")
    with pytest.raises(InvalidArgument, match="the client ended a transfer of files"):
        await shelf.update(Session(source, Cut))
    (source / "big").write_bytes(bytes(100_000))
    os.utime(source / "big", ns=(0, int(before["big"].split()[1])))
    session = Session(source)
    assert await shelf.update(session) == before
    assert session.last.asked == []


async def test_a_file_that_changed_while_it_was_sent_is_asked_for_again(shelf: Shelf, source: Path) -> None:
    class Growing(Sender):
        def content(self, path: str) -> bytes:
            return super().content(path) + (b"more" if path == "big" else b"")

    await shelf.update(Session(source, Growing))
    session = Session(source)
    assert await shelf.update(session) == listing(source)
    assert session.last.asked == ["big"]


@pytest.mark.parametrize("index", [None, b"", b"\x81\xa4boot\xa1x"], ids=["none", "empty", "of another version"])
async def test_a_change_that_did_not_end_is_begun_anew(shelf: Shelf, source: Path, index: bytes | None) -> None:
    """Without an index it is not known what a death left."""
    async with shelf.mirrored(Session(source)) as mirror:
        assert mirror.index is not None
        mirror.index.unlink()
        if index is not None:
            mirror.index.write_bytes(index)
        (mirror.path / "half").write_text("left over")
    session = Session(source)
    assert await shelf.update(session) == listing(source)
    assert len(session.last.asked) == 3


@pytest.mark.parametrize(
    ("stats", "text"),
    [
        ([Stat(path=b"../out")], "escape check: '../out'"),
        ([Stat(path=b"/out")], "absolute path: '/out'"),
        ([Stat(path=b"a/../../out")], "unclean path: 'a/../../out'"),
        ([Stat(path=b"")], "unclean path: ''"),
        ([Stat(path=b".")], "unclean path: '.'"),
        ([Stat(path=b"a"), Stat(path=b"a")], "changes out of order: 'a'"),
        ([Stat(path=b"a/b")], "changes out of order: 'a/b'"),
        ([Stat(path=b"a", mode=1 << 27, linkname=b"/tmp"), Stat(path=b"a/b")], "changes out of order: 'a/b'"),
        ([Stat(path=b"a", linkname=b"../../../index")], "invalid link 'a' to unknown path: '../../../index'"),
        ([Stat(path=b"a", mode=1 << 24)], "'a' is no file that can be sent"),
        ([Stat(path=b"a", mode=1 << 27, linkname=b"b\0c")], "'a' is no file that can be sent"),
        ([Stat(path=b"a", mode=1 << 26, dev_major=1 << 40)], "'a' is no file that can be sent"),
        ([Stat(path=b"a", mode=1 << 31, xattrs={"user.b\0c": b"1"})], "'a' is no file that can be sent"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_walk_of_a_directory_is_refused(
    shelf: Shelf, source: Path, stats: list[Stat], text: str
) -> None:
    class Liar(Sender):
        def stats(self) -> Iterator[Stat]:
            yield from stats

    with pytest.raises(InvalidArgument) as error:
        await shelf.update(Session(source, Liar))
    assert str(error.value) == text


@pytest.mark.parametrize("limit", ["_MOST_FILES", "_MOST_BYTES"])
async def test_nobody_is_listened_to_for_ever(
    shelf: Shelf, source: Path, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesync, limit, 3)
    with pytest.raises(InvalidArgument, match="the client tells of too many files"):
        await shelf.update(Session(source))


async def test_a_client_that_cannot_read_a_file_says_so(shelf: Shelf, source: Path) -> None:
    class Failing(Sender):
        def _send_file(self, number: int) -> None:
            self.say(Packet(type=PacketType.ERR, data=b"read big: input/output error"))

    with pytest.raises(InvalidArgument, match="error from sender: read big: input/output error"):
        await shelf.update(Session(source, Failing))


async def test_content_that_nobody_asked_for_is_refused(shelf: Shelf, source: Path) -> None:
    class Pushing(Sender):
        def begin(self) -> None:
            super().begin()
            self.say(Packet(type=PacketType.DATA, id=77, data=b"take this"))

    with pytest.raises(InvalidArgument, match="invalid file request 77"):
        await shelf.update(Session(source, Pushing))


async def test_a_directory_that_becomes_a_link_is_not_followed(shelf: Shelf, source: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("mine")
    session = Session(source)
    await shelf.update(session)
    for path in (source / "deep" / "er" / "file", source / "deep" / "er", source / "deep"):
        path.unlink() if path.is_file() else path.rmdir()
    (source / "deep").symlink_to(outside)
    assert await shelf.update(session) == listing(source)
    (source / "deep").unlink()
    (source / "deep").mkdir()
    (source / "deep" / "file").write_text("theirs")
    assert await shelf.update(session) == listing(source)
    assert (outside / "file").read_text() == "mine"


async def test_files_that_layers_share_are_not_written_to(shelf: Shelf, source: Path, tmp_path: Path) -> None:
    async with shelf.mirrored(Session(source)) as mirror:
        layer = mirror.path.with_name("layer")
        os.link(mirror.path / "deep" / "er" / "file", layer)
    (source / "deep" / "er" / "file").write_text("changed")
    (source / "deep" / "er" / "file").chmod(0o600)
    await shelf.update(Session(source))
    assert (layer.read_text(), layer.stat().st_mode & 0o777) == ("content", 0o644)


async def test_a_mirror_goes_by_a_prune_unless_it_is_in_use(shelf: Shelf, source: Path) -> None:
    async with shelf.mirrored(Session(source)) as mirror:
        (usage,) = await shelf.kept.usage()
        assert (usage.in_use, usage.entry.kind, usage.entry.size > 100_000) == (True, LOCAL_SOURCE, True)
        assert await shelf.kept.remove(usage.entry) == 0
        assert mirror.path.exists()

    assert await shelf.kept.remove(usage.entry) == usage.entry.size
    assert not mirror.path.exists()
    session = Session(source)
    assert await shelf.update(session) == listing(source)
    assert len(session.last.asked) == 3


async def test_a_mirror_goes_that_nobody_has_used_for_two_days(shelf: Shelf, source: Path, tmp_path: Path) -> None:
    async with shelf.mirrored(Session(source)) as old:
        pass
    other = tmp_path / "other"
    other.mkdir()
    shelf.clock.time += 47 * HOUR
    await shelf.update(Session(other))
    assert old.path.exists()

    shelf.clock.time += 2 * HOUR
    async with shelf.mirrored(Session(other)) as new:
        assert (old.path.exists(), new.path.exists()) == (False, True)


async def test_what_another_boot_of_the_host_wrote_is_not_believed(
    shelf: Shelf, source: Path, threads: Threads
) -> None:
    async with shelf.mirrored(Session(source)) as mirror:
        mirrors = Mirrors(shelf.folder / "buildcache", threads)
        name, boot = mirror.path.parent.name, shelf.boot
        assert await mirrors.files(name, boot)
        assert await mirrors.files(name, f"not {boot}") is None
