"""Images, their layers and their names."""

from msgspec import Struct

MANIFEST_DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST_OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX_DOCKER = "application/vnd.docker.distribution.manifest.list.v2+json"
INDEX_OCI = "application/vnd.oci.image.index.v1+json"
CONFIG_DOCKER = "application/vnd.docker.container.image.v1+json"
CONFIG_OCI = "application/vnd.oci.image.config.v1+json"
LAYER_DOCKER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"
LAYER_OCI = "application/vnd.oci.image.layer.v1.tar"

_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "i386": "386",
    "aarch64": "arm64",
    "armhf": "arm",
    "armel": "arm",
}


def architecture(machine: str) -> str:
    """A processor's name, such as ``uname -m`` gives it, in Go's words."""
    name = machine.lower()
    return _ARCHITECTURES.get(name, name)


class Platform(Struct, frozen=True, kw_only=True):
    """An operating system and a processor, in Go's names (OCI image spec, image-index.md)."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class Descriptor(Struct, frozen=True, kw_only=True):
    """What a blob is, without its bytes (OCI image spec, descriptor.md). ``size`` is in bytes."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: dict[str, str] = {}


class Healthcheck(Struct, frozen=True, kw_only=True):
    """How to ask a container whether it is well. Times are nanoseconds; 0 means the default."""

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class ImageConfig(Struct, frozen=True, kw_only=True):
    """What an image says about the containers made from it (OCI image spec, config.md, ``config``)."""

    user: str = ""
    exposed_ports: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    volumes: tuple[str, ...] = ()
    working_dir: str = ""
    labels: dict[str, str] = {}
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None
    on_build: tuple[str, ...] = ()
    shell: tuple[str, ...] = ()


class History(Struct, frozen=True, kw_only=True):
    """One line of an image's history, oldest first. ``created`` is RFC 3339 text as the image has it."""

    created: str = ""
    created_by: str = ""
    comment: str = ""
    author: str = ""
    empty_layer: bool = False


class Layer(Struct, frozen=True, kw_only=True):
    """A changeset on disk: one committed snapshot.

    ``chain_id`` names the stack that ends here, ``directory`` its folder under ``overlay2``, ``size`` the bytes of its
    files, ``blob`` the digest of the (compressed) blob that it came from, or "" when it was made here.
    ``repositories`` are known to have that blob, by canonical name: where it was pulled from or pushed to.
    """

    chain_id: str
    diff_id: str
    parent: str = ""
    directory: str
    size: int = 0
    blob: str = ""
    repositories: tuple[str, ...] = ()


class Image(Struct, frozen=True, kw_only=True):
    """An image of the local store. Raw bytes of ``id`` (the config) and ``manifest`` are blobs of the content store.

    ``created`` and ``last_tagged`` are nanoseconds since the epoch; ``size`` is the bytes of all its layers' files.
    """

    id: str
    platform: Platform
    config: ImageConfig = ImageConfig()
    history: tuple[History, ...] = ()
    diff_ids: tuple[str, ...] = ()
    chain_id: str = ""
    parent: str = ""
    author: str = ""
    comment: str = ""
    docker_version: str = ""
    created: int = 0
    last_tagged: int = 0
    size: int = 0
    manifest: str = ""
    pinned: bool = False


class Tag(Struct, frozen=True, kw_only=True):
    """A name of an image. ``name`` is the canonical text of a reference: repository with tag, or with digest."""

    name: str
    image_id: str


class Applied(Struct, frozen=True, kw_only=True):
    """What unpacking a layer found: diff ID of the uncompressed tar, bytes of file content, entries."""

    diff_id: str
    size: int
    entries: int
