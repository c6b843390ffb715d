"""Whether mounts made later go from a bind's source to the bind, or back (moby ``daemon/volumes_linux.go``,
``daemon/oci_linux.go``)."""

from msgspec.structs import replace

from wherry.errors import InternalError, InvalidArgument
from wherry.model.mount import HostMount, MountPoint, MountSpec

LETTING_GO = "rslave"
"""What is unmounted at the source is unmounted in the bind, too: a container must not hold the mounts of others."""

_PRIVATE = "rprivate"


def chosen(mount: MountSpec, data_root: str) -> str:
    """The propagation of a bind. InvalidArgument for one that would pin mounts of the engine."""
    if not _overlap(mount.source, data_root):
        return mount.propagation or _PRIVATE
    if mount.propagation not in ("", LETTING_GO, "rshared"):
        raise InvalidArgument(
            'invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within '
            f'the daemon root, daemon root: "{data_root}", bind mount source: "{mount.source}", '
            f'propagation: "{mount.propagation}"'
        )
    return mount.propagation or LETTING_GO


def possible(point: MountPoint, around: HostMount) -> MountPoint:
    """A bind that is to be mounted, of a source that is in ``around``. InternalError if that is private and somebody
    asked for something else."""
    asked = point.propagation.removeprefix("r")
    where = f"path {point.source} is mounted on {around.point} but it is not a"
    if asked == "shared" and not around.shared:
        raise InternalError(f"{where} shared mount")
    if asked == "slave" and not (around.shared or around.slave):
        if point.may_be_private:
            return replace(point, propagation=_PRIVATE)
        raise InternalError(f"{where} shared or slave mount")
    return point


def _overlap(source: str, data_root: str) -> bool:
    """Whether one of them is in the other."""
    first, second = (f"{path.rstrip('/')}/" for path in (source, data_root))
    return bool(data_root) and (first.startswith(second) or second.startswith(first))
