"""Files to be copied: found by patterns, walked, and told by one digest of what they are.

Nothing is written and no link is followed but within the trees: this may be done in any process.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..layers.extract import normalized
from ..trees.merged import Member, Merged
from ..trees.resolving import matching, resolved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .ignoring import Ignored

Digests = Mapping[bytes, tuple[int, int, bytes]]

REFUSALS = frozenset((errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG))
"""Errors that are the fault of who asked, not of this host."""

_READ = 1 << 20
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class Source:
    """One thing to be copied: ``path`` as it was asked for, ``real`` where it is, None if it is nowhere.

    ``kept`` is the part of the path that is made where it is copied to, b"" if none is. What is ``ignored``, by its
    path relative to the source, is left out.
    """

    def __init__(
        self,
        top: Merged,
        path: bytes,
        *,
        kept: bytes,
        ignored: Ignored | None,
        owners: bool,
        unpack: bool,
        digests: Digests,
    ) -> None:
        self.top = top
        self.path = path
        self.real = resolved(top, path)
        self.kept = kept
        self.owners = owners
        self.unpack = unpack
        self.digests = digests
        self._ignored = ignored
        self._folder = Merged()

    @property
    def base(self) -> bytes:
        """What it is called where it is copied to."""
        return normalized(self.path).rpartition(b"/")[2]

    def is_left_out(self) -> bool:
        """Whether it is a file that is ignored."""
        if self.real is None or self._ignored is None or os.fsdecode(self.base) not in self._ignored:
            return False
        try:
            return not stat.S_ISDIR(self.look()[2].st_mode)
        finally:
            self.close()

    def members(self) -> Iterator[Member]:
        """All that is to be copied of a directory."""
        assert self.real is not None
        return self.top.members(self.real, self._ignored)

    def look(self) -> tuple[int, bytes, os.stat_result]:
        """A directory that is open until ``close``, the name in it, and what it is. For the root that is all of it."""
        assert self.real is not None
        parent, _, name = self.real.rpartition(b"/")
        self._folder = self.top.descend(parent)
        here = self._folder
        found = here.find(name) if name else (here.parts[0], os.fstat(here.parts[0]))
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return found[0], name, found[1]

    def close(self) -> None:
        self._folder.close()
        self._folder = Merged()


class Sources:
    """What the patterns of some selections stand for, each as JSON (``model.build.Selection``).

    ValueError for a malformed pattern. Trees are open until ``close``.
    """

    def __init__(self, selections: Iterable[Mapping[str, Any]]) -> None:
        self.found: list[Source] = []
        self._tops: list[Merged] = []
        try:
            for selection in selections:
                self._add(selection)
        except BaseException:
            self.close()
            raise

    def _add(self, selection: Mapping[str, Any]) -> None:
        top = Merged.open(tuple(map(os.fspath, selection["trees"])))
        self._tops.append(top)
        ignored = _ignored(selection["exclude"])
        for pattern in selection["patterns"]:
            before, pivot, behind = pattern.rpartition("/./") if selection["parents"] else ("", "", pattern)
            for path in matching(top, f"{before}/{behind}" if pivot else pattern):
                source = Source(
                    top,
                    path,
                    kept=_behind(path, before) if selection["parents"] else b"",
                    ignored=ignored,
                    owners=selection["owners"],
                    unpack=selection["unpack"],
                    digests=selection.get("digests", {}),
                )
                if not source.is_left_out():
                    self.found.append(source)

    def close(self) -> None:
        for top in self._tops:
            top.close()


def _ignored(patterns: Sequence[str]) -> Ignored | None:
    if not patterns:
        return None
    from .ignoring import Ignored

    return Ignored(patterns)


def _behind(path: bytes, before: str) -> bytes:
    """The path without as many components as ``before`` has."""
    names = normalized(path).split(b"/")
    return b"/".join(names[len(list(filter(None, before.split("/")))) :])


def select(selections: Iterable[Mapping[str, Any]]) -> tuple[int, str, bytes | None]:
    """How many sources there are, one digest of all, and the first that is not there. Blocks.

    A selection's ``digests`` are size, time and SHA-256 of files by their paths: those that have both still are not
    read.
    """
    sources = Sources(selections)
    try:
        missing = next((source for source in sources.found if source.real is None), None)
        if missing is not None:
            return len(sources.found), "", missing.path
        digests = [_digest(source) for source in sources.found]
    finally:
        sources.close()
    if len(digests) == 1:
        return 1, digests[0], None
    return len(digests), f"multi:{hashlib.sha256(','.join(digests).encode()).hexdigest()}", None


def _digest(source: Source) -> str:
    digest = Digest(owners=source.owners, known=source.digests)
    assert source.real is not None
    try:
        at, name, status = source.look()
        digest.add(source.kept or source.base, at, name, status, source.real)
        if not stat.S_ISDIR(status.st_mode):
            return f"file:{digest.hexadecimal()}"
        real = source.real + b"/" if source.real else b""
        for member in source.members():
            digest.add(*member, real + member[0])
        return f"dir:{digest.hexadecimal()}"
    finally:
        source.close()


class Digest:
    """Of names, kinds, modes, links and contents; of owners too if they are to be kept. Times do not count."""

    def __init__(self, *, owners: bool, known: Digests) -> None:
        self._hash = hashlib.sha256()
        self._owners = owners
        self._known = known
        self._buffer = memoryview(bytearray(_READ))

    def add(self, name: bytes, at: int, base: bytes, status: os.stat_result, path: bytes) -> None:
        """One file or directory, without what is in it. ``path`` is where it is in its tree."""
        self._add_head(name, status)
        if stat.S_ISREG(status.st_mode):
            size, mtime, digest = self._known.get(path, (-1, 0, b""))
            known = (size, mtime) == (status.st_size, status.st_mtime_ns)
            self._hash.update(digest if known else self._content(at, base))
        elif stat.S_ISLNK(status.st_mode):
            self._hash.update(os.readlink(base, dir_fd=at) + b"\0")

    def hexadecimal(self) -> str:
        return self._hash.hexdigest()

    def _add_head(self, name: bytes, status: os.stat_result) -> None:
        size = status.st_size if stat.S_ISREG(status.st_mode) else 0
        owner = b" %d %d" % (status.st_uid, status.st_gid) if self._owners else b""
        self._hash.update(b"%b\0%d %d %d%b\0" % (name, status.st_mode, size, status.st_rdev, owner))

    def _content(self, at: int, name: bytes) -> bytes:
        digest = hashlib.sha256()
        with open(os.open(name, _OPEN, dir_fd=at), "rb", buffering=0) as file:
            while size := file.readinto(self._buffer):
                digest.update(self._buffer[:size])
        return digest.digest()
