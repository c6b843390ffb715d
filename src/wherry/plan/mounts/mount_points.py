"""What a spec asks to be mounted → mount points, as dockerd reads it (moby ``daemon/volumes.go``).

A mount point of a volume has no source yet; its driver is the one that was asked for, if any; one of a new anonymous
volume has no name either.
"""

from collections.abc import Iterable, Iterator
from posixpath import isabs, normpath

from msgspec import Struct
from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.container import ContainerSpec
from wherry.model.mount import MountKind, MountPoint, MountSpec, Recursion
from wherry.plan.mounts import propagations
from wherry.plan.mounts.binds import is_root, parse_bind

_MODES = frozenset(("ro", "rw", "z", "Z"))
_SHARED_LABEL = "z"  # what Docker shows as the mode of a volume that was given none


class Wanted(Struct, frozen=True, kw_only=True):
    """A mount point, and the labels and options of its volume if that is to be made."""

    point: MountPoint
    labels: dict[str, str] = {}
    options: dict[str, str] = {}


def wanted(spec: ContainerSpec, inherited: Iterable[MountPoint] = (), data_root: str = "") -> tuple[Wanted, ...]:
    """All mounts of a container, by target: ``inherited`` ones (see ``inherit``) give way to those that it asks for
    itself, and the volumes of its image to both. ``data_root`` is the engine's folder, see ``propagations``.

    Raises:
        InvalidArgument: a specification that is none, or two for one target.
    """
    asked = tuple(_asked(spec, data_root))
    targets = [entry.point.target for entry in asked]
    for target in targets:
        if targets.count(target) > 1:
            raise InvalidArgument(f"Duplicate mount point: {target}")
    found = {point.target: Wanted(point=point) for point in inherited}
    found |= {entry.point.target: entry for entry in asked}
    for target in map(normpath, spec.volumes):
        if target not in found:
            mount = MountSpec(kind=MountKind.VOLUME, target=target, volume_driver=spec.host.volume_driver)
            found[target] = Wanted(point=_volume(mount, ""))
    return tuple(found.values())


def volumes_from(text: str) -> tuple[str, bool]:
    """A container's name and whether its mounts may be written, of ``name[:mode]``. InvalidArgument."""
    name, _, mode = text.partition(":")
    if not name:
        raise InvalidArgument(f"invalid volumes-from specification: {text}")
    if mode and mode not in _MODES:
        raise InvalidArgument(f"invalid mode: {mode}")
    return name, mode != "ro"


def inherit(points: Iterable[MountPoint], *, writable: bool) -> Iterator[MountPoint]:
    """The mounts that a container passes on to another."""
    for point in points:
        if point.kind is not MountKind.TMPFS:
            yield replace(point, mode="", copy_up=False, writable=point.writable and writable)


def _asked(spec: ContainerSpec, data_root: str) -> Iterator[Wanted]:
    host = spec.host
    for text in host.binds:
        bind = parse_bind(text, host.volume_driver)
        yield Wanted(point=_point(bind.mount, bind.mode, spec, data_root))
    for target, options in host.tmpfs.items():
        if not isabs(target):
            raise InvalidArgument(f"invalid mount path: '{target}' mount path must be absolute")
        if is_root(target):
            raise InvalidArgument("invalid specification: destination can't be '/'")
        yield Wanted(point=MountPoint(kind=MountKind.TMPFS, target=normpath(target), options=options))
    for mount in host.mounts:
        yield Wanted(point=_point(mount, "", spec, data_root), labels=mount.volume_labels, options=mount.volume_options)


def _point(mount: MountSpec, mode: str, spec: ContainerSpec, data_root: str) -> MountPoint:
    if mount.kind is MountKind.VOLUME:
        return _volume(mount, mode or _SHARED_LABEL)
    if mount.kind is MountKind.TMPFS:
        return MountPoint(
            kind=mount.kind, target=mount.target, options=_tmpfs_options(mount), writable=not mount.read_only
        )
    propagation = propagations.chosen(mount, data_root)
    return MountPoint(
        kind=mount.kind,
        target=mount.target,
        source=mount.source,
        mode=mode,
        writable=not mount.read_only,
        propagation=propagation,
        may_be_private=propagation == propagations.LETTING_GO and not mount.propagation,
        recursive=not mount.non_recursive,
        read_only_below=Recursion.NO if spec.host.shallow_read_only else mount.read_only_below,
        create_source=mount.create_source,
    )


def _volume(mount: MountSpec, mode: str) -> MountPoint:
    return MountPoint(
        kind=MountKind.VOLUME,
        target=mount.target,
        name=mount.source,
        driver=mount.volume_driver,
        mode=mode,
        writable=not mount.read_only,
        copy_up=not mount.no_copy and not mount.volume_subpath,
        subpath=mount.volume_subpath,
        anonymous=not mount.source,
    )


def _tmpfs_options(mount: MountSpec) -> str:
    size = f"size={mount.tmpfs_size}" if mount.tmpfs_size else ""
    mode = f"mode={mount.tmpfs_mode:o}" if mount.tmpfs_mode else ""
    return ",".join(filter(None, (mode, size)))
