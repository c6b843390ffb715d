"""Manifests and indexes: bytes to descriptors and back.

Formats: OCI image spec, manifest.md and image-index.md; Docker's image manifest version 2, schema 2. What is read may
come from anywhere: unknown members are passed over and nulls are taken as absent.
"""

import hashlib
import re
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from wherry.errors import CorruptImage
from wherry.model.image import (
    CONFIG_DOCKER,
    CONFIG_OCI,
    INDEX_OCI,
    LAYER_DOCKER_GZIP,
    LAYER_OCI,
    MANIFEST_DOCKER,
    MANIFEST_OCI,
    Descriptor,
    Platform,
)
from wherry.model.malformed import MALFORMED

T = TypeVar("T")

_MAX_CONFIG = 16 << 20  # bytes
_MAX_SIZE = (1 << 63) - 1  # that of a file, and of a number in Go

GZIP = b"\x1f\x8b\x08"  # how such a blob begins

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DOCKER_LAYERS = {f"{LAYER_OCI}+gzip": LAYER_DOCKER_GZIP}
_COMPRESSIONS = {GZIP: "+gzip", b"\x28\xb5\x2f\xfd": "+zstd"}


class Manifest(Struct, frozen=True, kw_only=True):
    """An image as a registry or an archive has it: the blob of its config, those of its layers, the lowest first."""

    config: Descriptor
    layers: tuple[Descriptor, ...] = ()


class _Platform(Struct):
    os: str | None = None
    architecture: str | None = None
    variant: str | None = None

    def record(self) -> Platform:
        return Platform(os=self.os or "", architecture=self.architecture or "", variant=self.variant or "")


class _Descriptor(Struct, kw_only=True, rename="camel", omit_defaults=True):
    media_type: str | None = None
    digest: str
    size: int
    annotations: dict[str, str] | None = None
    platform: _Platform | None = None

    def record(self) -> Descriptor:
        if not _DIGEST.fullmatch(self.digest):
            raise CorruptImage(f"unsupported digest {self.digest!r} in the manifest")
        if not 0 <= self.size <= _MAX_SIZE:
            raise CorruptImage(f"invalid size {self.size} of {self.digest} in the manifest")
        return Descriptor(
            media_type=self.media_type or "",
            digest=self.digest,
            size=self.size,
            platform=self.platform.record() if self.platform else None,
            annotations=self.annotations or {},
        )


class _Manifest(Struct, rename="camel"):
    schema_version: int
    media_type: str
    config: _Descriptor
    layers: list[_Descriptor]


class _ReadManifest(Struct):
    config: _Descriptor | None = None
    layers: list[_Descriptor] | None = None


class _Typed(Struct, rename="camel"):
    media_type: str | None = None


class _Index(Struct, rename="camel"):
    schema_version: int
    media_type: str
    manifests: list[_Descriptor]


class _ReadIndex(Struct):
    manifests: list[_Descriptor] | None = None


def read_manifest(data: bytes) -> Manifest:
    """The descriptors of an image's manifest. CorruptImage for what is none, or speaks of digests but sha256."""
    manifest = _decode(data, _ReadManifest)
    if manifest.config is None:
        raise CorruptImage("the manifest has no config")
    return Manifest(config=manifest.config.record(), layers=tuple(layer.record() for layer in manifest.layers or ()))


def read_index(data: bytes) -> tuple[Descriptor, ...]:
    """The entries of an index, in its order. CorruptImage."""
    return tuple(entry.record() for entry in _decode(data, _ReadIndex).manifests or ())


def write_manifest(config: Descriptor, layers: tuple[Descriptor, ...], media_type: str = MANIFEST_OCI) -> bytes:
    """A manifest of OCI's or of Docker's media type, which its descriptors must fit."""
    return msgspec.json.encode(
        _Manifest(
            schema_version=2,
            media_type=media_type,
            config=_described(config),
            layers=[_described(layer) for layer in layers],
        )
    )


def write_docker_manifest(config: Descriptor, layers: tuple[Descriptor, ...]) -> bytes:
    """A manifest of Docker's own form, which the oldest registries know; OCI's where a layer has no name in it."""
    if any(layer.media_type not in _DOCKER_LAYERS for layer in layers):
        return write_manifest(config, layers)
    named = tuple(replace(layer, media_type=_DOCKER_LAYERS[layer.media_type]) for layer in layers)
    return write_manifest(replace(config, media_type=CONFIG_DOCKER), named, MANIFEST_DOCKER)


def write_index(manifests: tuple[Descriptor, ...]) -> bytes:
    """An OCI index."""
    entries = [_described(manifest) for manifest in manifests]
    return msgspec.json.encode(_Index(schema_version=2, media_type=INDEX_OCI, manifests=entries))


def manifest_descriptor(data: bytes) -> Descriptor:
    """The descriptor of a manifest, which may say itself what it is."""
    media_type = _decode(data, _Typed).media_type or MANIFEST_OCI
    return Descriptor(media_type=media_type, digest=f"sha256:{hashlib.sha256(data).hexdigest()}", size=len(data))


def config_descriptor(digest: str, size: int) -> Descriptor:
    return Descriptor(media_type=CONFIG_OCI, digest=digest, size=size)


def check_config_size(config: Descriptor) -> None:
    """CorruptImage for an image's configuration that is too large to be read."""
    if config.size > _MAX_CONFIG:
        raise CorruptImage(f"the image's configuration is larger than {_MAX_CONFIG} bytes")


def layer_descriptor(digest: str, size: int, head: bytes) -> Descriptor:
    """The descriptor of a layer's blob, whose first bytes tell how it is compressed."""
    compression = next((suffix for magic, suffix in _COMPRESSIONS.items() if head.startswith(magic)), "")
    return Descriptor(media_type=LAYER_OCI + compression, digest=digest, size=size)


def _described(descriptor: Descriptor) -> _Descriptor:
    platform = descriptor.platform
    return _Descriptor(
        media_type=descriptor.media_type,
        digest=descriptor.digest,
        size=descriptor.size,
        annotations=descriptor.annotations or None,
        platform=_Platform(platform.os, platform.architecture, platform.variant or None) if platform else None,
    )


def _decode(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except MALFORMED as error:
        raise CorruptImage(f"error unmarshalling content: {error}") from error
