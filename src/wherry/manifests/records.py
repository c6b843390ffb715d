"""A manifest of a list, as docker's command writes it to a file (docker/cli ``cli/manifest/types``)."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.image import INDEX_DOCKER, INDEX_OCI, MANIFEST_DOCKER, MANIFEST_OCI, Descriptor
from wherry.model.malformed import MALFORMED
from wherry.model.reference import Reference
from wherry.model.registry import Resolved

_FIELDS: Final = {MANIFEST_DOCKER: "SchemaV2Manifest", MANIFEST_OCI: "OCIManifest"}


class Platform(Struct, frozen=True, omit_defaults=True):
    """What an image runs on, as indexes say it."""

    architecture: str = ""
    os: str = ""
    os_version: str = field(default="", name="os.version")
    os_features: tuple[str, ...] = field(default=(), name="os.features")
    variant: str = ""


class Described(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A descriptor with the platform."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None


class ListedManifest(Struct, frozen=True, rename="pascal"):
    """``raw``: the very bytes that the registry has."""

    ref: str
    descriptor: Described
    raw: bytes = b""

    @property
    def reference(self) -> Reference:
        return Reference.parse(self.ref)

    @property
    def platform(self) -> Platform:
        return self.descriptor.platform or Platform()

    def on(self, platform: Platform) -> "ListedManifest":
        """The same, said to be for ``platform``."""
        return replace(self, descriptor=replace(self.descriptor, platform=platform))

    @property
    def resolved(self) -> Resolved:
        """What a registry is given. InvalidArgument if the bytes are not those of the digest."""
        digest = digest_of(self.raw)
        if digest != self.descriptor.digest:
            told = f"internal digest mismatch for {self.ref}: expected {self.descriptor.digest}, got {digest}"
            raise InvalidArgument(told)
        return _resolved(self.descriptor.media_type, self.raw)

    @property
    def blobs(self) -> tuple[str, ...]:
        """Digests of the configuration and the layers."""
        parts = msgspec.json.decode(self.raw, type=_Parts)
        return tuple(blob.digest for blob in (parts.config, *parts.layers))


class _Readable(Struct):
    """The manifest as a file has it to be read, by the name of its kind."""

    docker: msgspec.Raw = field(default=msgspec.Raw(b""), name=_FIELDS[MANIFEST_DOCKER])
    oci: msgspec.Raw = field(default=msgspec.Raw(b""), name=_FIELDS[MANIFEST_OCI])


class Blob(Struct, frozen=True):
    digest: str
    size: int


class _Parts(Struct):
    config: Blob
    layers: tuple[Blob, ...] = ()


def config_of(manifest: Resolved) -> Blob:
    """The descriptor of the configuration. InvalidArgument for what has none."""
    try:
        return msgspec.json.decode(manifest.data, type=_Parts).config
    except MALFORMED as error:
        raise InvalidArgument(f"error unmarshalling content: {error}") from error


def read(file: bytes) -> ListedManifest:
    """What a file says. One that docker's command before 23 wrote has the manifest in the form to be read, without
    white space: that of the digest has none either, or what docker lays its manifests out with. Raises as msgspec."""
    found = msgspec.json.decode(file, type=ListedManifest)
    if found.raw:
        return found
    readable = msgspec.json.decode(file, type=_Readable)
    bare = msgspec.json.format(bytes(readable.docker) or bytes(readable.oci), indent=-1)
    return replace(
        found, raw=bare if digest_of(bare) == found.descriptor.digest else msgspec.json.format(bare, indent=3)
    )


def document(manifest: ListedManifest) -> dict[str, Any]:
    """All that a file has: the manifest is in it a second time, to be read."""
    told = msgspec.json.decode(msgspec.json.encode(manifest))
    readable = msgspec.json.decode(manifest.raw)
    return {**told, _FIELDS.get(manifest.descriptor.media_type, "OCIManifest"): readable}


def index(manifests: Sequence[ListedManifest]) -> Resolved:
    """The list as a registry gets it, byte for byte as docker's command writes it: an index of the kind that its first
    manifest wants."""
    oci = bool(manifests) and manifests[0].descriptor.media_type == MANIFEST_OCI
    media_type = INDEX_OCI if oci else INDEX_DOCKER
    entries = [
        {
            "mediaType": manifest.descriptor.media_type,
            "size": manifest.descriptor.size,
            "digest": manifest.descriptor.digest,
            "platform": {"architecture": "", "os": "", **msgspec.to_builtins(manifest.platform)},
        }
        for manifest in manifests
    ]
    told = {"schemaVersion": 2, "mediaType": media_type, "manifests": entries}
    return _resolved(media_type, msgspec.json.format(msgspec.json.encode(told), indent=3))


def check_same_registry(target: Reference, manifests: Sequence[ListedManifest]) -> None:
    """A list leads to no other registry. InvalidArgument."""
    for manifest in manifests:
        domain = manifest.reference.domain
        if domain != target.domain:
            raise InvalidArgument(
                f"cannot use source images from a different registry than the target image: {domain} != {target.domain}"
            )


def _resolved(media_type: str, data: bytes) -> Resolved:
    return Resolved(descriptor=Descriptor(media_type=media_type, digest=digest_of(data), size=len(data)), data=data)


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
