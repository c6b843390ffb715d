"""What is mounted where in a container."""

from enum import StrEnum

from msgspec import Struct

from wherry.model.remapping import Remapping


class MountKind(StrEnum):
    BIND = "bind"
    VOLUME = "volume"
    TMPFS = "tmpfs"


class Recursion(StrEnum):
    """Whether what is mounted below a read-only bind is read-only too."""

    WHERE_POSSIBLE = ""
    NO = "no"
    FORCED = "forced"


class MountSpec(Struct, frozen=True, kw_only=True):
    """A mount as ``--mount`` asks for it. ``source`` is a host path, a volume's name, or "" (anonymous volume)."""

    kind: MountKind
    target: str
    source: str = ""
    read_only: bool = False
    consistency: str = ""
    propagation: str = ""
    non_recursive: bool = False
    read_only_below: Recursion = Recursion.WHERE_POSSIBLE
    create_source: bool = False
    no_copy: bool = False
    volume_labels: dict[str, str] = {}
    volume_driver: str = ""
    volume_options: dict[str, str] = {}
    volume_subpath: str = ""
    tmpfs_size: int = 0
    tmpfs_mode: int = 0


class MountPoint(Struct, frozen=True, kw_only=True):
    """A mount as a container has it: every source found, every name resolved.

    ``source`` is a host path ("" for tmpfs), ``name`` the volume's name ("" otherwise), ``mode`` the option text as
    asked (``ro``, ``z``), ``options`` tmpfs mount options, ``subpath`` the part of the volume that is mounted,
    ``copy_up`` whether an empty volume takes the image's files, ``anonymous`` whether ``rm -v`` removes the volume,
    ``create_source`` whether a start makes a missing host path, ``may_be_private`` whether nobody asked for its
    propagation: where its source's mount is private, so is it. ``restrictions`` are known while it is mounted only:
    those of its ``MountSource``.
    """

    kind: MountKind
    target: str
    source: str = ""
    name: str = ""
    driver: str = ""
    mode: str = ""
    options: str = ""
    writable: bool = True
    propagation: str = ""
    may_be_private: bool = False
    recursive: bool = True
    read_only_below: Recursion = Recursion.WHERE_POSSIBLE
    restrictions: tuple[str, ...] = ()
    copy_up: bool = False
    subpath: str = ""
    anonymous: bool = False
    create_source: bool = False


class MountSource(Struct, frozen=True, kw_only=True):
    """A path of the host that is to be bound. ``restrictions`` are options of the mount that it lies in, which are its
    binds' too: ro, nosuid, nodev, noexec."""

    restrictions: tuple[str, ...] = ()
    is_directory: bool = True


class HostMount(Struct, frozen=True, kw_only=True):
    """A mount of the host: where, and whether mounts in it go on to its peers, or come to it from a master."""

    point: str
    shared: bool = False
    slave: bool = False


class OverlayMount(Struct, frozen=True, kw_only=True):
    """An overlay to mount at ``target``; ``lowers`` top first. ``volatile`` never syncs: gone after a crash."""

    target: str
    lowers: tuple[str, ...]
    upper: str
    work: str
    volatile: bool = False


class DeviceMount(Struct, frozen=True, kw_only=True):
    """A file system to mount at ``target``: ``source``, ``kind`` and ``options`` as in fstab(5)."""

    target: str
    source: str
    kind: str
    options: str = ""


class Place(Struct, frozen=True, kw_only=True):
    """What of the host is seen at ``target`` of a container: ``source``, or the ``subpath`` in it."""

    source: str
    target: str
    subpath: str = ""
    writable: bool = True
    recursive: bool = True


class View(Struct, frozen=True, kw_only=True):
    """A container's files as it sees them: its mounted ``root``, and ``places`` in it in the order of mounting.

    ``remapping`` is the container's: owners are those on the host."""

    root: str
    remapping: Remapping | None = None
    writable: bool = True
    places: tuple[Place, ...] = ()


class Viewed(Struct, frozen=True, kw_only=True):
    """A view that is mounted: a path to its ``root``, and one to the mount namespace that has no other root."""

    root: str
    namespace: str
    remapping: Remapping | None = None
