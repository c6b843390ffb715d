"""``-v`` specifications; readings and refusals were asked of dockerd 26.1.5."""

import pytest

from wherry.errors import InvalidArgument
from wherry.model.mount import MountKind, MountSpec
from wherry.plan.mounts.binds import parse_bind

BIND, VOLUME = MountKind.BIND, MountKind.VOLUME


@pytest.mark.parametrize(
    ("text", "mount", "mode"),
    [
        ("/a", MountSpec(kind=VOLUME, target="/a"), ""),
        ("v:/b", MountSpec(kind=VOLUME, source="v", target="/b"), ""),
        ("v:/b:nocopy,ro", MountSpec(kind=VOLUME, source="v", target="/b", read_only=True, no_copy=True), "nocopy,ro"),
        ("/a/:/b/", MountSpec(kind=BIND, source="/a", target="/b", create_source=True), ""),
        ("/a:/b:ro,z", MountSpec(kind=BIND, source="/a", target="/b", read_only=True, create_source=True), "ro,z"),
        (
            "/a:/b:rslave",
            MountSpec(kind=BIND, source="/a", target="/b", propagation="rslave", create_source=True),
            "rslave",
        ),
    ],
)
def test_what_is_asked_for(text: str, mount: MountSpec, mode: str) -> None:
    bind = parse_bind(text)
    assert (bind.mount, bind.mode) == (mount, mode)


def test_a_driver_is_for_volumes() -> None:
    assert parse_bind("v:/b", "nfs").mount.volume_driver == "nfs"
    assert parse_bind("/a:/b", "nfs").mount.volume_driver == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid volume specification: ''"),
        (":/b", "invalid volume specification: ':/b'"),
        ("/a:ro", "invalid volume specification: '/a:ro'"),
        ("/a:/b:/c:/d", "invalid volume specification: '/a:/b:/c:/d'"),
        ("a:/b:xx", "invalid mode: xx"),
        ("a:/b:ro,rw", "invalid mode: ro,rw"),
        ("a:/b:ro,ro", "invalid mode: ro,ro"),
        ("/a:/b:shared,private", "invalid mode: shared,private"),
        (
            "/a:b",
            "invalid volume specification: '/a:b': invalid mount config for type \"bind\": invalid mount path: 'b' "
            "mount path must be absolute",
        ),
        (
            "/a:/",
            "invalid volume specification: '/a:/': invalid mount config for type \"bind\": invalid specification: "
            "destination can't be '/'",
        ),
        (
            "a:/b:shared",
            "invalid volume specification: 'a:/b:shared': invalid mount config for type \"volume\": field BindOptions "
            "must not be specified",
        ),
        (
            "/a:/b:nocopy",
            "invalid volume specification: '/a:/b:nocopy': invalid mount config for type \"bind\": field "
            "VolumeOptions must not be specified",
        ),
    ],
)
def test_what_makes_no_sense(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_bind(text)
    assert str(caught.value) == reason
