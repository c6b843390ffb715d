"""The tar of a stack of directories is the tar of their overlay."""

import asyncio
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherry.store.layers.changesets import Layers

pytestmark = pytest.mark.root


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[tuple[tuple[Path, ...], Path]]:
    """Two lower directories and an upper one, changed through an overlay; and where that is mounted."""
    low, middle, upper, work, merged = (tmp_path / name for name in ("low", "middle", "upper", "work", "merged"))
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], check=True)
    for folder in (low, middle, upper, work, merged):
        folder.symlink_to(disk / folder.name)
        (disk / folder.name).mkdir()
    for name in ("kept", "gone", "opaque", "deep/er"):
        (low / name).mkdir(parents=True)
        (low / name / "file").write_text(f"low {name}")
    (middle / "deep").mkdir(mode=0o700)
    (middle / "deep" / "new").write_text("middle")
    options = f"lowerdir={disk}/middle:{disk}/low,upperdir={disk}/upper,workdir={disk}/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, disk / "merged"], check=True)
    subprocess.run(["rm", "-r", "gone", "opaque"], cwd=merged, check=True)
    (merged / "opaque").mkdir()
    (merged / "opaque" / "other").write_text("upper")
    (merged / "kept" / "file").write_text("upper")
    os.link(merged / "kept" / "file", merged / "link")
    (merged / "symlink").symlink_to("/nowhere")
    yield (disk / "upper", disk / "middle", disk / "low"), disk / "merged"
    subprocess.run(["umount", disk / "merged"], check=True)
    subprocess.run(["umount", disk], check=True)


def test_it_is_what_the_overlay_shows(stack: tuple[tuple[Path, ...], Path]) -> None:
    directories, mounted = stack
    assert _members(Layers().pack_merged(directories)) == _members(Layers().pack(mounted))
    names = {name for name, *_ in _members(Layers().pack_merged(directories))}
    assert "opaque/other" in names
    assert not {"opaque/file", "gone"} & names


def _members(chunks: object) -> list[tuple[object, ...]]:
    async def collect() -> bytes:
        return b"".join([chunk async for chunk in chunks])  # type: ignore[attr-defined]

    with tarfile.open(fileobj=io.BytesIO(asyncio.run(collect()))) as tar:
        return [
            (
                member.name,
                member.type,
                member.mode,
                member.mtime,
                member.linkname,
                (tar.extractfile(member) or io.BytesIO()).read() if member.isfile() else b"",
            )
            for member in tar
        ]
