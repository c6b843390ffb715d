"""Mounts: what a HostConfig asks for → mount specs, checked; and what a container has → ``Mounts``."""

from collections.abc import Iterable
from posixpath import isabs, normpath

from msgspec import UNSET, UnsetType

from wherry.errors import InvalidArgument, NotSupported
from wherry.model.mount import MountKind, MountPoint, MountSpec
from wherry.plan.binds import PROPAGATIONS, check_target, parse_bind
from wherry.wire import mount as wire

_OPTIONS_OF = {"bind": "BindOptions", "volume": "VolumeOptions", "tmpfs": "TmpfsOptions"}


def mount_spec(mount: wire.Mount) -> MountSpec:
    """One of ``HostConfig.Mounts``.

    Raises:
        InvalidArgument: it makes no sense.
        NotSupported: it needs what this engine does not have.
    """
    kind, target, source = mount.type or "", mount.target or "", mount.source or ""
    _check_options(kind, mount)
    if kind not in _OPTIONS_OF:
        raise _invalid(kind, "mount type unknown")
    check_target(kind, target)
    bind, volume, tmpfs = (
        mount.bind_options or wire.BindOptions(),
        mount.volume_options or wire.VolumeOptions(),
        mount.tmpfs_options or wire.TmpfsOptions(),
    )
    _check_source(kind, source, bool(mount.read_only), bind, volume)
    driver = volume.driver_config or wire.DriverConfig()
    return MountSpec(
        kind=MountKind(kind),
        target=normpath(target),
        source=normpath(source) if kind == "bind" else source,
        read_only=bool(mount.read_only),
        consistency=mount.consistency or "",
        propagation=bind.propagation or "",
        non_recursive=bool(bind.non_recursive),
        create_source=bool(bind.create_mountpoint),
        no_copy=bool(volume.no_copy),
        volume_labels=volume.labels or {},
        volume_driver=driver.name or "",
        volume_options=driver.options or {},
        tmpfs_size=tmpfs.size_bytes or 0,
        tmpfs_mode=tmpfs.mode or 0,
    )


def check_duplicates(binds: Iterable[str], tmpfs: Iterable[str], mounts: Iterable[MountSpec]) -> None:
    """Raise InvalidArgument if two of them have one target, or a specification is none."""
    targets: set[str] = set()
    asked = [parse_bind(text).mount.target for text in binds]
    for target in (*asked, *(_tmpfs_target(path) for path in tmpfs), *(mount.target for mount in mounts)):
        if target in targets:
            raise InvalidArgument(f"Duplicate mount point: {target}")
        targets.add(target)


def wire_mount(spec: MountSpec) -> wire.Mount:
    """A mount spec as an inspection's ``HostConfig.Mounts`` shows it: what was not asked for is left out."""
    driver = wire.DriverConfig(name=spec.volume_driver or UNSET, options=spec.volume_options or UNSET)
    bind = wire.BindOptions(
        propagation=spec.propagation or UNSET,
        non_recursive=spec.non_recursive or UNSET,
        create_mountpoint=spec.create_source or UNSET,
    )
    has_volume_options = spec.no_copy or spec.volume_labels or driver != wire.DriverConfig()
    volume = wire.VolumeOptions(no_copy=spec.no_copy or UNSET, labels=spec.volume_labels or UNSET, driver_config=driver)
    tmpfs = wire.TmpfsOptions(size_bytes=spec.tmpfs_size or UNSET, mode=spec.tmpfs_mode or UNSET)
    return wire.Mount(
        type=spec.kind.value,
        source=spec.source or UNSET,
        target=spec.target,
        read_only=spec.read_only or UNSET,
        consistency=spec.consistency or UNSET,
        bind_options=UNSET if bind == wire.BindOptions() else bind,
        volume_options=volume if has_volume_options else UNSET,
        tmpfs_options=UNSET if tmpfs == wire.TmpfsOptions() else tmpfs,
    )


def mount_points(mounts: tuple[MountPoint, ...]) -> list[wire.MountPoint]:
    """``Mounts`` of a container. Those of ``--tmpfs`` are told by its HostConfig only."""
    return [_mount_point(mount) for mount in sorted(mounts, key=lambda mount: mount.target)]


def _mount_point(mount: MountPoint) -> wire.MountPoint:
    name: str | UnsetType = mount.name or UNSET
    is_bind = mount.kind is MountKind.BIND
    return wire.MountPoint(
        type=mount.kind.value,
        name=name,
        source=mount.source,
        destination=mount.target,
        driver=(mount.driver or "local") if mount.kind is MountKind.VOLUME else UNSET,
        mode=mount.mode,
        rw=mount.writable,
        propagation=(mount.propagation or "rprivate") if is_bind else "",
    )


def _check_options(kind: str, mount: wire.Mount) -> None:
    given = {
        "BindOptions": mount.bind_options,
        "VolumeOptions": mount.volume_options,
        "TmpfsOptions": mount.tmpfs_options,
    }
    for name, options in given.items():
        if options and kind in _OPTIONS_OF and name != _OPTIONS_OF[kind]:
            raise InvalidArgument(f'{name} must not be specified on mount type "{kind}"')


def _check_source(kind: str, source: str, read_only: bool, bind: wire.BindOptions, volume: wire.VolumeOptions) -> None:
    if kind == "bind":
        if not source:
            raise _invalid(kind, "field Source must not be empty")
        if bind.propagation and bind.propagation not in PROPAGATIONS:
            raise _invalid(kind, f"invalid propagation mode: {bind.propagation}")
        if not isabs(source):
            raise _invalid(kind, f"invalid mount path: '{source}' mount path must be absolute")
        if bind.read_only_force_recursive:
            raise NotSupported("recursively read-only bind mounts cannot be enforced by this engine")
    elif kind == "volume":
        if volume.subpath:
            raise NotSupported("mounting a subpath of a volume is not supported by this engine")
        if not source and read_only:
            raise _invalid(kind, "must not set ReadOnly mode when using anonymous volumes")
    elif source:
        raise _invalid(kind, "field Source must not be specified")


def _tmpfs_target(path: str) -> str:
    if not isabs(path):
        raise InvalidArgument(f"invalid mount path: '{path}' mount path must be absolute")
    return normpath(path)


def _invalid(kind: str, reason: str) -> InvalidArgument:
    return InvalidArgument(f'invalid mount config for type "{kind}": {reason}')
