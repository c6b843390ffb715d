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

from ..format import header
from ..format.header import Entry
from ..format.stream import Stream
from ..trees import nodes
from ..trees.merged import Merged
from ..trees.tree import Directory, Tree
from .packets import DATA, ERROR, packet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = Mapping[str, Any]

_MOST_OPEN = 256
_USER_XATTR, _CAPABILITY = b"user.", b"security.capability"


class Unasked(Exception):
    """The client sends what nobody asked for, or says that it cannot send what was."""


class Inbox:
    """Files of an open directory, by their numbers, as their contents come: of several at a time, in pieces.

    ``wanted`` says what each is like. ``digests`` are the sizes in bytes and SHA-256 of those that are whole.
    """

    def __init__(self, folder: int, wanted: Mapping[int, Entry]) -> None:
        self._folder = folder
        self._wanted = dict(wanted)
        self._open: dict[int, _Incoming] = {}
        self.digests: dict[int, tuple[int, str]] = {}

    def receive(self, stream: Stream) -> None:
        """Until all is there. Unasked."""
        while self._wanted:
            kind, number, data = packet(stream)
            if kind == ERROR:
                raise Unasked(f"error from sender: {str(data, 'utf-8', 'replace')}")
            if kind != DATA or number not in self._wanted:
                raise Unasked(f"invalid file request {number}")
            file = self._open.get(number) or self._begin(number)
            if data:
                file.add(data)
            else:
                del self._open[number]
                self.digests[number] = file.finish(self._wanted.pop(number))

    def _begin(self, number: int) -> _Incoming:
        if len(self._open) == _MOST_OPEN:
            raise Unasked("too many files at a time")
        self._open[number] = _Incoming(nodes.create(self._folder, b"%d" % number, self._wanted[number].mode))
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

    def finish(self, entry: Entry) -> tuple[int, str]:
        nodes.seal(self._fd, entry)
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

    def make(self, made: Iterable[tuple[int | None, Entry]]) -> None:
        """Files, with the numbers of those that are in the inbox; directories that are there stay."""
        for number, entry in made:
            self._tree.trim()
            parent, _, name = entry.name.rpartition(b"/")
            self._put(number, entry, self._tree.directory(parent), name)

    def dress(self, directories: Iterable[Entry]) -> None:
        """Give directories their attributes: those of a directory after what is in it."""
        for entry in reversed(list(directories)):
            self._tree.trim()
            self._tree.finish(entry.name, entry)

    def _put(self, number: int | None, entry: Entry, where: Directory, name: bytes) -> None:
        if entry.kind == header.DIRECTORY:
            self._tree.ensure(where, name)
        elif number is not None:
            os.rename(b"%d" % number, name, src_dir_fd=self._inbox, dst_dir_fd=where.fd)
        elif entry.kind == header.REGULAR:
            parent, _, target = entry.link.rpartition(b"/")
            at = self._tree.directory(parent).fd
            os.link(target, name, src_dir_fd=at, dst_dir_fd=where.fd, follow_symlinks=False)
        elif entry.kind == header.SYMLINK:
            nodes.symlink(where.fd, name, entry)
        else:
            nodes.special(where.fd, name, entry)


def described(file: Json) -> Entry:
    """The entry that says what a client told of a file: `OfferedFile` as JSON."""
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
