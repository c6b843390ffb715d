"""What is mounted in a container: the kernel's file systems, its own files, and what was asked for.

The runtime mounts in this order, so that a mount comes after those above it. Destinations, options and order are
dockerd's (moby ``daemon/oci_linux.go``, WithMounts; ``pkg/mount``, MergeTmpfsOptions).
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from wherry.errors import InvalidArgument, NotSupported
from wherry.model.container import HostSpec
from wherry.model.mount import MountKind, MountPoint, Recursion
from wherry.plan.kernel_version import at_least
from wherry.plan.mounts.binds import PROPAGATIONS
from wherry.plan.oci.spec_request import SpecRequest

INIT: Final = "/sbin/docker-init"

Mount = dict[str, Any]

_TMPFS_DEFAULTS: Final = ("noexec", "nosuid", "nodev", "rprivate")
_TMPFS_VALUES: Final = frozenset(("size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"))
_MOUNT_FLAGS: Final = frozenset(
    (
        *("async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "mand", "noatime", "nodev"),
        *("nodiratime", "noexec", "nomand", "norelatime", "nostrictatime", "nosuid", "private", "rbind", "relatime"),
        *("remount", "ro", "rprivate", "rshared", "rslave", "runbindable", "rw", "shared", "slave", "strictatime"),
        *("suid", "sync", "unbindable"),
    )
)
_OPPOSITES: Final = {"exec": "noexec", "suid": "nosuid", "dev": "nodev", "rw": "ro"}
_RECURSIVE_READ_ONLY: Final = (5, 12)  # mount_setattr(2)


def mounts(request: SpecRequest) -> list[Mount]:
    """All mounts, in order. What was asked for takes the place of a default at the same destination."""
    asked = [_asked(point, request) for point in request.container.mounts]
    taken = {mount["destination"] for mount in asked}
    own = [mount for mount in _own_files(request) if mount["destination"] not in taken]
    defaults = [mount for mount in _defaults(request) if not _replaced(mount["destination"], taken)]
    return defaults + sorted(asked + own, key=_depth)


def root_propagation(points: tuple[MountPoint, ...]) -> str:
    """What the root's propagation must be for the mounts to have theirs, "" if it does not matter."""
    asked = {point.propagation.removeprefix("r") for point in points}
    return "shared" if "shared" in asked else "rslave" if "slave" in asked else ""


def tmpfs_options(text: str) -> list[str]:
    """Options of a ``--tmpfs`` over the defaults; of several about one thing the last counts. InvalidArgument."""
    kept: dict[str, str] = {}
    for option in filter(None, text.split(",")):
        name, equals, _ = option.partition("=")
        if name not in (_TMPFS_VALUES if equals else _MOUNT_FLAGS):
            raise InvalidArgument(f'invalid tmpfs option "{option}"')
    for option in (*_TMPFS_DEFAULTS, *filter(None, text.split(","))):
        kept.pop(_subject(option), None)
        kept[_subject(option)] = option
    return list(kept.values())


def _defaults(request: SpecRequest) -> Iterator[Mount]:
    host = request.container.spec.host
    writable = () if host.privileged else ("ro",)
    yield _mount("/proc", "proc", "nosuid", "noexec", "nodev")
    yield _mount("/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k")
    yield _mount("/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")
    yield _mount("/sys", "sysfs", "nosuid", "noexec", "nodev", *writable)
    yield _mount("/sys/fs/cgroup", "cgroup", *writable, "nosuid", "noexec", "nodev")
    yield _mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev")
    if host.ipc != "none":
        yield _shm(host, request.shm)
    if init_wanted(request):
        yield _bind(request.init_path, INIT, "bind", "ro")


def init_wanted(request: SpecRequest) -> bool:
    """Whether an init comes before the command: asked for, there, and the container has pids of its own."""
    host = request.container.spec.host
    return bool(host.init and request.init_path) and host.pid in ("", "private")


def _shm(host: HostSpec, shared: str) -> Mount:
    if shared:
        # Named, since crun would take them away from the bind; the host's may be executable.
        restrictions = ("nosuid", "nodev") if host.ipc == "host" else ("nosuid", "noexec", "nodev")
        return _bind(shared, "/dev/shm", "rbind", "rprivate", *restrictions)
    return _mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777", f"size={host.shm_size}", source="shm")


def _own_files(request: SpecRequest) -> Iterator[Mount]:
    read_only = ("ro",) if request.container.spec.host.read_only else ()
    files = {
        "/etc/resolv.conf": request.resolv_conf,
        "/etc/hostname": request.hostname,
        "/etc/hosts": request.hosts,
    }
    for destination, source in files.items():
        if source:
            yield _bind(source, destination, "rbind", *read_only, "rprivate")


def _asked(point: MountPoint, request: SpecRequest) -> Mount:
    if point.kind is MountKind.TMPFS:
        options = tmpfs_options(point.options if point.writable else f"{point.options},ro")
        return _mount(point.target, "tmpfs", *options)
    read_only = () if point.writable else _read_only(request, point.read_only_below)
    default = "rprivate" if point.kind is MountKind.BIND else ""
    propagation = filter(None, (point.propagation or default,))
    recursion = "rbind" if point.recursive else "bind"
    # Named, since crun would take them away from the bind of a mount that has them.
    return _bind(point.source, point.target, recursion, *point.restrictions, *read_only, *propagation)


def _read_only(request: SpecRequest, below: Recursion = Recursion.WHERE_POSSIBLE) -> tuple[str, ...]:
    """Mounts below are read-only too, where the kernel can. NotSupported if they must be, and it cannot."""
    possible = at_least(request.facts.kernel, _RECURSIVE_READ_ONLY)
    if below is Recursion.FORCED and not possible:
        raise NotSupported("recursive read-only mounts need Linux 5.12 or later")
    return ("rro",) if possible and below is not Recursion.NO else ("ro",)


def _replaced(destination: str, taken: Iterable[str]) -> bool:
    """Whether what was asked for stands in a default's place, or /dev whole in that of all below it."""
    return destination in taken or (destination.startswith("/dev/") and "/dev" in taken)


def _depth(mount: Mount) -> int:
    return len([part for part in mount["destination"].split("/") if part])


def _subject(option: str) -> str:
    """What an option is about: ``size=1m`` about size, ``exec`` and ``noexec`` about one thing."""
    if option in PROPAGATIONS:
        return "propagation"
    name = option.partition("=")[0]
    return _OPPOSITES.get(name, name)


def _bind(source: str, destination: str, *options: str) -> Mount:
    return {"destination": destination, "type": "bind", "source": source, "options": options}


def _mount(destination: str, kind: str, *options: str, source: str = "") -> Mount:
    return {"destination": destination, "type": kind, "source": source or kind, "options": options}
