"""Files inside a container's root, reached without ever leaving it.

Links in an image may point anywhere, and a running container may change them meanwhile. So a path is walked component
by component on open directories: a link is read and its target walked in its place, "/" means the container's root,
and ".." goes back to the directory that was come from. Nothing outside the root can be reached, on any kernel.

Sources: path_resolution(7), openat(2) on O_PATH and O_NOFOLLOW, symlink(7) on the limit of links.
"""

import errno
import os
import stat
from collections.abc import Callable
from typing import Final

from wherry.errors import InvalidArgument
from wherry.model.remapping import Owner

_MOST_LINKS: Final = 40
_IMPOSSIBLE: Final = frozenset((errno.ENAMETOOLONG, errno.ELOOP))
_NO_LINK: Final = frozenset((errno.EINVAL, errno.ENOENT, errno.ENOTDIR))
_ABSENT: Final = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))

_Open = Callable[[int, str], int]


def read_text(root: str, path: str, limit: int = 1 << 20) -> str:
    """At most ``limit`` bytes of the file at ``path`` below ``root``; what is no UTF-8 is replaced.

    "" if it is not there, or is no regular file: a device or a fifo of an image is never opened.
    """
    try:
        node = _walk(root, path, _open)
    except OSError as error:
        if error.errno in _ABSENT:
            return ""
        raise
    try:
        return _content(node, limit) if stat.S_ISREG(os.fstat(node).st_mode) else ""
    finally:
        os.close(node)


def make_directory(root: str, path: str, uid: int, gid: int, mode: int = 0o755) -> None:
    """Make the directory ``path`` below ``root``, with those above it, as far as they are missing.

    Those made belong to ``uid``:``gid``. InvalidArgument, with Docker's text, if something else is there.
    """

    def open_or_make(parent: int, name: str) -> int:
        try:
            return _open(parent, name)
        except FileNotFoundError:
            return _make(parent, name, uid, gid, mode)

    try:
        node = _walk(root, path, open_or_make)
    except NotADirectoryError:
        raise _no_directory(path) from None
    except OSError as error:
        if error.errno not in _IMPOSSIBLE:
            raise
        raise InvalidArgument(f"mkdir {path}: {os.strerror(error.errno).lower()}") from None
    try:
        if not stat.S_ISDIR(os.fstat(node).st_mode):
            raise _no_directory(path)
    finally:
        os.close(node)


def mount_point(root: str, path: str, maker: Owner, *, directory: bool) -> int:
    """A descriptor (O_PATH) of what is at ``path`` below ``root``, to mount onto: made where it is missing, as an empty
    file or as a ``directory``, with the directories above it. What is made is the ``maker``'s."""
    if not directory:
        make_directory(root, path.rpartition("/")[0], *maker)

    def open_or_make(parent: int, name: str) -> int:
        try:
            return _open(parent, name)
        except FileNotFoundError:
            return _make(parent, name, *maker, 0o755) if directory else _make_file(parent, name, maker)

    return _walk(root, path, open_or_make)


def leads_to(root: str, path: str) -> str:
    """``path`` below ``root`` without links, as far as it is there; the rest stays as it is: what will be mounted there
    is not known yet. InvalidArgument for more links than the kernel follows."""
    names, found, links = _reversed_names(path), list[str](), 0
    while names:
        name = names.pop()
        if name == "..":
            found = found[:-1]
        elif (target := _link("/".join((root, *found, name)))) is None:
            found.append(name)
        else:
            links += 1
            if links > _MOST_LINKS:
                raise InvalidArgument(f"{path}: {os.strerror(errno.ELOOP).lower()}")
            found = [] if target.startswith("/") else found
            names += _reversed_names(target)
    return "/" + "/".join(found)


def _link(path: str) -> str | None:
    """Where it leads, None if it is no link."""
    try:
        return os.readlink(path)
    except OSError as error:
        if error.errno in _NO_LINK:
            return None
        raise


def _walk(root: str, path: str, enter: _Open) -> int:
    """A descriptor (O_PATH) of what is at ``path``; ``enter`` opens one name in a directory, not following links."""
    trail = [os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)]
    names = _reversed_names(path)
    links = 0
    try:
        while names:
            name = names.pop()
            if name == "..":
                _go_back(trail, max(1, len(trail) - 1))
                continue
            trail.append(enter(trail[-1], name))
            if stat.S_ISLNK(os.fstat(trail[-1]).st_mode):
                links += 1
                if links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                target = os.readlink("", dir_fd=trail[-1])
                _go_back(trail, 1 if target.startswith("/") else len(trail) - 1)
                names += _reversed_names(target)
        return os.dup(trail[-1])
    finally:
        _go_back(trail, 0)


def _go_back(trail: list[int], length: int) -> None:
    while len(trail) > length:
        os.close(trail.pop())


def _reversed_names(path: str) -> list[str]:
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


def _open(parent: int, name: str) -> int:
    return os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


def _make(parent: int, name: str, uid: int, gid: int, mode: int) -> int:
    os.mkdir(name, mode, dir_fd=parent)
    os.chown(name, uid, gid, dir_fd=parent, follow_symlinks=False)
    made = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    os.fchmod(made, mode)  # mkdir's mode is cut by the umask
    return made


def _make_file(parent: int, name: str, maker: Owner) -> int:
    made = os.open(name, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=parent)
    os.fchown(made, *maker)
    return made


def _no_directory(path: str) -> InvalidArgument:
    return InvalidArgument(f"Cannot mkdir: {path} is not a directory")


def _content(node: int, limit: int) -> str:
    file = os.open(f"/proc/self/fd/{node}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = min(os.fstat(file).st_size, limit)  # a buffer of the limit's size would have to be made
        return os.read(file, size).decode(errors="replace")
    finally:
        os.close(file)
