"""Mounts: what a HostConfig asks for → mount specs, checked; and what a container has → ``Mounts``."""

from operator import attrgetter
from posixpath import isabs, normpath

from msgspec import UNSET, UnsetType

from wherry.errors import InvalidArgument, InvalidMount
from wherry.model.container import Container
from wherry.model.mount import MountKind, MountPoint, MountSpec, Recursion
from wherry.plan.mounts.binds import PROPAGATIONS, check_target
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
        raise InvalidMount(kind, "mount type unknown")
    check_target(kind, target)
    bind, volume, tmpfs = (
        mount.bind_options or wire.BindOptions(),
        mount.volume_options or wire.VolumeOptions(),
        mount.tmpfs_options or wire.TmpfsOptions(),
    )
    _check_source(kind, source, bool(mount.read_only), bind, volume)
    _check_recursion(bool(mount.read_only), bind)
    driver = volume.driver_config or wire.DriverConfig()
    return MountSpec(
        kind=MountKind(kind),
        target=normpath(target),
        source=normpath(source) if kind == "bind" else source,
        read_only=bool(mount.read_only),
        consistency=mount.consistency or "",
        propagation=bind.propagation or "",
        non_recursive=bool(bind.non_recursive),
        read_only_below=_read_only_below(bind),
        create_source=bool(bind.create_mountpoint),
        no_copy=bool(volume.no_copy),
        volume_labels=volume.labels or {},
        volume_driver=driver.name or "",
        volume_options=driver.options or {},
        volume_subpath=volume.subpath or "",
        tmpfs_size=tmpfs.size_bytes or 0,
        tmpfs_mode=tmpfs.mode or 0,
    )


def wire_mount(spec: MountSpec) -> wire.Mount:
    """A mount spec as an inspection's ``HostConfig.Mounts`` shows it: what was not asked for is left out."""
    driver = wire.DriverConfig(name=spec.volume_driver or UNSET, options=spec.volume_options or UNSET)
    bind = wire.BindOptions(
        propagation=spec.propagation or UNSET,
        non_recursive=spec.non_recursive or UNSET,
        read_only_non_recursive=spec.read_only_below is Recursion.NO or UNSET,
        read_only_force_recursive=spec.read_only_below is Recursion.FORCED or UNSET,
        create_mountpoint=spec.create_source or UNSET,
    )
    has_volume_options = spec.no_copy or spec.volume_labels or spec.volume_subpath or driver != wire.DriverConfig()
    volume = wire.VolumeOptions(
        no_copy=spec.no_copy or UNSET,
        labels=spec.volume_labels or UNSET,
        subpath=spec.volume_subpath or UNSET,
        driver_config=driver,
    )
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


def mount_points(container: Container) -> list[wire.MountPoint]:
    """``Mounts`` of a container. Those of ``--tmpfs`` are told by its HostConfig only."""
    hidden = {normpath(target) for target in container.spec.host.tmpfs}
    shown = [mount for mount in container.mounts if mount.kind is not MountKind.TMPFS or mount.target not in hidden]
    return [_mount_point(mount) for mount in sorted(shown, key=attrgetter("target"))]


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
            raise InvalidMount(kind, "field Source must not be empty")
        if bind.propagation and bind.propagation not in PROPAGATIONS:
            raise InvalidMount(kind, f"invalid propagation mode: {bind.propagation}")
        if not isabs(source):
            raise InvalidMount(kind, f"invalid mount path: '{source}' mount path must be absolute")
    elif kind == "volume":
        if not source and read_only:
            raise InvalidMount(kind, "must not set ReadOnly mode when using anonymous volumes")
        if volume.subpath:
            _check_subpath(kind, source, volume.subpath)
    elif source:
        raise InvalidMount(kind, "field Source must not be specified")


def _check_recursion(read_only: bool, bind: wire.BindOptions) -> None:
    for name, asked in (
        ("ReadOnlyNonRecursive", bind.read_only_non_recursive),
        ("ReadOnlyForceRecursive", bind.read_only_force_recursive),
    ):
        if asked and not read_only:
            raise InvalidArgument(f"mount options conflict: !ReadOnly && BindOptions.{name}")


def _read_only_below(bind: wire.BindOptions) -> Recursion:
    if bind.read_only_force_recursive:
        return Recursion.FORCED
    return Recursion.NO if bind.read_only_non_recursive else Recursion.WHERE_POSSIBLE


def _check_subpath(kind: str, source: str, subpath: str) -> None:
    if not source:
        raise InvalidMount(kind, "must not set Subpath when using anonymous volumes")
    if isabs(subpath) or normpath(subpath).split("/")[0] == "..":
        raise InvalidMount(kind, "subpath must be a relative path within the volume")
