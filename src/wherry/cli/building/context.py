"""What the engine is to build from: a directory, standard input, or an address that it fetches itself.

Source of the rules: docker/cli, ``cli/command/image/build/context.go``.
"""

import os
import zlib
from itertools import chain

from ...tar.format.header import REGULAR
from ...tar.format.writer import END, header, padding
from ..session import CommandError
from ..streams import stdin
from .offering import Offering, unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ...spans import Span
    from ...tar.builds.ignoring import Ignored

    Keep = Callable[[bytes], bool]

BLOCK = 512
DEFAULT = "Dockerfile"
IGNORE_FILE = ".dockerignore"
COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
CHECKSUM = slice(148, 156)
GZIP = 31  # zlib's window bits for a gzip header
NO_ENTRY = "no such file or directory"


class Context:
    """``chunks`` is an archive to send, None for a ``remote`` address; ``offering`` offers the same where it is a
    directory. ``dockerfile`` is the file's name for the engine, "" for its default; ``text`` what it says, "" where
    only the engine reads it."""

    def __init__(
        self,
        chunks: "Iterator[bytes | Span] | None",
        *,
        offering: Offering | None = None,
        dockerfile: str = "",
        text: str = "",
        remote: str = "",
    ) -> None:
        self.chunks = chunks
        self.offering = offering
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
    patterns = _patterns(root, own_ignores)
    offering = Offering(root, *_choice(_ignored(patterns)), content)
    name, extra = (inside, {}) if inside else _hidden(root, content)
    archive = _archive(root, patterns, filter(None, (IGNORE_FILE, inside)), extra)
    return Context(archive, offering=offering, dockerfile=name, text=_text(content))


def _hidden(root: str, content: bytes) -> tuple[str, dict[str, bytes]]:
    """A name for a Dockerfile that is none of the context's files, and it and what leaves it out, as files."""
    name = f".dockerfile.{os.urandom(10).hex()}"
    listed = _read_if_there(f"{root}/{IGNORE_FILE}")
    return name, {IGNORE_FILE: (listed or IGNORE_FILE.encode()) + f"\n{name}\n".encode(), name: content}


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


def _patterns(root: str, own: str) -> str:
    """What is left out, as the Dockerfile's own file says (``Dockerfile.dockerignore``), else the context's."""
    return _text((_read_if_there(own) if own else b"") or _read_if_there(f"{root}/{IGNORE_FILE}"))


def _ignored(patterns: str, needed: "Iterable[str]" = ()) -> "Ignored | None":
    """``needed`` stay in any case. None for nothing."""
    if not patterns:
        return None
    from ...tar.builds.ignoring import read_ignored

    try:
        ignored = read_ignored(patterns)
        kept = [f"!{name}" for name in needed if name in ignored]
        return read_ignored("\n".join((patterns, *kept))) if kept else ignored
    except ValueError as error:
        raise CommandError(f"error checking context: {error}") from None


def _choice(ignored: "Ignored | None") -> "tuple[Keep | None, Keep | None]":
    """Which paths a walk keeps, and which directories it enters all the same."""
    if ignored is None:
        return None, None
    return lambda path: os.fsdecode(path) not in ignored, lambda path: ignored.has_exceptions_below(os.fsdecode(path))


def _archive(root: str, patterns: str, needed: "Iterable[str]", extra: dict[str, bytes]) -> "Iterator[bytes | Span]":
    """``extra`` are files that are not the context's own, and take the place of those that are."""
    from ...tar.pack import pack_spans

    keeps, enters = _choice(_ignored(patterns, needed))
    taken = {os.fsencode(name) for name in extra}
    for name, content in extra.items():
        yield _member(name, content)
    try:
        yield from pack_spans(root, lambda path: path not in taken and (keeps is None or keeps(path)), enters)
    except OSError as error:
        raise unreadable(error, root) from None


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
