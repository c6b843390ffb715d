"""A mirror brought up to date: contents are received beside it, and when all are there it is changed in one go.

Paths are those that were checked: relative, each in a directory that is told of as well. Still nothing here follows a
link, and no file is written to that is there already, for it may be a layer's too.
"""

from __future__ import annotations

import hashlib
import os
import stat
from base64 import b64decode
from collections.abc import Iterable, Mapping

from . import header, nodes
from .header import Entry
from .merged import Merged
from .stream import Stream
from .tree import Directory, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = Mapping[str, Any]

HEAD = 8  # bytes: a file's number and the length of what follows, in network order; length 0 ends the file

_MOST_OPEN = 256
_USER_XATTR, _CAPABILITY = b"user.", b"security.capability"


class Unasked(Exception):
    """Content came that nobody asked for."""


class Inbox:
    """Files of an open directory, by their numbers, as their contents come: of several at a time, in pieces.

    ``digests`` are the sizes in bytes and SHA-256 of those that are whole.
    """

    def __init__(self, folder: int, wanted: Iterable[int]) -> None:
        self._folder = folder
        self._wanted = set(wanted)
        self._open: dict[int, _Incoming] = {}
        self.digests: dict[int, tuple[int, str]] = {}

    def receive(self, stream: Stream) -> None:
        """Until all is there. Unasked for what is not wanted."""
        while self._wanted:
            head = stream.take(HEAD)
            number, length = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
            file = self._file(number)
            for piece in stream.pieces(length):
                file.add(piece)
            if not length:
                self.digests[number] = file.finish()
                self._wanted.discard(number)
                del self._open[number]

    def _file(self, number: int) -> _Incoming:
        if number not in self._open:
            if number not in self._wanted:
                raise Unasked(f"invalid file request {number}")
            if len(self._open) == _MOST_OPEN:
                raise Unasked("too many files at a time")
            self._open[number] = _Incoming(nodes.create(self._folder, b"%d" % number, 0o600))
        return self._open[number]


class _Incoming:
    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._hash = hashlib.sha256()
        self._size = 0

    def add(self, piece: memoryview) -> None:
        self._hash.update(piece)
        self._size += len(piece)
        while piece:
            piece = piece[os.write(self._fd, piece) :]

    def finish(self) -> tuple[int, str]:
        os.close(self._fd)
        return self._size, self._hash.hexdigest()


class Mirror:
    """The open directory ``root``; what it gets is moved there from the open directory ``inbox``."""

    def __init__(self, root: int, inbox: int) -> None:
        self._root = root
        self._inbox = inbox
        self._tree = Tree(root, Merged())

    def remove(self, paths: Iterable[bytes]) -> None:
        """Files, and directories that are empty by then."""
        for path in paths:
            self._tree.trim()
            parent, _, name = path.rpartition(b"/")
            where = self._tree.directory(parent)
            self._tree.remove(where, name)

    def make(self, made: Iterable[Json]) -> None:
        """`MadeFile` as JSON each; directories that are there stay."""
        for each in made:
            self._tree.trim()
            entry = described(each["file"])
            parent, _, name = entry.name.rpartition(b"/")
            self._put(each["number"], entry, self._tree.directory(parent), name)

    def dress(self, directories: Iterable[Json]) -> None:
        """Give directories, `OfferedFile` as JSON, their attributes: those of a directory after what is in it."""
        for entry in reversed([described(each) for each in directories]):
            self._tree.trim()
            self._tree.finish(entry.name, entry)

    def _put(self, number: int | None, entry: Entry, where: Directory, name: bytes) -> None:
        if entry.kind == header.DIRECTORY:
            self._tree.ensure(where, name)
        elif number is not None:
            self._move(number, entry, where, name)
        elif entry.kind == header.REGULAR:
            parent, _, target = entry.link.rpartition(b"/")
            at = self._tree.directory(parent).fd
            os.link(target, name, src_dir_fd=at, dst_dir_fd=where.fd, follow_symlinks=False)
        elif entry.kind == header.SYMLINK:
            nodes.symlink(where.fd, name, entry)
        else:
            nodes.special(where.fd, name, entry)

    def _move(self, number: int, entry: Entry, where: Directory, name: bytes) -> None:
        incoming = b"%d" % number
        fd = os.open(incoming, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._inbox)
        try:
            os.fchmod(fd, entry.mode)
            nodes.seal(fd, entry)
        finally:
            os.close(fd)
        os.rename(incoming, name, src_dir_fd=self._inbox, dst_dir_fd=where.fd)


def described(file: Json) -> Entry:
    """The entry that says what a client told of a file."""
    entry = Entry()
    entry.name = b64decode(file["path"])
    entry.link = b64decode(file["link"])
    entry.kind = nodes.KINDS[stat.S_IFMT(file["mode"])]
    entry.mode = stat.S_IMODE(file["mode"])
    entry.uid, entry.gid = file["uid"], file["gid"]
    entry.mtime = file["mtime"]
    entry.device = tuple(file["device"])
    entry.xattrs = {os.fsencode(key): b64decode(value) for key, value in file["xattrs"].items()}
    entry.xattrs = {key: value for key, value in entry.xattrs.items() if _may_have(key)}
    return entry


def _may_have(key: bytes) -> bool:
    """The others are the host's own affair: access lists, labels, overlayfs."""
    return key == _CAPABILITY or key.startswith(_USER_XATTR)
