"""Manifests and indexes: what their bytes are. Pure.

Formats: OCI image spec 1.1 (manifest.md, image-index.md) and Docker's image manifest version 2, schema 2.
"""

from typing import Any

import msgspec

from wherry.errors import CorruptImage, RegistryError
from wherry.model.image import INDEX_DOCKER, INDEX_OCI, MANIFEST_DOCKER, MANIFEST_OCI
from wherry.model.malformed import MALFORMED

ACCEPTED = (MANIFEST_DOCKER, INDEX_DOCKER, MANIFEST_OCI, INDEX_OCI)
_SCHEMA_1_PREFIX = "application/vnd.docker.distribution.manifest.v1+"


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
    if shape.schema_version == 1 or stated.startswith(_SCHEMA_1_PREFIX):
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
