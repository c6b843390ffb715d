"""What the engine is to build from: a directory, standard input, or an address that it fetches itself.

Source of the rules: docker/cli, ``cli/command/image/build/context.go``.
"""

import os
import zlib
from itertools import chain

from ...tar.format.header import REGULAR
from ...tar.format.writer import END, header, padding
from ...tar.pack import pack_spans
from ..session import CommandError
from ..streams import stdin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...spans import Span
    from ...tar.builds.ignoring import Ignored

BLOCK = 512
DEFAULT = "Dockerfile"
IGNORE_FILE = ".dockerignore"
COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
CHECKSUM = slice(148, 156)
GZIP = 31  # zlib's window bits for a gzip header
NO_ENTRY = "no such file or directory"


class Context:
    """``chunks`` is an archive to send, None for a ``remote`` address. ``dockerfile`` is the file's name for the
    engine, "" for its default; ``text`` what it says, "" where only the engine reads it."""

    def __init__(
        self, chunks: "Iterator[bytes | Span] | None", *, dockerfile: str = "", text: str = "", remote: str = ""
    ) -> None:
        self.chunks = chunks
        self.dockerfile = dockerfile
        self.text = text
        self.remote = remote


def open_context(place: str, file: str) -> Context:
    """The context at ``place``; ``file`` is what ``--file`` says, "" without it. CommandError in Docker's words."""
    if place == "-":
        if file == "-":
            raise CommandError("invalid argument: can't use stdin for both build context and dockerfile")
        return _from_stdin(file)
    if os.path.exists(place):
        return _from_directory(place, file)
    if _is_remote(place):
        if file == "-":
            raise CommandError("Dockerfile from stdin is not supported with a remote context")
        return Context(None, dockerfile=file, remote=place)
    raise CommandError(f'unable to prepare context: path "{place}" not found')


def compressed(chunks: "Iterator[bytes | Span]") -> "Iterator[bytes]":
    packer = zlib.compressobj(wbits=GZIP)
    for chunk in chunks:
        yield packer.compress(bytes(chunk))
    yield packer.flush()


def _is_remote(place: str) -> bool:
    return place.startswith(("http://", "https://", "git://", "ssh://", "git@", "github.com/"))


def _from_stdin(file: str) -> Context:
    """An archive as it comes, or a lone Dockerfile."""
    first = stdin.start(BLOCK)
    if _is_archive(first):
        return Context(chain((first,), stdin.chunks()), dockerfile=file)
    content = first + stdin.rest()
    return Context(iter((_member(DEFAULT, content), END)), dockerfile=DEFAULT, text=_text(content))


def _from_directory(place: str, file: str) -> Context:
    root = os.path.realpath(place)
    if not os.path.isdir(root):
        raise CommandError(f"unable to prepare context: context must be a directory: {os.path.abspath(place)}")
    if file == "-":
        content, inside, own_ignores = stdin.rest(), "", ""
    else:
        path = _dockerfile(root, file)
        content, inside = _read(path), _inside(root, path)
        own_ignores = f"{path}{IGNORE_FILE}"
    ignores = _ignores(root, own_ignores, inside)
    if inside:
        return Context(_archive(root, ignores, {}), dockerfile=inside, text=_text(content))
    name = f".dockerfile.{os.urandom(10).hex()}"
    listed = _read_if_there(f"{root}/{IGNORE_FILE}")
    extra = {IGNORE_FILE: (listed or IGNORE_FILE.encode()) + f"\n{name}\n".encode(), name: content}
    return Context(_archive(root, ignores, extra), dockerfile=name, text=_text(content))


def _dockerfile(root: str, file: str) -> str:
    """The path of the Dockerfile, without links; ``--file`` is relative to where the user is."""
    path = os.path.abspath(file) if file else f"{root}/{DEFAULT}"
    if not file and not os.path.lexists(path) and os.path.lexists(f"{root}/{DEFAULT.lower()}"):
        path = f"{root}/{DEFAULT.lower()}"
    if not os.path.exists(path):
        raise CommandError(
            f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat {path}: {NO_ENTRY}"
        )
    return os.path.realpath(path)


def _inside(root: str, path: str) -> str:
    """The path relative to the context, "" if it is outside."""
    relative = os.path.relpath(path, root)
    return "" if relative.startswith("../") else relative


def _ignores(root: str, own: str, dockerfile: str) -> "Ignored | None":
    """Those of the Dockerfile (``Dockerfile.dockerignore``), else of the context. What the build itself needs stays."""
    text = _text((_read_if_there(own) if own else b"") or _read_if_there(f"{root}/{IGNORE_FILE}"))
    if not text:
        return None
    from ...tar.builds.ignoring import read_ignored

    try:
        ignored = read_ignored(text)
        needed = [name for name in (IGNORE_FILE, dockerfile) if name and name in ignored]
        return read_ignored("\n".join((text, *(f"!{name}" for name in needed)))) if needed else ignored
    except ValueError as error:
        raise CommandError(f"error checking context: {error}") from None


def _archive(root: str, ignored: "Ignored | None", extra: dict[str, bytes]) -> "Iterator[bytes | Span]":
    """``extra`` are files that are not the context's own, and take the place of those that are."""

    def keeps(path: bytes) -> bool:
        name = os.fsdecode(path)
        return name not in extra and (ignored is None or name not in ignored)

    def enters(path: bytes) -> bool:
        return ignored is not None and ignored.has_exceptions_below(os.fsdecode(path))

    for name, content in extra.items():
        yield _member(name, content)
    try:
        yield from pack_spans(root, keeps, enters)
    except OSError as error:
        raise CommandError(f"error checking context: {error.filename or root}: {error.strerror}") from None


def _member(name: str, content: bytes) -> bytes:
    return header(os.fsencode(name), REGULAR, 0o600, size=len(content)) + content + padding(len(content))


def _is_archive(first: bytes) -> bool:
    """Whether it begins as a compressed file or as a tar archive does (POSIX, *pax*: the header's checksum)."""
    if first.startswith(COMPRESSED):
        return True
    if len(first) < BLOCK:
        return False
    told = first[CHECKSUM].strip(b" \0")
    return told.isdigit() and int(told, 8) == sum(first[:148]) + 8 * ord(" ") + sum(first[156:])


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise CommandError(f"unable to prepare context: open {path}: {reason}") from None


def _read_if_there(path: str) -> bytes:
    return _read(path) if os.path.exists(path) else b""


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
