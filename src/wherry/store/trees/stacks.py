"""Single files of a stack of layer directories, by paths that an image or a client chose. No link leads out, and
devices are never opened."""

import os
import stat
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from wherry.store.trees.descriptors import closing_fd
from wherry.tar.trees.merged import Merged
from wherry.tar.trees.resolving import resolved

_MAX_TEXT = 1 << 20  # bytes
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def opened(trees: Sequence[Path]) -> Merged:
    """A stack, the uppermost tree first. To be closed."""
    return Merged.open(tuple(map(os.fspath, trees)))


def read_text(trees: Sequence[Path], path: str) -> str:
    """The beginning of a text file; "" if it is not there, or no regular file. Blocks."""
    with closing(opened(trees)) as top:
        real = resolved(top, os.fsencode(path))
        if not real:
            return ""
        folder, _, name = real.rpartition(b"/")
        with closing(top.descend(folder)) as here:
            found = here.find(name)
            return _text(name, found[0]) if found and stat.S_ISREG(found[1].st_mode) else ""


def unlink(tree: Path, path: bytes) -> None:
    """Remove a file of one tree, if it is there. Blocks."""
    folder, _, name = path.rpartition(b"/")
    with closing(opened((tree,))) as top:
        real = resolved(top, folder)
        if real is not None:
            with closing(top.descend(real)) as here, suppress(FileNotFoundError):
                for fd in here.parts:
                    os.unlink(name, dir_fd=fd)


def _text(name: bytes, folder: int) -> str:
    with closing_fd(os.open(name, _READ, dir_fd=folder)) as fd:
        return os.read(fd, _MAX_TEXT).decode("utf-8", "replace")
