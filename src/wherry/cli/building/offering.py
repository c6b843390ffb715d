"""A directory that is offered to the engine: it is told what there is, and asks for what it does not have."""

import os
import stat
from contextlib import suppress

from ...spans import spans
from ...tar.batching import batched, with_spans
from ...tar.builds.telling import END, data_head, message, stat_packet
from ...tar.trees.walking import open_found, walk
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ...spans import Span

    Keep = Callable[[bytes], bool]

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
XATTRS = ("user.", "security.capability")  # the others are the host's own affair


class Offering:
    """Of the directory ``root`` what ``keeps`` and ``enters`` leave of a walk; ``dockerfile`` is what that says.

    ``size`` is what all files have in bytes, when they have been told.
    """

    def __init__(self, root: str, keeps: "Keep | None", enters: "Keep | None", dockerfile: bytes) -> None:
        self.size = 0
        self._root = os.fsencode(root)
        self._choice = keeps, enters
        self._dockerfile = dockerfile
        self._paths: list[bytes] = []
        self._linked: dict[tuple[int, int], bytes] = {}

    @property
    def key(self) -> str:
        """The same for this directory of this machine alone."""
        status = os.stat(self._root)
        return f"{os.uname().nodename}:{status.st_dev}:{status.st_ino}:{os.fsdecode(self._root)}"

    def told(self) -> "Iterator[bytes]":
        """The Dockerfile, and what there is. CommandError."""
        try:
            yield from batched(self._tell())
        except OSError as error:
            raise unreadable(error, error.filename or self._root) from None

    def contents(self, wanted: "Iterable[int]") -> "Iterator[bytes | Span]":
        """Of files, by the order in which they were told of. CommandError."""
        return with_spans(self._contents(wanted))

    def _tell(self) -> "Iterator[bytes]":
        yield message(self._dockerfile)
        for at, name, path, status in walk(os.open(self._root, DIRECTORY), *self._choice):
            if not stat.S_ISSOCK(status.st_mode):
                with suppress(FileNotFoundError):  # a living tree loses files between a look and the next
                    yield self._packet(at, name, path.rstrip(b"/"), status)
        yield END

    def _packet(self, at: int, name: bytes, path: bytes, status: os.stat_result) -> bytes:
        mode, inner = status.st_mode, self._root + b"/" + path
        link = os.readlink(name, dir_fd=at) if stat.S_ISLNK(mode) else self._first_name(path, status)
        size = status.st_size if stat.S_ISREG(mode) else 0
        device = (os.major(status.st_rdev), os.minor(status.st_rdev)) if status.st_rdev else None
        xattrs = _xattrs(at) if stat.S_ISDIR(mode) else _xattrs(inner) if stat.S_ISREG(mode) else {}
        self.size += size
        self._paths.append(path)
        return stat_packet(path, mode, size, status.st_mtime_ns, link=link, device=device, xattrs=xattrs)

    def _first_name(self, path: bytes, status: os.stat_result) -> bytes:
        """Of a file that was told of by another name."""
        if status.st_nlink == 1 or stat.S_ISDIR(status.st_mode):
            return b""
        first = self._linked.setdefault((status.st_dev, status.st_ino), path)
        return first if first is not path else b""

    def _contents(self, wanted: "Iterable[int]") -> "Iterator[bytes | Span]":
        root = os.open(self._root, DIRECTORY)
        try:
            for number in wanted:
                yield from self._content(root, number)
        finally:
            os.close(root)

    def _content(self, root: int, number: int) -> "Iterator[bytes | Span]":
        path = self._paths[number]
        try:
            fd = open_found(root, path, FILE)
        except OSError as error:
            raise unreadable(error, self._root + b"/" + path) from None
        try:
            for span in spans(fd, 0, os.fstat(fd).st_size):
                yield data_head(number, len(span))
                yield span
            yield data_head(number, 0)
        finally:
            os.close(fd)


def unreadable(error: OSError, path: "str | bytes") -> CommandError:
    return CommandError(f"error checking context: {os.fsdecode(path)}: {error.strerror}")


def _xattrs(file: int | bytes) -> dict[bytes, bytes]:
    names = [name for name in os.listxattr(file) if name.startswith(XATTRS)]
    return {os.fsencode(name): os.getxattr(file, name) for name in names}
