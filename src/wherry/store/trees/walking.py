"""Trees that may be hostile: very deep, full of links, with names of any bytes. Links are never followed."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from wherry.store.trees.descriptors import closing_fd, open_directory

MAX_DEPTH: Final = 64  # open directories at a time


def delete_tree(path: Path) -> None:
    """Remove a directory and everything below it, however deep. What is gone already is no error, nor is somebody else
    who removes it at the same time.

    Mounts below it would be emptied too: look for them first.
    """
    try:
        top = open_directory(path)
    except FileNotFoundError:
        return
    with closing_fd(top):
        while _empty(top, top, 0):
            pass
    with suppress(FileNotFoundError):
        os.rmdir(path)


def _empty(top: int, folder: int, depth: int) -> int:
    """Remove what ``folder`` holds. Directories too deep for open descriptors are moved up to ``top``: gives how many
    wait there for another round."""
    moved = 0
    with os.scandir(folder) as entries:
        listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_directory in listed:
        with suppress(FileNotFoundError):
            if not is_directory:
                os.unlink(name, dir_fd=folder)
            elif depth == MAX_DEPTH:
                os.rename(name, f".deep-{os.urandom(8).hex()}", src_dir_fd=folder, dst_dir_fd=top)
                moved += 1
            else:
                with closing_fd(open_directory(name, folder)) as child:
                    moved += _empty(top, child, depth + 1)
                os.rmdir(name, dir_fd=folder)
    return moved


def tree_size(path: Path) -> int:
    """Bytes of all that is no directory, hard links counted once, as ``du --apparent-size`` does without directories.

    The tree may change meanwhile; what vanishes is not counted, nor is what lies deeper than ``MAX_DEPTH``.
    """
    try:
        top = open_directory(path)
    except FileNotFoundError:
        return 0
    with closing_fd(top):
        return _measure(top, set(), 0)


def _measure(folder: int, linked: set[tuple[int, int]], depth: int) -> int:
    total = 0
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    for name in names:
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                total += _measure_child(name, folder, linked, depth)
            elif status.st_nlink == 1:
                total += status.st_size
            elif (status.st_dev, status.st_ino) not in linked:
                linked.add((status.st_dev, status.st_ino))
                total += status.st_size
        except (FileNotFoundError, NotADirectoryError):
            continue
    return total


def _measure_child(name: str, folder: int, linked: set[tuple[int, int]], depth: int) -> int:
    if depth == MAX_DEPTH:
        return 0
    with closing_fd(open_directory(name, folder)) as child:
        return _measure(child, linked, depth + 1)
