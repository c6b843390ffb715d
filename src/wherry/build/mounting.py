"""``RUN --mount``: what has to be mounted."""

import posixpath

from wherry.build.actions import BindMount, CacheMount, RunMount, TmpfsMount
from wherry.build.scope import StageScope
from wherry.errors import InvalidArgument
from wherry.plan.dockerfile.configuring import Scope
from wherry.plan.dockerfile.mounts import MountText, read_mount


def run_mounts(texts: tuple[str, ...], words: Scope, stage: StageScope, working_dir: str) -> tuple[RunMount, ...]:
    """In their order. Secrets and agents are never at hand: those that are not required are left out.

    InvalidArgument for the others, and for what is no mount.
    """
    mounts = [read_mount(text, words) for text in texts]
    return tuple(_mount(mount, stage, working_dir) for mount in mounts if not _absent(mount))


def _absent(mount: MountText) -> bool:
    if mount.type not in ("secret", "ssh"):
        return False
    if mount.required:
        name = mount.id or posixpath.basename(mount.target or mount.source) or "default"
        raise InvalidArgument(f"{mount.type} {name}: not found")
    return True


def _mount(mount: MountText, stage: StageScope, working_dir: str) -> RunMount:
    if not mount.target:
        raise InvalidArgument(f"{mount.type} mount requires a target")
    target = posixpath.normpath(posixpath.join("/", working_dir, mount.target))
    if target == "/":
        raise InvalidArgument(f'invalid mount target "{mount.target}"')
    source = stage.origin(mount.origin) if mount.origin else None
    path = posixpath.normpath(posixpath.join("/", mount.source))
    match mount.type:
        case "tmpfs":
            return TmpfsMount(target=target, size=mount.size)
        case "cache":
            return CacheMount(
                target=target,
                id=mount.id or target,
                sharing=mount.sharing or "shared",
                read_only=mount.read_only,
                origin=source,
                path=path,
                mode=0o755 if mount.mode is None else mount.mode,
                uid=mount.uid or 0,
                gid=mount.gid or 0,
            )
    return BindMount(target=target, origin=source, path=path, read_only=mount.read_only)
