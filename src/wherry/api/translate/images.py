"""Images → inspection, summary, history."""

from collections.abc import Iterable
from posixpath import dirname

from msgspec import UNSET

from wherry.api.translate.config import image_config
from wherry.api.translate.containers import DRIVER
from wherry.api.translate.times import rfc3339, whole_seconds
from wherry.engine.images.catalog import HistoryEntry
from wherry.engine.images.removal import Removal
from wherry.model.image import Image
from wherry.model.reference import Reference
from wherry.plan.images.tree import Node
from wherry.wire import image as wire
from wherry.wire.container import GraphDriver


def image_inspect(image: Image, names: tuple[Reference, ...], lowers: tuple[str, ...]) -> wire.ImageInspect:
    """All there is to tell. ``lowers`` are the directories with the layers' files, top first."""
    return wire.ImageInspect(
        id=image.id,
        repo_tags=tags(names),
        repo_digests=digests(names),
        parent=image.parent,
        comment=image.comment or (image.history[-1].comment if image.history else ""),
        created=rfc3339(image.created),
        docker_version=image.docker_version,
        author=image.author,
        config=image_config(image.config),
        architecture=image.platform.architecture,
        variant=image.platform.variant or UNSET,
        os=image.platform.os,
        size=image.size,
        graph_driver=GraphDriver(data=_directories(lowers), name=DRIVER),
        root_fs=wire.RootFS(layers=list(image.diff_ids) or UNSET),
        metadata=wire.ImageMetadata(last_tag_time=rfc3339(image.last_tagged)),
    )


def image_summary(
    image: Image, names: tuple[Reference, ...], *, containers: int = -1, shared: int = -1
) -> wire.ImageSummary:
    """A line of ``images`` with the names to show; -1 for a number that was not asked for."""
    return wire.ImageSummary(
        containers=containers,
        created=whole_seconds(image.created),
        id=image.id,
        labels=dict(sorted(image.config.labels.items())) or None,
        parent_id=image.parent,
        repo_digests=digests(names),
        repo_tags=tags(names),
        shared_size=shared,
        size=image.size,
    )


def history_item(entry: HistoryEntry) -> wire.HistoryItem:
    """A line of ``history``."""
    return wire.HistoryItem(
        comment=entry.comment,
        created=entry.created,
        created_by=entry.created_by,
        id=entry.id,
        size=entry.size,
        tags=list(entry.tags) or None,
    )


def deleted_image(removal: Removal) -> wire.DeletedImage:
    if removal.untagged:
        return wire.DeletedImage(untagged=removal.untagged)
    return wire.DeletedImage(deleted=removal.deleted)


def tree_layer(node: Node) -> wire.TreeLayer:
    """A layer with the images and the layers on it."""
    return wire.TreeLayer(
        id=node.layer.chain_id if node.layer else "",
        diff_id=node.layer.diff_id if node.layer else "",
        created_by=node.created_by,
        size=node.size,
        total_size=node.total,
        images=[
            wire.TreeImage(id=stack.image.id, names=list(stack.names), containers=stack.containers)
            for stack in node.stacks
        ],
        children=[tree_layer(child) for child in node.children],
    )


def tags(names: Iterable[Reference]) -> list[str]:
    return [name.familiar for name in names if name.tag]


def digests(names: Iterable[Reference]) -> list[str]:
    return [name.familiar for name in names if name.digest and not name.tag]


def _directories(lowers: tuple[str, ...]) -> dict[str, str] | None:
    """Where the layers are, as overlay2 of Docker tells it: the top one is the upper of its own mount."""
    if not lowers:
        return None
    top = dirname(lowers[0])
    data = {"MergedDir": f"{top}/merged", "UpperDir": lowers[0], "WorkDir": f"{top}/work"}
    return {"LowerDir": ":".join(lowers[1:]), **data} if lowers[1:] else data
