"""Which mounts on /proc, and in it, are let through. Asked of dockerd 26.1.5 with runc 1.1.15."""

import pytest

from wherry.errors import RuntimeFailure
from wherry.model.mount import MountKind, MountPoint
from wherry.plan.oci.proc_mounts import check


def point(source: str, target: str, kind: MountKind = MountKind.BIND) -> MountPoint:
    return MountPoint(kind=kind, source=source, target=target)


@pytest.mark.parametrize(
    ("source", "target"),
    [("/proc", "/proc"), ("/etc/hosts", "/proc/cpuinfo"), ("/x", "/processes"), ("/proc", "/host")],
)
def test_mounts_that_hide_nothing(source: str, target: str) -> None:
    check(point(source, target), target)


@pytest.mark.parametrize(
    ("mount", "text"),
    [
        (
            point("/x", "/proc"),
            'error mounting "/x" to rootfs at "/proc": "/proc" cannot be mounted because it is not ',
        ),
        (point("", "/proc", MountKind.TMPFS), 'error mounting "tmpfs" to rootfs at "/proc"'),
        (point("/v/_data", "/proc", MountKind.VOLUME), "because it is not of type proc"),
        (point("/x", "/proc/self/attr"), '"/proc/self/attr" cannot be mounted because it is inside /proc'),
        (point("/proc/sys", "/proc/sys"), "because it is inside /proc"),
    ],
)
def test_mounts_that_hide_what_is_relied_upon(mount: MountPoint, text: str) -> None:
    with pytest.raises(RuntimeFailure, match="OCI runtime create failed") as caught:
        check(mount, mount.target)
    assert text in str(caught.value)


@pytest.mark.parametrize("place", ["/proc", "/proc/self/attr"])
def test_a_link_of_an_image_that_leads_there(place: str) -> None:
    with pytest.raises(RuntimeFailure, match='to rootfs at "/p": "/p" cannot be mounted because it is '):
        check(point("/v/_data", "/p", MountKind.VOLUME), place)
