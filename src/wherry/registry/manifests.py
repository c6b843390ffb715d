"""Manifests and indexes: what their bytes are, and which image of an index fits a platform. Pure.

Formats: OCI image spec 1.1 (manifest.md, image-index.md) and Docker's image manifest version 2, schema 2.
"""

from typing import Any

import msgspec

from wherry.errors import CorruptImage, NoSuchManifest, RegistryError
from wherry.model.image import (
    INDEX_DOCKER,
    INDEX_OCI,
    MANIFEST_DOCKER,
    MANIFEST_OCI,
    Descriptor,
    Platform,
    architecture,
)
from wherry.model.malformed import MALFORMED
from wherry.model.registry import Resolved

ACCEPTED = (MANIFEST_DOCKER, INDEX_DOCKER, MANIFEST_OCI, INDEX_OCI)
SCHEMA_1_PREFIX = "application/vnd.docker.distribution.manifest.v1+"
UNKNOWN = "unknown"

_IMPLIED = {"armhf": "v7", "armel": "v6"}  # names of a processor that tell its variant


class _WirePlatform(msgspec.Struct):
    os: str | None = None
    architecture: str | None = None
    variant: str | None = None

    def record(self) -> Platform:
        return Platform(os=self.os or "", architecture=self.architecture or "", variant=self.variant or "")


class _WireDescriptor(msgspec.Struct, rename="camel"):
    digest: str
    size: int
    media_type: str | None = None
    platform: _WirePlatform | None = None
    annotations: dict[str, str] | None = None

    def record(self) -> Descriptor:
        return Descriptor(
            media_type=self.media_type or MANIFEST_DOCKER,
            digest=self.digest,
            size=self.size,
            platform=self.platform.record() if self.platform else None,
            annotations=self.annotations or {},
        )


class _WireIndex(msgspec.Struct):
    manifests: list[_WireDescriptor] | None = None


class _Shape(msgspec.Struct, rename="camel"):
    """The members that tell one kind of document from another."""

    media_type: str | None = None
    schema_version: int | None = None
    manifests: Any = None
    config: Any = None
    layers: Any = None


def media_type_of(data: bytes, content_type: str, name: str) -> str:
    """What ``data`` is, by its own word first, then by the registry's, then by its shape.

    ``name`` is the reference, for the texts. Raises CorruptImage for schema 1 and for a document that can be read both
    as an index and as a manifest; RegistryError for what is no manifest at all.
    """
    try:
        shape = msgspec.json.decode(data, type=_Shape)
    except MALFORMED as error:
        raise RegistryError(f"error unmarshalling content: {error}") from error
    stated = shape.media_type or content_type.partition(";")[0].strip().lower()
    if shape.schema_version == 1 or stated.startswith(SCHEMA_1_PREFIX):
        raise CorruptImage(
            "Docker Image Format v1 and Docker Image manifest version 2, schema 1 are not supported. Suggest the "
            f"author of {name} to upgrade the image to the OCI Format or Docker Image manifest v2, schema 2."
        )
    if shape.manifests is not None and (shape.config is not None or shape.layers is not None):
        raise CorruptImage(f"the manifest of {name} is both an index and an image")
    if stated in ACCEPTED:
        return stated
    if shape.manifests is not None:
        return INDEX_OCI
    if shape.config is not None:
        return MANIFEST_OCI
    raise RegistryError(f"unsupported manifest media type and no default available: {stated}")


def parse_index(data: bytes) -> tuple[Descriptor, ...]:
    """All entries of an index or manifest list, in its order. Raises CorruptImage."""
    try:
        return tuple(entry.record() for entry in msgspec.json.decode(data, type=_WireIndex).manifests or ())
    except MALFORMED as error:
        raise CorruptImage(f"error unmarshalling content: {error}") from error


def select(index: Resolved, platform: Platform) -> Descriptor:
    """The image for ``platform``: the first exact match, else the best one that the processor also runs.

    Entries without a known platform, such as BuildKit's attestations, are never chosen. Raises NoSuchManifest.
    """
    wanted = _runnable(normalize(platform))
    best: dict[Platform, Descriptor] = {}
    for entry in parse_index(index.data):
        if entry.platform is not None and UNKNOWN not in (entry.platform.os, entry.platform.architecture):
            best.setdefault(normalize(entry.platform), entry)
    for candidate in wanted:
        if candidate in best:
            return best[candidate]
    raise NoSuchManifest(f"no matching manifest for {platform} in the manifest list entries")


def normalize(platform: Platform) -> Platform:
    """One spelling a platform, after github.com/containerd/platforms: arm64 is v8 and arm is v7 unless it says else."""
    variant = _IMPLIED.get(platform.architecture.lower(), platform.variant.lower())
    processor = architecture(platform.architecture)
    if processor == "amd64" and variant == "v1":
        variant = ""
    if processor == "arm64":
        variant = {"": "v8", "8": "v8"}.get(variant, variant)
    if processor == "arm":
        variant = {"": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8"}.get(variant, variant)
    return Platform(os=platform.os.lower(), architecture=processor, variant=variant)


def _runnable(platform: Platform) -> tuple[Platform, ...]:
    """``platform`` and what its processor runs as well, best first (containerd/platforms, compare.go)."""
    family = {"arm": ("v8", "v7", "v6", "v5"), "amd64": ("v4", "v3", "v2", "")}.get(platform.architecture, ())
    variants = family[family.index(platform.variant) :] if platform.variant in family else (platform.variant,)
    if platform.architecture == "arm64" and platform.variant != "v8":
        variants = (*variants, "v8")
    return tuple(Platform(os=platform.os, architecture=platform.architecture, variant=variant) for variant in variants)
