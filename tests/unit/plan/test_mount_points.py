import pytest

from wherry.errors import InvalidArgument
from wherry.model.container import ContainerSpec, HostSpec
from wherry.model.mount import MountKind, MountPoint, MountSpec
from wherry.plan.mounts import mount_points


def points(
    *,
    binds: tuple[str, ...] = (),
    mounts: tuple[MountSpec, ...] = (),
    tmpfs: dict[str, str] = {},  # noqa: B006
    volumes: tuple[str, ...] = (),
    inherited: tuple[MountPoint, ...] = (),
) -> dict[str, MountPoint]:
    spec = ContainerSpec(image="i", volumes=volumes, host=HostSpec(binds=binds, mounts=mounts, tmpfs=tmpfs))
    return {entry.point.target: entry.point for entry in mount_points.wanted(spec, inherited)}


def test_a_bind_has_its_source_and_a_start_makes_it() -> None:
    assert points(binds=("/src/:/dst/:ro",)) == {
        "/dst": MountPoint(
            kind=MountKind.BIND,
            target="/dst",
            source="/src",
            mode="ro",
            writable=False,
            propagation="rprivate",
            create_source=True,
        )
    }


def test_a_bind_of_mount_needs_its_source() -> None:
    spec = MountSpec(kind=MountKind.BIND, source="/src", target="/dst", propagation="rslave", non_recursive=True)
    assert points(mounts=(spec,)) == {
        "/dst": MountPoint(kind=MountKind.BIND, target="/dst", source="/src", propagation="rslave", recursive=False)
    }


def test_a_named_volume_is_filled_and_shown_with_dockers_mode() -> None:
    assert points(binds=("data:/dst",)) == {
        "/dst": MountPoint(kind=MountKind.VOLUME, target="/dst", name="data", mode="z", copy_up=True)
    }


def test_nocopy_leaves_a_volume_empty() -> None:
    point = points(binds=("data:/dst:nocopy,ro",))["/dst"]
    assert (point.copy_up, point.writable, point.mode) == (False, False, "nocopy,ro")
    point = points(mounts=(MountSpec(kind=MountKind.VOLUME, source="data", target="/dst", no_copy=True),))["/dst"]
    assert not point.copy_up


@pytest.mark.parametrize(
    "found",
    [
        points(binds=("/dst",)),
        points(mounts=(MountSpec(kind=MountKind.VOLUME, target="/dst"),)),
        points(volumes=("/dst/",)),
    ],
)
def test_a_volume_without_a_name_is_anonymous(found: dict[str, MountPoint]) -> None:
    assert (found["/dst"].kind, found["/dst"].name, found["/dst"].anonymous) == (MountKind.VOLUME, "", True)


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        (MountSpec(kind=MountKind.TMPFS, target="/t"), ""),
        (MountSpec(kind=MountKind.TMPFS, target="/t", tmpfs_size=1000, tmpfs_mode=0o1770), "mode=1770,size=1000"),
    ],
)
def test_a_tmpfs_has_options(spec: MountSpec, options: str) -> None:
    assert points(mounts=(spec,)) == {"/t": MountPoint(kind=MountKind.TMPFS, target="/t", options=options)}


def test_the_options_of_tmpfs_are_as_written() -> None:
    assert points(tmpfs={"/t": "size=1m,ro"}) == {
        "/t": MountPoint(kind=MountKind.TMPFS, target="/t", options="size=1m,ro")
    }


@pytest.mark.parametrize(
    ("binds", "mounts", "tmpfs"),
    [
        (("a:/x", "/b:/x/"), (), {}),
        (("a:/x",), (), {"/x": ""}),
        (("a:/x",), (MountSpec(kind=MountKind.TMPFS, target="/x"),), {}),
        ((), (MountSpec(kind=MountKind.TMPFS, target="/x"),) * 2, {}),
    ],
)
def test_two_mounts_at_one_place_are_refused(
    binds: tuple[str, ...], mounts: tuple[MountSpec, ...], tmpfs: dict[str, str]
) -> None:
    with pytest.raises(InvalidArgument, match=r"^Duplicate mount point: /x$"):
        points(binds=binds, mounts=mounts, tmpfs=tmpfs)


def test_a_relative_tmpfs_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"^invalid mount path: 't' mount path must be absolute$"):
        points(tmpfs={"t": ""})


def test_what_is_asked_for_stands_before_the_images_volumes() -> None:
    found = points(binds=("/src:/a",), tmpfs={"/b": ""}, volumes=("/a", "/b", "/c/"), mounts=(), inherited=())
    assert {target: point.kind.value for target, point in found.items()} == {
        "/a": "bind",
        "/b": "tmpfs",
        "/c": "volume",
    }


def test_inherited_mounts_give_way_to_what_is_asked_for_and_shadow_the_images() -> None:
    others = MountPoint(kind=MountKind.VOLUME, target="/a", name="other", mode="z", copy_up=True)
    more = MountPoint(kind=MountKind.VOLUME, target="/b", name="more", anonymous=True, writable=False)
    inherited = tuple(mount_points.inherit((others, more), writable=True))
    found = points(binds=("mine:/a",), volumes=("/b",), inherited=inherited)
    assert {target: point.name for target, point in found.items()} == {"/a": "mine", "/b": "more"}
    assert found["/b"].anonymous and not found["/b"].writable


def test_inherited_mounts_are_not_filled_and_may_be_read_only() -> None:
    point = MountPoint(kind=MountKind.VOLUME, target="/a", name="other", mode="z", copy_up=True)
    tmpfs = MountPoint(kind=MountKind.TMPFS, target="/t")
    assert tuple(mount_points.inherit((point, tmpfs), writable=False)) == (
        MountPoint(kind=MountKind.VOLUME, target="/a", name="other", writable=False),
    )


@pytest.mark.parametrize(
    ("text", "parsed"), [("c", ("c", True)), ("c:ro", ("c", False)), ("c:rw", ("c", True)), ("c:z", ("c", True))]
)
def test_volumes_from_has_a_mode(text: str, parsed: tuple[str, bool]) -> None:
    assert mount_points.volumes_from(text) == parsed


@pytest.mark.parametrize("text", ["c:foo", "c:rw,ro"])
def test_another_mode_of_volumes_from_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^invalid mode: "):
        mount_points.volumes_from(text)


def test_labels_and_options_are_for_the_volume_that_is_made() -> None:
    spec = MountSpec(
        kind=MountKind.VOLUME, source="v", target="/v", volume_labels={"a": "b"}, volume_options={"o": "x"}
    )
    (entry,) = mount_points.wanted(ContainerSpec(image="i", host=HostSpec(mounts=(spec,))))
    assert (entry.labels, entry.options) == ({"a": "b"}, {"o": "x"})
