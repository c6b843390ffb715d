"""Contexts as archives: ``meta.json``, and the PEM files in ``tls/<endpoint>`` (docker/cli ``cli/context/store``).

What an archive holds is looked at as a whole before anything of it is written.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...tar.format.header import DIRECTORY, REGULAR, TarError
from ...tar.format.reader import entries
from ...tar.format.stream import Stream
from ...tar.format.writer import END, header, padding
from ..session import CommandError
from .contexts import Context

LIMIT = 10 << 20
"""Bytes that an archive may have, and all it holds."""

Files = dict[tuple[str, str], bytes]
"""By the endpoint and the name of the file."""

_META = "meta.json"
_TLS = "tls/"
_TOO_MUCH = "read exceeds the defined limit"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those of Go's archive/zip

# Besides a broken archive: a damaged member, one that ends early, and one that is encrypted or newer than this.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def pack(context: Context) -> bytes:
    """The archive of a context. OSError."""
    metadata = json.dumps(context.metadata, separators=(",", ":"), ensure_ascii=False).encode()
    parts = [_file(_META, metadata, 0o644), header(b"tls", DIRECTORY, 0o700)]
    for folder in sorted(path for path in Path(context.tls).glob("*") if path.is_dir()):
        parts.append(header(f"{_TLS}{folder.name}".encode(), DIRECTORY, 0o700))
        for path in sorted(folder.iterdir()):
            parts.append(_file(f"{_TLS}{folder.name}/{path.name}", path.read_bytes(), 0o600))
    return b"".join([*parts, END])


def unpack(data: bytes) -> tuple[dict[str, Any], Files]:
    """Metadata and PEM files of an archive, tar or zip. CommandError for what is none, and for what does not belong
    there."""
    if len(data) > LIMIT:
        raise CommandError(_TOO_MUCH)
    metadata: dict[str, Any] | None = None
    files: Files = {}
    members = _zipped(data) if data.startswith(b"PK\x03\x04") else _archived(data)
    for name, content in members:
        _check(name)
        if name == _META:
            metadata = _read(content)
        else:
            files[_place(name)] = content
    if metadata is None:
        raise CommandError("invalid context: no metadata found")
    return metadata, files


def _file(name: str, content: bytes, mode: int) -> bytes:
    return header(name.encode(), REGULAR, mode, size=len(content)) + content + padding(len(content))


def _archived(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The regular files of a tar archive; links are none."""
    stream = Stream([data] if data else [])
    try:
        for entry in entries(stream):
            if entry.kind == REGULAR and entry.size == entry.stored:
                yield entry.name.decode("utf-8", "replace"), stream.take(entry.stored)
    except TarError as error:
        raise CommandError(str(error)) from None


def _zipped(data: bytes) -> Iterator[tuple[str, bytes]]:
    left = LIMIT
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if member.is_dir() or (member.external_attr >> 16) & 0o170000 not in (0, 0o100000):
                    continue
                if member.compress_type not in _METHODS:
                    raise CommandError("zip: unsupported compression algorithm")
                with archive.open(member) as source:
                    content = source.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise CommandError(_TOO_MUCH)
                yield member.filename, content
    except _UNREADABLE as error:
        raise CommandError(f"zip: {error}") from None


def _check(name: str) -> None:
    if name != _META and not name.startswith(_TLS):
        raise CommandError(f"{name}: unexpected context file")
    if any(part in ("", ".", "..") for part in name.split("/")):
        raise CommandError(f"{name}: unexpected path format")
    if "\\" in name:
        raise CommandError(f"{name}: unexpected '\\' in path")


def _place(name: str) -> tuple[str, str]:
    _, *parts = name.split("/")
    if len(parts) != 2 or "\0" in name:
        raise CommandError("archive format is invalid")
    endpoint, file = parts
    return endpoint, file


def _read(content: bytes) -> dict[str, Any]:
    try:
        metadata = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{_META}: {error}") from None
    if not isinstance(metadata, dict):
        raise CommandError(f"{_META}: no object")
    return metadata
