import pytest

from wherry.errors import Forbidden
from wherry.model.container import Container, ContainerSpec, HostSpec
from wherry.model.mount import MountKind, MountPoint, Place
from wherry.plan.mounts import views

DATA = MountPoint(kind=MountKind.VOLUME, target="/data", name="data", source="/volumes/data")
INNER = MountPoint(kind=MountKind.BIND, target="/data/in", source="/src", writable=False)
MEMORY = MountPoint(kind=MountKind.TMPFS, target="/run")


def container(*mounts: MountPoint, read_only: bool = False) -> Container:
    spec = ContainerSpec(image="i", host=HostSpec(read_only=read_only))
    return Container(id="i", name="n", image_id="", chain_id="", created=0, spec=spec, mounts=mounts)


def test_outer_places_come_before_those_in_them_and_memory_is_not_seen() -> None:
    view = views.view(container(INNER, MEMORY, DATA), "/merged", {"/etc/hosts": "/files/hosts"})

    assert (view.root, view.writable) == ("/merged", True)
    assert view.places == (
        Place(source="/volumes/data", target="/data"),
        Place(source="/src", target="/data/in", writable=False),
        Place(source="/files/hosts", target="/etc/hosts"),
    )


def test_what_is_mounted_over_an_own_file_counts() -> None:
    hosts = MountPoint(kind=MountKind.BIND, target="/etc/hosts", source="/mine")

    view = views.view(container(hosts), "/merged", {"/etc/hosts": "/files/hosts"})

    assert [place.source for place in view.places] == ["/mine"]


@pytest.mark.parametrize(
    ("path", "absolute"),
    [
        ("a", "/a"),
        ("/a/b/", "/a/b/"),
        ("a/../../b", "/b"),
        ("/a/.", "/a/."),
        ("/a/./", "/a/."),
        ("/./", "/."),
        ("/", "/"),
        ("//", "/"),
        (".", "/."),
        ("/a/..", "/"),
    ],
)
def test_paths_are_cleaned_but_for_what_says_that_they_are_directories(path: str, absolute: str) -> None:
    assert views.absolute(path) == absolute


@pytest.mark.parametrize("directory", ["/", "/data", "/data/deeper", "/datum"])
def test_where_something_may_be_written(directory: str) -> None:
    views.check_writable(container(DATA, INNER), directory)


@pytest.mark.parametrize(
    ("directory", "text"),
    [
        ("/", "container rootfs is marked read-only"),
        ("/datum", "container rootfs is marked read-only"),
        ("/run", "container rootfs is marked read-only"),
        ("/data/in/deep", "mounted volume is marked read-only"),
    ],
)
def test_where_nothing_may_be_written(directory: str, text: str) -> None:
    with pytest.raises(Forbidden, match=f"^{text}$"):
        views.check_writable(container(DATA, INNER, MEMORY, read_only=True), directory)


def test_a_volume_of_a_read_only_container_may_be_written() -> None:
    views.check_writable(container(DATA, read_only=True), "/data")
