"""Images as Docker's API tells them."""

from msgspec import UNSET, Struct, UnsetType, field

from wherry.wire.container import ContainerConfig, GraphDriver


class RootFS(Struct, kw_only=True, rename="pascal"):
    type: str = "layers"
    layers: list[str] | UnsetType = UNSET


class ImageMetadata(Struct, kw_only=True, rename="pascal"):
    last_tag_time: str


class ImageInspect(Struct, kw_only=True, rename="pascal"):
    id: str
    repo_tags: list[str]
    repo_digests: list[str]
    parent: str
    comment: str
    created: str
    container_config: ContainerConfig | UnsetType = UNSET
    docker_version: str
    author: str
    config: ContainerConfig
    architecture: str
    variant: str | UnsetType = UNSET
    os: str
    size: int
    virtual_size: int | UnsetType = UNSET
    graph_driver: GraphDriver
    root_fs: RootFS = field(name="RootFS")
    metadata: ImageMetadata


class ImageSummary(Struct, kw_only=True, rename="pascal"):
    """A line of ``images``. ``created`` is in seconds; -1 means that a number was not asked for."""

    containers: int = -1
    created: int
    id: str
    labels: dict[str, str] | None
    parent_id: str
    repo_digests: list[str] | None
    repo_tags: list[str] | None
    shared_size: int = -1
    size: int
    virtual_size: int | UnsetType = UNSET


class CommitResponse(Struct, kw_only=True, rename="pascal"):
    id: str


class HistoryItem(Struct, kw_only=True, rename="pascal"):
    comment: str
    created: int
    created_by: str
    id: str
    size: int
    tags: list[str] | None


class TreeImage(Struct, kw_only=True, rename="pascal"):
    """An image at the layer that is its top. ``containers``: how many were made of it, running or not."""

    id: str
    names: list[str]
    containers: int


class TreeLayer(Struct, kw_only=True, rename="pascal"):
    """A layer in ``GET /wherry/images/tree``, and the layers on it. ``size`` is its own bytes, ``total_size`` those of
    the whole stack that ends here; both IDs are "" at the node of images without layers."""

    id: str
    diff_id: str = field(name="DiffID")
    created_by: str
    size: int
    total_size: int
    images: list[TreeImage]
    children: list["TreeLayer"]


class DeletedImage(Struct, kw_only=True, rename="pascal"):
    untagged: str | UnsetType = UNSET
    deleted: str | UnsetType = UNSET


class ImagesPruned(Struct, kw_only=True, rename="pascal"):
    images_deleted: list[DeletedImage] | None
    space_reclaimed: int
