"""Mirrors: what the fake and those in the folder ``buildcache`` promise."""

import stat
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.fakes.building import FakeMirrors
from wherry.build.plan.comparing import compared
from wherry.buildkit.offers.fsutil import Packet, PacketType
from wherry.buildkit.protobuf import encode
from wherry.engine.ports import Mirrors
from wherry.model.mirror import KnownFile, OfferedFile, Told
from wherry.store.builds.mirrors import Mirrors as StoredMirrors
from wherry.threads import Threads

DIRECTORY = OfferedFile(path=b"d", mode=stat.S_IFDIR | 0o755)
FILE = OfferedFile(path=b"d/f", mode=stat.S_IFREG | 0o644, size=5)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.root)])
def mirrors(request: pytest.FixtureRequest, tmp_path: Path, threads: Threads) -> Mirrors:
    if request.param == "fake":
        return FakeMirrors()
    (tmp_path / "buildcache" / "a").mkdir(parents=True)
    return StoredMirrors(tmp_path / "buildcache", threads)


async def change(mirrors: Mirrors, space: Path, known: tuple[KnownFile, ...], *files: OfferedFile) -> None:
    """Make ``files`` all that the mirror ``a`` holds."""
    changes = compared(known, Told([file.path + b"%d" % file.mtime for file in files], files.__getitem__))

    async def packets() -> AsyncGenerator[bytes, None]:
        for number in changes.wanted:
            for piece in (b"he", b"llo", b""):
                message = encode(Packet(type=PacketType.DATA, id=number, data=piece))
                yield b"\0" + len(message).to_bytes(4, "big") + message

    space.mkdir()
    await mirrors.change("a", changes, packets(), space, "boot")


async def test_a_mirror_holds_what_it_was_last_told(mirrors: Mirrors, tmp_path: Path) -> None:
    assert await mirrors.files("a", "boot") is None
    await change(mirrors, tmp_path / "1", (), DIRECTORY, FILE)
    known = await mirrors.files("a", "boot")
    assert known is not None
    assert [(file.path, file.token) for file in known] == [(b"d", b"d0"), (b"d/f", b"d/f0")]

    await change(mirrors, tmp_path / "2", known, DIRECTORY)
    assert [file.path for file in await mirrors.files("a", "boot") or ()] == [b"d"]


async def test_another_boot_knows_nothing(mirrors: Mirrors, tmp_path: Path) -> None:
    await change(mirrors, tmp_path / "1", (), DIRECTORY)
    assert await mirrors.files("a", "later") is None
