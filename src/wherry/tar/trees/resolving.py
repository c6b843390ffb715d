"""Where a path leads in a stack of layers, with links followed inside it as chroot(2) would, and what matches a pattern
there."""

import errno
import os
import stat
from collections.abc import Callable

from .merged import Merged

MAX_LINKS = 40  # as path_resolution(7)

_SPECIAL = frozenset("*?[\\")

Matcher = Callable[[str], object]


def resolved(top: Merged, path: bytes) -> bytes | None:
    """The path without links that ``path`` leads to, b"" for the root; None if nothing is there. OSError (ELOOP)."""
    names, parts, links = path.split(b"/")[::-1], list[bytes](), 0
    while names:
        name = names.pop()
        if name == b"..":
            del parts[-1:]
        elif name not in (b"", b"."):
            target = _step(top, parts, name)
            if target is None:
                return None
            if target == name:
                parts.append(name)
                continue
            links += 1
            if links > MAX_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            names += target.rstrip(b"/").split(b"/")[::-1]
            if target.startswith(b"/"):
                parts = []
    return b"/".join(parts)


def _step(top: Merged, parts: list[bytes], name: bytes) -> bytes | None:
    """``name`` itself, or what it links to (never just ``name``); None if it is not there."""
    here = top.descend(b"/".join(parts))
    try:
        found = here.find(name)
        if found is None:
            return None
        at, status = found
        if not stat.S_ISLNK(status.st_mode):
            return name
        return os.readlink(name, dir_fd=at) + b"/"
    finally:
        here.close()


def matching(top: Merged, pattern: str) -> list[bytes]:
    """The paths that a pattern of Go's ``filepath.Match`` stands for, sorted; the pattern itself if it has no
    wildcards, whether it is there or not. ValueError for a malformed one."""
    if not _SPECIAL & set(pattern):
        return [os.fsencode(pattern)]
    found = [b""]
    for part in filter(None, pattern.split("/")):
        matches = _matcher(part)
        found = [path for folder in found for path in _children(top, folder, matches)]
    return found


def _children(top: Merged, folder: bytes, matches: Matcher) -> list[bytes]:
    here = top.descend(folder)
    try:
        names = sorted(name for name in here.names() if matches(os.fsdecode(name)))
    finally:
        here.close()
    return [folder + b"/" + name if folder else name for name in names]


def _matcher(pattern: str) -> Matcher:
    """Of one component of a pattern."""
    import re  # costs a starting process as much as all else

    from ..builds.globs import component

    return re.compile(component(pattern), re.DOTALL).fullmatch
