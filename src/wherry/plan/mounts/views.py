"""What of a container is seen by ``cp``, and what may be written there (moby ``daemon/containerfs_linux.go``,
``daemon/archive_unix.go``)."""

from collections.abc import Mapping
from posixpath import basename, normpath

from wherry.errors import Forbidden
from wherry.model.container import Container
from wherry.model.mount import MountKind, MountPoint, Place, View


def view(container: Container, root: str, own_files: Mapping[str, str]) -> View:
    """Binds, volumes and its own files, target → path on the host. What it has in memory only its processes see."""
    places = [_place(point) for point in container.mounts if point.kind is not MountKind.TMPFS]
    taken = {place.target for place in places}
    places += [Place(source=source, target=target) for target, source in own_files.items() if target not in taken]
    return View(
        root=root,
        remapping=container.remapping,
        writable=not container.spec.host.read_only,
        places=tuple(sorted(places, key=lambda place: place.target.count("/"))),
    )


def absolute(path: str) -> str:
    """A path below the root, cleaned as text; that it ends with a slash or a dot still says that it is a directory."""
    cleaned = normpath("/" + path.lstrip("/"))
    if basename(path.rstrip("/")) == ".":
        return cleaned.rstrip("/") + "/."
    return cleaned.rstrip("/") + "/" if path.endswith("/") else cleaned


def check_writable(container: Container, directory: str) -> None:
    """Raise Forbidden if nothing may be written to a directory, given by its path without links."""
    around = [point for point in container.mounts if _is_in(directory, point.target)]
    innermost = max(around, key=lambda point: len(point.target), default=None)
    if innermost is None or innermost.kind is MountKind.TMPFS:
        if container.spec.host.read_only:
            raise Forbidden("container rootfs is marked read-only")
    elif not innermost.writable:
        raise Forbidden("mounted volume is marked read-only")


def _place(point: MountPoint) -> Place:
    return Place(
        source=point.source,
        subpath=point.subpath,
        target=point.target,
        writable=point.writable,
        recursive=point.recursive,
    )


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
