"""The layers of several images as a tree: each layer once, those that were made on it below it."""

from collections.abc import Iterable

from msgspec import Struct

from wherry.model.image import Image, Layer


class Stack(Struct, frozen=True, kw_only=True):
    """An image with its layers, the lowest first; ``names`` in familiar form; how many containers were made of it."""

    image: Image
    layers: tuple[Layer, ...]
    names: tuple[str, ...] = ()
    containers: int = 0


class Node(Struct, frozen=True, kw_only=True):
    """A layer: bytes of its own and of the whole stack that ends here, the step that made it, the images whose top it
    is, and the layers on it. Images without layers are at a node without a layer."""

    layer: Layer | None = None
    size: int = 0
    total: int = 0
    created_by: str = ""
    stacks: tuple[Stack, ...] = ()
    children: tuple["Node", ...] = ()


def build(stacks: Iterable[Stack]) -> tuple[Node, ...]:
    """The lowest layers with all that is on them. Images, and layers of one parent, in the order of ``stacks``."""
    return _level(tuple(stacks), depth=0, total=0)


def _level(stacks: tuple[Stack, ...], *, depth: int, total: int) -> tuple[Node, ...]:
    """The nodes at a depth, of stacks that are the same below it."""
    nodes = []
    if depth == 0 and (empty := tuple(stack for stack in stacks if not stack.layers)):
        nodes.append(Node(stacks=empty))
    groups: dict[str, list[Stack]] = {}
    for stack in stacks:
        if len(stack.layers) > depth:
            groups.setdefault(stack.layers[depth].chain_id, []).append(stack)
    nodes += [_node(tuple(group), depth=depth, total=total) for group in groups.values()]
    return tuple(nodes)


def _node(group: tuple[Stack, ...], *, depth: int, total: int) -> Node:
    layer = group[0].layers[depth]
    total += layer.size
    return Node(
        layer=layer,
        size=layer.size,
        total=total,
        created_by=_step(group[0].image, depth),
        stacks=tuple(stack for stack in group if len(stack.layers) == depth + 1),
        children=_level(group, depth=depth + 1, total=total),
    )


def _step(image: Image, depth: int) -> str:
    """The line of the image's history that made its layer at ``depth``, "" if it has none."""
    steps = [step.created_by for step in image.history if not step.empty_layer]
    return steps[depth] if len(steps) == len(image.diff_ids) else ""
