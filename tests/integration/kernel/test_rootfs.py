"""Files below a root whose links point out of it; device nodes of the host."""

import os
import stat
from pathlib import Path

import pytest

from wherry.errors import InvalidArgument
from wherry.kernel.devices import device, devices, find_init, host_devices
from wherry.kernel.rootfs import leads_to, make_directory, read_text


@pytest.fixture
def root(tmp_path: Path) -> str:
    """A root with a file, beside a secret that must never be reached."""
    (tmp_path / "secret").write_text("outside")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("outside")
    inside = tmp_path / "root"
    (inside / "etc").mkdir(parents=True)
    (inside / "etc/passwd").write_text("inside")
    return str(inside)


def link(root: str, name: str, target: str) -> None:
    os.symlink(target, os.path.join(root, name))


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "etc/passwd", "//etc/./passwd", "/../../etc/passwd", "/etc/../etc/passwd"]
)
def test_a_path_is_read_inside(root: str, path: str) -> None:
    assert read_text(root, path) == "inside"


@pytest.mark.parametrize(
    "target", ["/etc", "../etc", "../../../../etc", "./etc", "/proc/../etc/../etc", "etc/../../../etc/."]
)
def test_links_stay_inside(root: str, target: str) -> None:
    os.mkdir(os.path.join(root, "proc"))
    link(root, "way", target)
    assert read_text(root, "/way/passwd") == "inside"


@pytest.mark.parametrize("target", ["../secret", "/secret", "/../secret", "{outside}/secret"])
def test_what_is_outside_is_not_there(root: str, target: str) -> None:
    link(root, "way", target.format(outside=os.path.dirname(root)))
    assert read_text(root, "/way") == ""


def test_links_through_links(root: str) -> None:
    link(root, "a", "b/passwd")
    link(root, "b", "/c")
    link(root, "c", "etc")
    assert read_text(root, "/a") == "inside"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/etc/passwd", "/etc/passwd"),
        ("/p/self/attr", "/proc/self/attr"),
        ("/attr", "/proc/self/attr"),
        ("/up/sys", "/proc/sys"),
        ("/nope/../p", "/proc"),
        ("/etc/passwd/x", "/etc/passwd/x"),
        ("/", "/"),
    ],
)
def test_where_a_path_leads(root: str, path: str, place: str) -> None:
    link(root, "p", "/proc")
    link(root, "attr", "p/self/attr")
    link(root, "etc/out", "../../../../proc")
    link(root, "up", "etc/out")
    assert leads_to(root, path) == place


def test_a_path_that_leads_nowhere(root: str) -> None:
    link(root, "loop", "loop")
    with pytest.raises(InvalidArgument, match="too many levels of symbolic links"):
        leads_to(root, "/loop/x")


@pytest.mark.parametrize("path", ["/nope", "/etc/passwd/x", "/loop", "/etc", "/fifo"])
def test_what_is_no_file_is_empty(root: str, path: str) -> None:
    link(root, "loop", "loop")
    os.mkfifo(os.path.join(root, "fifo"))
    assert read_text(root, path) == ""


@pytest.mark.root
def test_a_device_of_an_image_is_not_opened(root: str) -> None:
    os.mknod(os.path.join(root, "etc/group"), stat.S_IFCHR | 0o666, os.makedev(1, 5))
    assert read_text(root, "/etc/group") == ""


def test_no_more_than_the_limit_and_any_bytes(root: str) -> None:
    Path(root, "big").write_bytes(b"ab\xff" * 1000)
    assert read_text(root, "/big", limit=4) == "ab\ufffda"


def test_no_descriptor_is_left_open(root: str) -> None:
    link(root, "way", "/etc/../etc")
    before = os.listdir("/proc/self/fd")
    read_text(root, "/way/passwd")
    read_text(root, "/way/nope")
    make_directory(root, "/new/one", os.getuid(), os.getgid())
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.root
def test_directories_are_made_with_their_owner(root: str) -> None:
    make_directory(root, "/etc/a/b", 1000, 100, 0o777)
    for path in ("etc/a", "etc/a/b"):
        status = os.stat(os.path.join(root, path))
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1000, 100, 0o777)
    assert os.stat(os.path.join(root, "etc")).st_uid == 0


@pytest.mark.root
def test_a_directory_that_is_there_is_left_as_it_is(root: str) -> None:
    make_directory(root, "/etc", 1000, 1000, 0o700)
    status = os.stat(os.path.join(root, "etc"))
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (0, 0o755)


@pytest.mark.parametrize("target", ["/deep/er", "../../deep/er"])
def test_directories_behind_links_are_made_inside(root: str, target: str) -> None:
    link(root, "work", target)
    make_directory(root, "/work/x", os.getuid(), os.getgid())
    assert os.path.isdir(os.path.join(root, "deep/er/x"))
    assert not os.path.exists(os.path.join(os.path.dirname(root), "deep"))


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/passwd/x"])
def test_a_file_in_the_way(root: str, path: str) -> None:
    with pytest.raises(InvalidArgument, match=f"Cannot mkdir: {path} is not a directory"):
        make_directory(root, path, 0, 0)


def test_a_device_node() -> None:
    null = device("/dev/null")
    assert (null.path, null.type, null.major, null.minor, null.mode) == ("/dev/null", "c", 1, 3, 0o666)


@pytest.mark.parametrize(
    ("path", "reason"), [("/dev/nope", "no such file or directory"), ("/etc/passwd", "not a device node")]
)
def test_what_is_no_device(path: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        devices(path)
    assert str(caught.value) == f'error gathering device information while adding custom device "{path}": {reason}'


def test_devices_below_a_directory() -> None:
    paths = [node.path for node in host_devices()]
    assert {"/dev/null", "/dev/zero", "/dev/urandom"} <= set(paths)
    assert "/dev/console" not in paths
    assert not any(path.startswith(("/dev/pts/", "/dev/shm/")) for path in paths)


def test_a_directory_without_devices() -> None:
    with pytest.raises(InvalidArgument, match="not a device node"):
        devices("/etc")


def test_the_init_that_is_found_can_be_run() -> None:
    path = find_init()
    assert path == "" or os.access(path, os.X_OK)
