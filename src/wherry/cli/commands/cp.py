"""``cp``: files between a container and this machine, or a tar stream."""

import os
from base64 import b64decode
from posixpath import normpath

from ...client.connection import ApiError
from ...client.jsonlite import loads
from ...spans import rest_of
from ...tar.format.header import TarError
from ...tar.format.stream import Stream
from ...tar.pack import pack_named_spans
from ...tar.unpack import Unpacker
from ..copying.paths import (
    Copied,
    absolute,
    beside,
    followed,
    local_source,
    local_target,
    placed,
    split_argument,
    split_entry,
)
from ..copying.progress import CopyProgress
from ..flags import Command, Flag
from ..output_path import check_output_path
from ..session import CommandError
from ..streams import stdin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...client.response import Response
    from ...spans import Span
    from ..flags import Options
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\twherry cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
    "Copy files/folders between a container and the local filesystem",
    (
        Flag("archive", "bool", "Archive mode (copy all uid/gid information)", short="a"),
        Flag("follow-link", "bool", "Always follow symbol link in SRC_PATH", short="L"),
        Flag(
            "quiet",
            "bool",
            "Suppress progress output during copy. Progress output is automatically suppressed if no terminal is "
            "attached",
            short="q",
        ),
    ),
    minimum=2,
    maximum=2,
    aliases=("container cp", "cp"),
    long="Use '-' as the source to read a tar archive from stdin\nand extract it to a directory destination in a "
    "container.\nUse '-' as the destination to stream a tar archive of a\ncontainer source to stdout.",
)
HEADER = "x-docker-container-path-stat"
LINK, DEVICE, DIRECTORY = 1 << 27, 1 << 26, 1 << 31  # of Go's fs.FileMode


def cp(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    source, target = options.arguments
    for what, argument in (("source", source), ("destination", target)):
        if not argument:
            raise CommandError(f"{what} can not be empty")
    from_container, source_path = split_argument(source)
    to_container, target_path = split_argument(target)
    if from_container and to_container:
        raise CommandError("copying between containers is not supported")
    try:
        if from_container:
            _copy_out(session, options, from_container, source_path, target_path)
        elif to_container:
            _copy_in(session, options, source_path, to_container, target_path)
        else:
            raise CommandError("must specify at least one container source")
    except TarError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        where = f"open {os.fsdecode(error.filename)}: " if error.filename else ""
        raise CommandError(f"{where}{(error.strerror or str(error)).lower()}") from None
    return 0


def _copy_out(session: "Session", options: "Options", container: str, source: str, target: str) -> None:
    if target != "-":
        target = absolute(target)
    check_output_path(target)
    rebase = ""
    if options["follow-link"]:
        source, rebase = _link_followed(session, container, source)
    response = session.client.call("GET", _endpoint(container), query={"path": source})
    if target == "-":
        for chunk in response.chunks():
            session.out.write(chunk)
        return
    is_directory = bool(_stat_of(response)["mode"] & DIRECTORY)
    folder, name = placed(Copied(source, exists=True, is_directory=is_directory, rebase=rebase), local_target(target))
    progress = _progress(session, options, "Copying from container - ")
    _unpack(progress.counted(response.chunks()), folder, split_entry(source)[1], name)
    progress.end(target)


def _unpack(chunks: "Iterator[bytes]", folder: str, sent: str, name: str) -> None:
    """An archive of what was ``sent`` under that name, as ``name``. Nothing in it leads out of the folder."""
    os.umask(0)
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    renamed = (b"", b"") if sent == name else (os.fsencode(sent), os.fsencode(name))
    if sent == "/" != name:
        renamed = (b"", os.fsencode(name) + b"/")
    Unpacker(
        root, Stream(chunks), renamed=renamed, owner=(0, 0), keep_kinds=True, called=normpath(folder).rstrip("/")
    ).extract()


def _copy_in(session: "Session", options: "Options", source: str, container: str, target: str) -> None:
    there = _container_target(session, container, target)
    progress = _progress(session, options, "Copying to container - ")
    if source == "-":
        if not there.is_directory:
            raise CommandError(f'destination "{container}:{target}" must be a directory')
        folder, chunks = there.path, rest_of(stdin.STDIN)
    else:
        here = local_source(absolute(source), follow=options["follow-link"])
        folder, name = placed(here, there)
        chunks = progress.counted(_packed(here.path, name))
    query = {"path": folder, "noOverwriteDirNonDir": "true"}
    if options["archive"]:
        query["copyUIDGID"] = "true"
    session.client.call("PUT", _endpoint(container), query=query, body=chunks).read()
    progress.end(f"{container}:{there.path}")


def _packed(path: str, name: str) -> "Iterator[bytes | Span]":
    folder, entry = split_entry(path)
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return pack_named_spans(at, os.fsencode(entry), os.fsencode(name))


def _container_target(session: "Session", container: str, path: str) -> Copied:
    """A link at its end is followed once; what cannot be looked at is taken for missing: the copy will tell."""
    try:
        found = _stat(session, container, path)
        shown = path
        if found["mode"] & LINK:
            shown = beside(path, found["linkTarget"])
            found = _stat(session, container, shown)
    except ApiError:
        return Copied(path)
    if found["mode"] & DEVICE:
        raise CommandError(f'destination "{container}:{path}" must be a directory or a regular file: got a device')
    return Copied(shown, exists=True, is_directory=bool(found["mode"] & DIRECTORY))


def _link_followed(session: "Session", container: str, path: str) -> tuple[str, str]:
    """What is copied instead of a link, and under which name."""
    try:
        found = _stat(session, container, path)
    except ApiError:
        return path, ""
    if not found["mode"] & LINK:
        return path, ""
    return followed(path, beside(path, found["linkTarget"]))


def _stat(session: "Session", container: str, path: str) -> "dict[str, Any]":
    response = session.client.call("HEAD", _endpoint(container), query={"path": path})
    return _stat_of(response)


def _stat_of(response: "Response") -> "dict[str, Any]":
    found: dict[str, Any] = loads(b64decode(response.headers[HEADER]))
    return found


def _endpoint(container: str) -> str:
    return f"/containers/{container}/archive"


def _progress(session: "Session", options: "Options", header: str) -> CopyProgress:
    quiet = options["quiet"] if options.given("quiet") else not session.out.isatty()
    return CopyProgress(session.err, header, quiet=quiet)
