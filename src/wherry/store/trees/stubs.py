"""What a runtime made to mount onto, and left empty in a container's own directory: taken away again."""

import os
import stat
from contextlib import closing
from pathlib import Path

from wherry.store.trees.descriptors import closing_fd, open_beneath
from wherry.store.trees.stacks import opened
from wherry.tar.trees.merged import Merged
from wherry.tar.trees.resolving import resolved
from wherry.tar.trees.whiteouts import is_opaque

_MADE = frozenset(((0o755, 0, 0), (0o1755, 0, 0)))
"""Mode, owner and group of directories that are made to mount onto: by us and runc, by crun."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def clear_stubs(upper: Path, lowers: tuple[Path, ...], targets: tuple[str, ...]) -> None:
    """Remove from an overlay's upper directory the empty files and directories at ``targets``, and the directories on
    the way to them, that nobody has written to or given other attributes. Blocks."""
    with closing(opened((upper, *lowers))) as top:
        for target in targets:
            _clear(top, resolved(top, os.fsencode(target)))


def _clear(top: Merged, path: bytes | None) -> None:
    while path:
        parent, _, name = path.rpartition(b"/")
        try:
            with closing_fd(open_beneath(top.parts[0], os.fsdecode(parent or b"."), _DIRECTORY)) as folder:
                if not _remove(folder, name, _below(top, parent, name)):
                    return
        except FileNotFoundError:
            return
        path = parent


def _below(top: Merged, parent: bytes, name: bytes) -> os.stat_result | None:
    """What is there without the upper directory."""
    with closing(Merged(map(os.dup, top.parts[1:]))) as lowers, closing(lowers.descend(parent)) as here:
        found = here.find(name)
        return found[1] if found else None


def _remove(folder: int, name: bytes, below: os.stat_result | None) -> bool:
    """Whether it was a stub, and is gone."""
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if below is not None and not _same(status, below):
        return False
    if stat.S_ISREG(status.st_mode) and status.st_size == 0 and below is None:
        os.unlink(name, dir_fd=folder)
        return True
    if not stat.S_ISDIR(status.st_mode):
        return False
    if below is None and (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) not in _MADE:
        return False
    with closing_fd(os.open(name, _DIRECTORY | os.O_CLOEXEC, dir_fd=folder)) as fd:
        if os.listdir(fd) or is_opaque(fd):
            return False
    os.rmdir(name, dir_fd=folder)
    return True


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_mode, one.st_uid, one.st_gid) == (other.st_mode, other.st_uid, other.st_gid)
