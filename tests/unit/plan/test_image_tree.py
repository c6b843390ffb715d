"""The layers of images as a tree."""

from wherry.model.image import History, Image, Layer, Platform
from wherry.plan.images.tree import Node, Stack, build

SIZES = {"base": 100, "app": 20, "other": 3, "deep": 1}


def stack(name: str, *layers: str, steps: tuple[History, ...] = (), containers: int = 0) -> Stack:
    """An image whose layers are called so; a chain ID is the path to it."""
    rows = [
        Layer(chain_id="/".join(layers[: at + 1]), diff_id=layer, directory=layer, size=SIZES[layer])
        for at, layer in enumerate(layers)
    ]
    history = steps or tuple(History(created_by=f"make {layer}") for layer in layers)
    image = Image(id=name, platform=Platform(os="linux", architecture="amd64"), diff_ids=layers, history=history)
    return Stack(image=image, layers=tuple(rows), names=(name,), containers=containers)


def drawn(nodes: tuple[Node, ...], depth: int = 0) -> list[str]:
    lines = []
    for node in nodes:
        layer = node.layer.diff_id if node.layer else "-"
        names = ",".join(name for stack in node.stacks for name in stack.names)
        lines.append(f"{'  ' * depth}{layer} {node.size}/{node.total} {names}".rstrip())
        lines += drawn(node.children, depth + 1)
    return lines


def test_what_images_share_is_there_once() -> None:
    tree = build((stack("a", "base", "app"), stack("b", "base", "other"), stack("c", "base")))
    assert drawn(tree) == ["base 100/100 c", "  app 20/120 a", "  other 3/103 b"]


def test_the_same_changes_on_another_base_are_another_layer() -> None:
    assert drawn(build((stack("a", "base", "app"), stack("b", "other", "app")))) == [
        "base 100/100",
        "  app 20/120 a",
        "other 3/3",
        "  app 20/23 b",
    ]


def test_images_of_the_same_layers_are_at_one_node() -> None:
    assert drawn(build((stack("a", "base"), stack("b", "base")))) == ["base 100/100 a,b"]


def test_a_long_stack() -> None:
    tree = build((stack("a", "base", "app", "other", "deep"),))
    assert drawn(tree)[-1] == "      deep 1/124 a"


def test_images_without_layers_are_at_a_node_without_one() -> None:
    assert drawn(build((stack("a"), stack("b", "base"), stack("c")))) == ["- 0/0 a,c", "base 100/100 b"]


def test_steps_without_a_layer_are_passed_over() -> None:
    steps = (History(created_by="ADD x"), History(created_by="ENV a=b", empty_layer=True), History(created_by="RUN y"))
    (base,) = build((stack("a", "base", "app", steps=steps),))
    assert (base.created_by, base.children[0].created_by) == ("ADD x", "RUN y")


def test_a_history_that_does_not_fit_the_layers_tells_nothing() -> None:
    (base,) = build((stack("a", "base", "app", steps=(History(created_by="ADD x"),)),))
    assert (base.created_by, base.children[0].created_by) == ("", "")


def test_no_images() -> None:
    assert build(()) == ()
