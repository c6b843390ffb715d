"""Image archives as ``docker save`` writes them: the documents in them, and where members are.

Docker's form is ``manifest.json`` (moby, image/tarexport); beside it stands an OCI image layout (image-layout.md), and
tools take the one they know. Both name the same blobs.
"""

import posixpath
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from wherry.errors import CorruptImage, InvalidReference
from wherry.model.archive import Blob, Member
from wherry.model.image import Descriptor, Platform
from wherry.model.malformed import MALFORMED
from wherry.model.reference import Reference

MANIFEST = "manifest.json"
REPOSITORIES = "repositories"
INDEX = "index.json"
LAYOUT = "oci-layout"
LAYOUT_VERSION = b'{"imageLayoutVersion": "1.0.0"}'

_CONTAINERD_NAME = "io.containerd.image.name"
_OCI_NAME = "org.opencontainers.image.ref.name"

_BLOCK = 512
ARCHIVE_END = bytes(2 * _BLOCK)

_MAX_LINKS = 10


class Archived(Struct, frozen=True, kw_only=True):
    """An image of ``manifest.json``: paths in the archive of its configuration and its layers, the lowest first."""

    config: str
    layers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class _Entry(Struct, rename="pascal"):
    config: str
    repo_tags: list[str] | None = None
    layers: list[str] | None = None


def read_archived(data: bytes) -> tuple[Archived, ...]:
    """The images of ``manifest.json``. CorruptImage."""
    try:
        entries = msgspec.json.decode(data, type=list[_Entry])
    except MALFORMED as error:
        raise CorruptImage(f"invalid archive: {MANIFEST}: {error}") from error
    return tuple(
        Archived(config=entry.config, layers=tuple(entry.layers or ()), names=tuple(entry.repo_tags or ()))
        for entry in entries
    )


def write_archived(images: tuple[Archived, ...]) -> bytes:
    entries = [_Entry(image.config, list(image.names) or None, list(image.layers)) for image in images]
    return msgspec.json.encode(entries)


def write_repositories(tops: Mapping[Reference, str]) -> bytes:
    """The oldest form of names: repository → tag → top layer. ``tops`` has the digests of the layers' blobs."""
    repositories: dict[str, dict[str, str]] = {}
    for name, digest in tops.items():
        repositories.setdefault(name.familiar_name, {})[name.tag or ""] = digest.removeprefix("sha256:")
    return msgspec.json.encode(repositories)


def blob_path(digest: str) -> str:
    """Where an OCI image layout has a blob."""
    return f"blobs/{digest.replace(':', '/')}"


def find(members: Mapping[str, Member], path: str) -> Blob:
    """The file at a path, through links. CorruptImage if there is none."""
    member = members.get(posixpath.normpath(path))
    for _ in range(_MAX_LINKS):
        if member is None or member.blob is not None:
            break
        member = members.get(member.link)
    if member is None or member.blob is None:
        raise CorruptImage(f"invalid archive: open {path}: no such file or directory")
    return member.blob


def names_of(descriptor: Descriptor) -> tuple[Reference, ...]:
    """What an entry of a layout's index is called. A bare tag, as the OCI allows, names nothing."""
    for key in (_CONTAINERD_NAME, _OCI_NAME):
        text = descriptor.annotations.get(key, "")
        if key == _CONTAINERD_NAME or ":" in text or "/" in text:
            try:
                return (Reference.parse(text).with_default_tag(),)
            except InvalidReference:
                continue
    return ()


def name_annotations(name: Reference) -> dict[str, str]:
    return {_CONTAINERD_NAME: name.canonical, _OCI_NAME: name.tag or ""}


def choose(entries: tuple[Descriptor, ...], platform: Platform) -> Descriptor:
    """The image for a platform of an index in an archive. CorruptImage if there is none."""
    for entry in entries:
        if entry.platform is None or (entry.platform.os, entry.platform.architecture) == (
            platform.os,
            platform.architecture,
        ):
            return entry
    raise CorruptImage(f"no matching manifest for {platform} in the archive")


def member_header(name: str, size: int) -> bytes:
    """The tar header of a file. All else is fixed, so that the same images give the same archive."""
    import tarfile  # a quarter of a megabyte that an engine which never saves does not hold

    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o644
    return info.tobuf(tarfile.GNU_FORMAT)


def member_padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)
