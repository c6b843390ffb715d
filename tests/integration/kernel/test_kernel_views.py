"""Views of containers: what is seen in them, and what they cannot do."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherry.errors import InternalError
from wherry.kernel import mounts
from wherry.kernel.mounts import devices as device_mounts
from wherry.kernel.mounts import parts
from wherry.kernel.mounts.host_mounts import HostMounts
from wherry.kernel.mounts.views import open_view
from wherry.model.mount import DeviceMount, Place, View

pytestmark = pytest.mark.root


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A mounted root with a link, and beside it what can be mounted into it."""
    root = tmp_path / "root"
    for folder in (root, tmp_path / "volume/deep"):
        folder.mkdir(parents=True)
    (tmp_path / "volume/file").write_text("of the volume")
    subprocess.run(["mount", "-t", "tmpfs", "none", root], check=True)
    (root / "etc").mkdir()
    (root / "way").symlink_to("/../../etc")
    yield root
    mounts.unmount(str(root))


def seen(view: View, script: str) -> str:
    """What a shell whose working directory is the view's root prints."""
    opened = open_view(view)
    try:
        command = ["sh", "-c", f"cd {opened.viewed.root} && {script}"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    finally:
        opened.close()


def mounted_below(folder: Path) -> list[str]:
    """The lines of what is mounted below a folder: other tests mount elsewhere at the same time."""
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if f" {folder}/" in line]


def test_places_are_mounted_inside_and_their_mount_points_made(root: Path) -> None:
    place = Place(source=f"{root.parent}/volume", target="/way/made/here")

    assert seen(View(root=str(root), places=(place,)), "cat etc/made/here/file") == "of the volume"
    assert os.listdir(root / "etc/made/here") == []


def test_nothing_is_made_where_a_root_is_not_mounted_any_more(root: Path) -> None:
    mounts.unmount(str(root))
    place = Place(source=f"{root.parent}/volume", target="/etc/made")

    with pytest.raises(FileNotFoundError):
        open_view(View(root=str(root), places=(place,)))

    assert os.listdir(root) == []


ENTER = """
import ctypes, os, sys
ctypes.CDLL(None).setns(os.open(sys.argv[1], os.O_RDONLY), 0x20000)
print(*sorted(os.listdir("/")))
"""


def test_its_root_is_the_root_of_its_namespace(root: Path) -> None:
    opened = open_view(View(root=str(root)))
    try:
        command = [sys.executable, "-c", ENTER, opened.viewed.namespace]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    finally:
        opened.close()

    assert listed == "etc way\n"


def test_a_view_that_is_read_only(root: Path) -> None:
    place = Place(source=f"{root.parent}/volume", target="/data")
    fixed = Place(source=f"{root.parent}/volume", target="/fixed", writable=False)
    script = "for path in own data/mine fixed/mine; do touch $path 2>/dev/null && echo $path; done"

    assert seen(View(root=str(root), writable=False, places=(place, fixed)), script) == "data/mine\n"


def test_devices_cannot_be_opened(root: Path) -> None:
    subprocess.run(["mknod", root / "null", "c", "1", "3"], check=True)

    assert seen(View(root=str(root)), "cat null && echo opened") == ""


def test_nothing_is_left_of_it(root: Path) -> None:
    before = mounted_below(root.parent)
    opened = open_view(View(root=str(root), places=(Place(source=f"{root.parent}/volume", target="/data"),)))

    assert mounted_below(root.parent) == before
    opened.close()
    assert not os.path.exists(opened.viewed.root)


def test_a_view_of_what_is_not_there(root: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))

    with pytest.raises(OSError, match="nowhere"):
        open_view(View(root=str(root), places=(Place(source="/nowhere", target="/data"),)))
    assert set(os.listdir("/proc/self/fd")) == before


# --- parts -----------------------------------------------------------------------------------------------------------


def test_a_part_is_mounted_as_what_it_is_and_taken_away(root: Path) -> None:
    source, target = str(root.parent / "volume"), root.parent / "parts/one"

    for subpath, is_directory in (("deep", True), ("file", False)):
        parts.mount(source, subpath, target, recursive=True)
        assert target.is_dir() is is_directory
        parts.remove(target)
        parts.remove(target)
        assert not target.exists()


def test_a_part_does_not_lead_out(root: Path) -> None:
    source = root.parent / "volume"
    (source / "out").symlink_to("..")

    for subpath in ("out", "../root"):
        with pytest.raises(InternalError, match="escapes the base directory"):
            parts.mount(str(source), subpath, root.parent / "part", recursive=True)


# --- devices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "parsed"),
    [
        ("", (0, 0, "")),
        ("ro,nosuid,size=5m,uid=1", (3, 0, "size=5m,uid=1")),
        ("ro,rw", (0, 0, "")),
        ("rbind,rslave", (4096 | 16384, 16384 | 1 << 19, "")),
    ],
)
def test_options_of_mounts(options: str, parsed: tuple[int, int, str]) -> None:
    assert device_mounts.parse(options) == parsed


def test_a_device_with_options(tmp_path: Path) -> None:
    device_mounts.mount(
        DeviceMount(target=str(tmp_path), source="none", kind="tmpfs", options="noexec,mode=700,size=64k")
    )
    (entry,) = [entry for entry in mounts.mount_table() if entry.target == str(tmp_path)]
    mounts.unmount(str(tmp_path))

    assert "noexec" in entry.options
    assert {"mode=700", "size=64k"} < set(entry.fs_options)


def test_passwords_are_not_told(tmp_path: Path) -> None:
    asked = DeviceMount(target=str(tmp_path), source="//127.0.0.1/x", kind="cifs", options="password=secret,user=me")

    with pytest.raises(InternalError) as caught:
        device_mounts.mount(asked)

    assert "secret" not in str(caught.value)


async def test_whoever_leaves_while_a_view_is_opened_leaves_nothing(root: Path) -> None:
    async def look() -> None:
        async with HostMounts().view(View(root=str(root))):
            pass

    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        looking = asyncio.ensure_future(look())
        await asyncio.sleep(0)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
    assert len(os.listdir("/proc/self/fd")) == before
