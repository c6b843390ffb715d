"""The process that works for a build: it unpacks a context, tells what files are, and copies them into a layer.

One argument says which, and for ``unpack`` another one where; what else there is to know comes as JSON on standard
input. It ends as ``child`` does, with JSON for a text, and 5 where the build asked for something that cannot be.
"""

import errno
import hashlib
import json
import os
import stat
import sys
from typing import Any

from .child import Refused, confine, end_with, open_many_files, standard_input
from .compression import decompressed, prepare
from .extract import Extractor, normalized, size_below
from .header import BLOCK, TarError, parse
from .merged import Merged
from .modes import parse as parse_mode
from .pack import diff
from .placing import Placer
from .resolving import matching, resolved
from .selecting import Digest, members
from .stream import Stream

_READ = 1 << 20
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC

_REFUSALS = frozenset((errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG))

Json = dict[str, Any]


class Source:
    """One thing to be copied: ``path`` as it was asked for, ``real`` where it is, None if it is nowhere."""

    def __init__(self, top: Merged, path: bytes, selection: Json) -> None:
        self.top = top
        self.path = path
        self.real = resolved(top, path)
        self.selection = selection

    @property
    def base(self) -> bytes:
        """What it is called where it is copied to."""
        return normalized(self.path).rpartition(b"/")[2]

    def look(self) -> tuple[int, bytes, os.stat_result]:
        """An open directory, the name in it, and what it is. For the root that is all of it."""
        assert self.real is not None
        parent, _, name = self.real.rpartition(b"/")
        here = self.top.descend(parent)
        found = here.find(name) if name else (here.parts[0], os.fstat(here.parts[0]))
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return found[0], name, found[1]


def main() -> None:
    end_with(_work)


def _work() -> str:
    open_many_files()
    try:
        return json.dumps(_done(sys.argv[1]))
    except ValueError as error:
        raise Refused(f"syntax error in pattern: {error}") from error
    except OSError as error:
        if error.errno in _REFUSALS:
            raise Refused(os.strerror(error.errno).lower()) from error
        raise


def _done(task: str) -> Json:
    if task == "unpack":
        return _unpack(sys.argv[2])
    request = json.loads(b"".join(standard_input()))
    if task == "select":
        return _select(request)
    return _place(request) if task == "place" else _make_directory(request)


def _unpack(into: str) -> Json:
    chunks = decompressed(standard_input())
    extractor = Extractor(confine(into), Stream(chunks), Merged(), whiteouts=False)
    extractor.run()
    return {"size": extractor.size, "entries": extractor.count}


def _select(request: Json) -> Json:
    """``missing`` is the first source that is not there; else one digest tells all."""
    sources = _sources(request)
    missing = next((source for source in sources if source.real is None), None)
    if missing is not None:
        return {"count": len(sources), "missing": os.fsdecode(missing.path)}
    digests = [_digest(source) for source in sources]
    if len(digests) == 1:
        return {"count": 1, "digest": digests[0]}
    return {"count": len(digests), "digest": f"multi:{hashlib.sha256(','.join(digests).encode()).hexdigest()}"}


def _sources(request: Json) -> list[Source]:
    found = []
    for selection in request["selections"]:
        top = Merged.open(tuple(selection["trees"]))
        for pattern in selection["patterns"]:
            found += [Source(top, path, selection) for path in matching(top, pattern)]
    return found


def _digest(source: Source) -> str:
    digest = Digest(owners=source.selection["owners"])
    at, name, status = source.look()
    digest.add(source.base, at, name, status)
    if not stat.S_ISDIR(status.st_mode):
        return f"file:{digest.hexadecimal()}"
    assert source.real is not None
    for member in members(source.top, source.real):
        digest.add(*member)
    return f"dir:{digest.hexadecimal()}"


def _place(request: Json) -> Json:
    sources = _sources(request)
    lowers = Merged.open(tuple(request["lowers"]))
    prepare()
    owner = tuple(request["owner"]) if request["owner"] else None
    chmod = parse_mode(request["chmod"]) if request["chmod"] else None
    root = confine(request["into"])
    placer = Placer(root, lowers, owner, chmod, link=request["link"])
    for source in sources:
        _put(placer, source, os.fsencode(request["destination"]), lowers, root)
    placer.finish()
    return _identity(root)


def _put(placer: Placer, source: Source, destination: bytes, lowers: Merged, root: int) -> None:
    at, name, status = source.look()
    path = normalized(destination)
    if stat.S_ISDIR(status.st_mode):
        assert source.real is not None
        placer.contents(source.top, source.real, path)
    elif source.selection["unpack"] and stat.S_ISREG(status.st_mode) and _is_archive(at, name):
        _unpack_into(placer, at, name, path, lowers)
    else:
        if destination.endswith(b"/") or placer.is_directory(path):
            path = path + b"/" + source.base if path else source.base
        placer.file(at, name, status, path)


def _is_archive(at: int, name: bytes) -> bool:
    """By content, not by name: the first header of a tar archive, plain or compressed."""
    fd = os.open(name, _OPEN, dir_fd=at)
    try:
        block = Stream(decompressed(iter(lambda: os.read(fd, _READ), b""))).block()
        if len(block) < BLOCK or not block.strip(b"\0"):
            return False
        parse(block)
    except TarError:
        return False
    finally:
        os.close(fd)
    return True


def _unpack_into(placer: Placer, at: int, name: bytes, path: bytes, lowers: Merged) -> None:
    where = placer.tree.directory(path)
    fd = os.open(name, _OPEN, dir_fd=at)
    try:
        stream = Stream(decompressed(iter(lambda: os.read(fd, _READ), b"")))
        Extractor(os.dup(where.fd), stream, lowers.descend(where.path), whiteouts=False).run()
    finally:
        os.close(fd)


def _make_directory(request: Json) -> Json:
    """A directory where there is none yet; root's."""
    lowers = Merged.open(tuple(request["lowers"]))
    path = os.fsencode(request["path"])
    found = resolved(lowers, path)
    root = confine(request["into"])
    placer = Placer(root, lowers, (0, 0), None, link=True)
    if found is None or not placer.is_directory(path):
        placer.tree.directory(normalized(path))
    placer.finish()
    return _identity(root)


def _identity(root: int) -> Json:
    digest = hashlib.sha256()
    for chunk in diff("/"):
        digest.update(chunk)
    return {"diff_id": f"sha256:{digest.hexdigest()}", "size": size_below(root, set()), "entries": 0}
