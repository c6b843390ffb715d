"""The process that copies files into a layer, makes a directory there, or makes one layer of several.

One argument says which; what else there is to know comes as JSON on standard input. The end is told as ``layer`` does,
with JSON for a text, and 5 where the build asked for something that cannot be.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..builds.placing import Placer
from ..builds.selecting import REFUSALS, Source, Sources
from ..format.compression import decompressed, prepare
from ..format.header import BLOCK, TarError, parse
from ..format.stream import Stream
from ..layers.extract import Extractor, normalized, size_below
from ..layers.squashing import squash
from ..pack import diff
from ..trees.merged import Merged
from ..trees.modes import Chmod
from ..trees.modes import parse as parse_mode
from ..trees.resolving import resolved
from .process import Refused, confine, end_with, open_many_files, standard_input

_READ = 1 << 20
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]


def main() -> None:
    end_with(_work)


def _work() -> str:
    open_many_files()
    try:
        return json.dumps(_done(sys.argv[1]))
    except ValueError as error:
        raise Refused(f"syntax error in pattern: {error}") from error
    except OSError as error:
        if error.errno in REFUSALS:
            raise Refused(os.strerror(error.errno).lower()) from error
        raise


def _done(task: str) -> Json:
    request = json.loads(b"".join(standard_input()))
    return {"place": _place, "make": _make_directory, "squash": _squash}[task](request)


def _place(request: Json) -> Json:
    sources = Sources(request["selections"]).found
    lowers = Merged.open(tuple(request["lowers"]))
    prepare()
    owner = tuple(request["owner"]) if request["owner"] else None
    chmod = _chmod(request["chmod"])
    root = confine(request["into"])
    placer = Placer(root, lowers, owner, chmod, link=request["link"])
    for source in sources:
        _put(placer, source, os.fsencode(request["destination"]), lowers, root)
        source.close()
    placer.finish()
    return _identity(root)


def _chmod(text: str) -> Chmod | None:
    """None to keep modes."""
    try:
        return parse_mode(text) if text else None
    except ValueError:
        what = "it should be octal string and between 0 and 07777"
        raise Refused(f"invalid chmod parameter: '{text}'. {what}") from None


def _put(placer: Placer, source: Source, destination: bytes, lowers: Merged, root: int) -> None:
    at, name, status = source.look()
    path = normalized(b"/".join((destination, source.kept)))
    if stat.S_ISDIR(status.st_mode):
        placer.contents(source.members(), path)
    elif source.unpack and stat.S_ISREG(status.st_mode) and _is_archive(at, name):
        _unpack_into(placer, at, name, path, lowers)
    else:
        if not source.kept and (destination.endswith(b"/") or placer.is_directory(path)):
            path = path + b"/" + source.base if path else source.base
        placer.file(at, name, status, path)


def _is_archive(at: int, name: bytes) -> bool:
    """By content, not by name: the first header of a tar archive, plain or compressed."""
    try:
        with _archive(at, name) as stream:
            block = stream.block()
        if len(block) < BLOCK or not block.strip(b"\0"):
            return False
        parse(block)
    except TarError:
        return False
    return True


def _unpack_into(placer: Placer, at: int, name: bytes, path: bytes, lowers: Merged) -> None:
    where = placer.tree.directory(path)
    with _archive(at, name) as stream:
        Extractor(os.dup(where.fd), stream, lowers.descend(where.path), whiteouts=False).run()


@contextmanager
def _archive(at: int, name: bytes) -> Iterator[Stream]:
    """A file read as an archive, plain or compressed."""
    fd = os.open(name, _OPEN, dir_fd=at)
    try:
        yield Stream(decompressed(iter(lambda: os.read(fd, _READ), b"")))
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


def _squash(request: Json) -> Json:
    upper, lower = Merged.open(tuple(request["layers"])), Merged.open(tuple(request["lowers"]))
    root = confine(request["into"])
    squash(upper, lower, root)
    return _identity(root)


def _identity(root: int) -> Json:
    digest = hashlib.sha256()
    for chunk in diff("/"):
        digest.update(chunk)
    return {"diff_id": f"sha256:{digest.hexdigest()}", "size": size_below(root, set()), "entries": 0}
