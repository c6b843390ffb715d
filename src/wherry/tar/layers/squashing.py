"""Several layers made into one: what they change together in the layers below."""

import os
import stat

from ..format import header
from ..trees import nodes
from ..trees.copying import copy, linked
from ..trees.merged import Merged
from ..trees.whiteouts import make_opaque, make_whiteout


def squash(upper: Merged, lower: Merged, at: int) -> None:
    """Write what the layers ``upper`` change in the layers ``lower``, the uppermost first each, to an empty directory,
    in the form that overlayfs mounts. The process's umask must be 0.

    Files share their inodes with the layers that they come from.
    """
    whole = Merged([*upper.parts, *lower.parts])
    for name in sorted({os.fsencode(name) for fd in upper.parts for name in os.listdir(fd)}):
        found = whole.find(name)
        if found is None:
            if lower.find(name) is not None:
                make_whiteout(at, name)
        elif stat.S_ISDIR(found[1].st_mode):
            _directory(name, upper, lower, at)
        else:
            _file(name, *found, at)
    _dress(upper.parts[0], at)


def _directory(name: bytes, upper: Merged, lower: Merged, at: int) -> None:
    os.mkdir(name, 0o700, dir_fd=at)
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
    inner = upper.enter(name)
    visible = Merged([*upper.parts, *lower.parts]).enter(name)
    below = Merged(visible.parts[len(inner.parts) :])
    try:
        if not below.parts and lower.find(name) is not None:
            make_opaque(fd)
        squash(inner, below, fd)
    finally:
        inner.close()
        visible.close()
        os.close(fd)


def _file(name: bytes, source: int, status: os.stat_result, at: int) -> None:
    kind = nodes.kind_of(status)
    if kind is not None and not (kind == header.REGULAR and linked(source, name, at, name)):
        copy(source, name, at, name, nodes.described(kind, status))


def _dress(source: int, target: int) -> None:
    """Give a directory the attributes of another."""
    status = os.fstat(source)
    entry = nodes.described(header.DIRECTORY, status)
    entry.xattrs = nodes.own_xattrs(source)
    os.fchmod(target, entry.mode)
    nodes.seal(target, entry)
