"""The walk of a directory: all that is below it, by name at each level, a directory before what it holds."""

import os
import stat
from collections.abc import Callable, Generator, Iterator

Keep = Callable[[bytes], bool]
Found = tuple[int, bytes, bytes, os.stat_result]
"""An open directory, a name in it, its path from the root of the walk, and its status. Where it is a directory, that is
the one that is open, and there is a slash behind its path."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def walk(root: int, keep: Keep | None = None, enter: Keep | None = None) -> Generator[Found, None, None]:
    """Everything below an open directory, which it closes; deep trees must not meet Python's stack.

    ``keep`` is asked with the path, and what it refuses is left out with all that is below, unless it is a directory
    that ``enter`` accepts. What vanishes meanwhile is left out. Raises ``OSError``.
    """
    open_directories = [(root, b"", _names(root))]
    try:
        while open_directories:
            at, path, names = open_directories[-1]
            name = next(names, None)
            if name is None:
                os.close(open_directories.pop()[0])
                continue
            inner = path + name
            kept = keep is None or keep(inner)
            if not kept and not (enter and enter(inner)):
                continue
            try:
                status = os.lstat(name, dir_fd=at)
                if stat.S_ISDIR(status.st_mode):
                    at, inner = os.open(name, _DIRECTORY, dir_fd=at), inner + b"/"
                    open_directories.append((at, inner, _names(at)))
            except FileNotFoundError:
                continue  # a living tree loses files between a look and the next
            if kept:
                yield at, name, inner, status
    finally:
        for fd, _, _ in open_directories:
            os.close(fd)


def open_found(root: int, path: bytes, flags: int) -> int:
    """Opens what a walk of ``root`` found. OSError if there is a link in its path by now: it would lead elsewhere."""
    *folders, name = path.split(b"/")
    at = root
    try:
        for folder in folders:
            above, at = at, os.open(folder, _DIRECTORY, dir_fd=at)
            if above != root:
                os.close(above)
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=at)
    finally:
        if at != root:
            os.close(at)


def _names(fd: int) -> Iterator[bytes]:
    return iter(sorted(map(os.fsencode, os.listdir(fd))))
