import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherry.kernel import mounts
from wherry.model.mount import OverlayMount

pytestmark = pytest.mark.root


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A directory on a tmpfs of its own, below which everything is unmounted in the end."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", tmp_path], check=True)
    yield tmp_path
    for entry in reversed(mounts.mount_table()):
        if entry.target == str(tmp_path) or entry.target.startswith(f"{tmp_path}/"):
            mounts.unmount(entry.target)


@pytest.fixture(params=["fsconfig", "mount(2)"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of mounting an overlay; new kernels would only ever take the first."""
    if request.param == "mount(2)":
        monkeypatch.setattr(mounts, "_can_append_layers", lambda: False)
    return str(request.param)


def overlay_at(place: Path, lowers: int, name: str = "layer", **options: bool) -> OverlayMount:
    """Lower directories ``<name>0`` (top) onwards, each with a file of its own and one that all have."""
    for number in range(lowers):
        lower = place / f"{name}{number}"
        lower.mkdir()
        (lower / f"own{number}").write_text(str(number))
        (lower / "shared").write_text(str(number))
    for folder in ("upper", "work", "merged"):
        (place / folder).mkdir()
    return OverlayMount(
        target=str(place / "merged"),
        lowers=tuple(str(place / f"{name}{number}") for number in range(lowers)),
        upper=str(place / "upper"),
        work=str(place / "work"),
        volatile=options.get("volatile", False),
    )


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("lowers", [1, 3, 150])
def test_an_overlay_shows_all_layers_and_writes_to_the_upper_one(place: Path, lowers: int) -> None:
    mounts.overlay(overlay_at(place, lowers))
    merged = place / "merged"
    assert (merged / "shared").read_text() == "0"
    assert (merged / f"own{lowers - 1}").read_text() == str(lowers - 1)
    (merged / "new").write_text("here")
    assert (place / "upper" / "new").read_text() == "here"


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("name", ["a:b", "a,b", "a\\b", "a b", "a\\:,b", "x" * 250])
def test_layers_may_have_any_name(place: Path, name: str) -> None:
    mounts.overlay(overlay_at(place, 2, name))
    assert (place / "merged" / "own1").read_text() == "1"


@pytest.mark.usefixtures("way")
def test_the_whole_place_may_have_any_name(place: Path) -> None:
    odd = place / "o:d,d\\ pl\\,ace"
    odd.mkdir()
    mounts.overlay(overlay_at(odd, 2))
    (odd / "merged" / "new").write_text("here")
    assert (odd / "upper" / "new").read_text() == "here"
    assert str(odd / "merged") in {entry.target for entry in mounts.mount_table()}


@pytest.mark.usefixtures("way")
def test_without_an_upper_directory_it_is_read_only(place: Path) -> None:
    whole = overlay_at(place, 2)
    mounts.overlay(OverlayMount(target=whole.target, lowers=whole.lowers, upper="", work=""))
    with pytest.raises(OSError, match="Read-only"):
        (place / "merged" / "new").write_text("here")


@pytest.mark.usefixtures("way")
def test_volatile_is_asked_for(place: Path) -> None:
    mounts.overlay(overlay_at(place, 1, volatile=True))
    (entry,) = [entry for entry in mounts.mount_table() if entry.target == str(place / "merged")]
    assert {"volatile", "fsync=volatile"} & set(entry.fs_options)  # the latter in newer kernels


@pytest.mark.usefixtures("way")
def test_moving_a_directory_is_refused_rather_than_redirected(place: Path) -> None:
    """The upper directory alone must say what has changed: programs copy instead on EXDEV."""
    mount = overlay_at(place, 1)
    (place / "layer0" / "folder").mkdir()
    mounts.overlay(mount)
    with pytest.raises(OSError, match="cross-device") as raised:
        os.rename(place / "merged" / "folder", place / "merged" / "moved")
    assert raised.value.errno == errno.EXDEV


def test_a_missing_layer_is_named(place: Path) -> None:
    whole = overlay_at(place, 1)
    missing = str(place / "missing")
    with pytest.raises(FileNotFoundError, match="missing"):
        mounts.overlay(
            OverlayMount(target=whole.target, lowers=(missing,), upper=whole.upper, work=whole.work),
        )


def test_no_descriptor_is_left_open(place: Path, way: str) -> None:
    mount = overlay_at(place, 100, "x\\")
    before = os.listdir("/proc/self/fd")
    mounts.overlay(mount)
    with pytest.raises(OSError):
        mounts.overlay(OverlayMount(target="/nonexistent", lowers=mount.lowers, upper=mount.upper, work=mount.work))
    assert os.listdir("/proc/self/fd") == before, way


def test_a_bind_shows_the_source_and_is_undone_by_unmount(place: Path) -> None:
    (place / "source").mkdir()
    (place / "source" / "file").write_text("x")
    (place / "target").mkdir()
    mounts.bind(str(place / "source"), str(place / "target"))
    assert (place / "target" / "file").read_text() == "x"
    assert mounts.unmount(str(place / "target")) is True
    assert not (place / "target" / "file").exists()


def test_a_bind_of_a_file(place: Path) -> None:
    (place / "a").write_text("a")
    (place / "b").write_text("b")
    mounts.bind(str(place / "a"), str(place / "b"))
    assert (place / "b").read_text() == "a"


def test_unmounting_what_is_not_mounted_or_not_there_is_fine(place: Path) -> None:
    (place / "plain").mkdir()
    assert mounts.unmount(str(place / "plain")) is False
    assert mounts.unmount(str(place / "nothing")) is False
    assert mounts.unmount(str(place / "nothing" / "below")) is False


def test_a_busy_mount_leaves_too(place: Path) -> None:
    (place / "t").mkdir()
    mounts.bind(str(place), str(place / "t"))
    with open(place / "t" / "open", "w"):
        assert mounts.unmount(str(place / "t")) is True
        assert mounts.unmount(str(place / "t")) is False
