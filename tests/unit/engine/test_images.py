"""Finding, naming, telling. What dockerd 26.1.5 answers was asked of it."""

import pytest
from tests.fakes.images import World

from wherry.engine.images import HistoryEntry
from wherry.errors import InvalidArgument, InvalidReference, NoSuchImage
from wherry.model.reference import Reference
from wherry.plan.images.chain import chain_id

DIGEST = "sha256:" + "d" * 64


async def test_an_image_is_found_by_any_of_its_names() -> None:
    world = World()
    image = await world.add("a", names=("wexp/a:1", f"wexp/a@{DIGEST}", "busybox"))
    for ref in ("wexp/a:1", "docker.io/wexp/a:1", f"wexp/a@{DIGEST}", f"wexp/a:any@{DIGEST}", "busybox"):
        assert world.images.find(ref) == image
    assert [name.familiar for name in world.images.names(image.id)] == [
        "busybox:latest",
        "wexp/a:1",
        f"wexp/a@{DIGEST}",
    ]


async def test_names_are_told_in_the_order_of_their_whole_texts() -> None:
    world = World()
    image = await world.add("a", names=("built", "docker/built:1", "localhost:5000/a", "quay.io/a"))
    assert [name.familiar for name in world.images.names(image.id)] == [
        "docker/built:1",
        "built:latest",
        "localhost:5000/a:latest",
        "quay.io/a:latest",
    ]


async def test_an_image_is_found_by_its_id_and_by_what_begins_it() -> None:
    world = World()
    image = await world.add("a")
    digits = image.id.removeprefix("sha256:")
    for ref in (image.id, digits, digits[:12], digits[:1], f"sha256:{digits[:5]}"):
        assert world.images.find(ref) == image


async def test_a_prefix_of_several_ids_is_none() -> None:
    world = World()
    images = [await world.add("a") for _ in range(17)]  # more than there are digits
    firsts = [image.id.removeprefix("sha256:")[0] for image in images]
    shared = next(digit for digit in firsts if firsts.count(digit) > 1)
    with pytest.raises(NoSuchImage) as caught:
        world.images.find(shared)
    assert str(caught.value) == f"No such image: {shared}:latest"


async def test_a_name_counts_before_an_id() -> None:
    world = World()
    image = await world.add("a")
    prefix = image.id.removeprefix("sha256:")[:6]
    other = await world.add("b", names=(prefix,))
    assert world.images.find(prefix) == other


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        ("nosuch", "No such image: nosuch:latest"),
        ("nosuch:tag", "No such image: nosuch:tag"),
        ("docker.io/library/nosuch", "No such image: nosuch:latest"),
        ("sha256:0000000", "No such image: sha256:0000000"),
        (f"no@{DIGEST}", f"No such image: no@{DIGEST}"),
        (f"no:1@{DIGEST}", f"No such image: no:1@{DIGEST}"),
        ("f" * 64, f"No such image: sha256:{'f' * 64}"),
    ],
)
async def test_what_is_not_here_is_told_in_dockers_words(ref: str, text: str) -> None:
    with pytest.raises(NoSuchImage) as caught:
        World().images.find(ref)
    assert str(caught.value) == text


@pytest.mark.parametrize("ref", ["Bad", "a:", "", "sha256:"])
async def test_what_is_no_reference_is_told_so(ref: str) -> None:
    with pytest.raises(InvalidReference):
        World().images.find(ref)


async def test_layers_are_told_top_first() -> None:
    world = World()
    image = await world.add("a", "b", "c")
    assert [layer.diff_id[-1] for layer in world.images.layers(image)] == ["c", "b", "a"]
    assert image.size == sum(map(ord, "abc"))
    assert world.images.chain("") == ()


async def test_bytes_are_shared_that_another_image_has_too() -> None:
    world = World()
    alone = await world.add("f", names=("alone:1",))
    image = await world.add("a", "b", names=("x:1",))
    await world.add("a", "c", names=("y:1",))
    assert (world.images.shared_size(image), world.images.shared_size(alone)) == (ord("a"), 0)


async def test_history_has_the_ids_of_what_was_made_here() -> None:
    world = World()
    base = await world.add("a", "b", names=("base:1", f"base@{DIGEST}"))
    child = await world.add("a", "b", "c", names=("child:1",), parent=base.id)
    assert world.images.history("child:1") == (
        HistoryEntry(id=child.id, created=0, created_by="layer c", tags=("child:1",), size=ord("c")),
        HistoryEntry(id=base.id, created=0, created_by="layer b", tags=("base:1",), size=ord("b")),
        HistoryEntry(id="<missing>", created=0, created_by="layer a", size=ord("a")),
    )


async def test_a_new_tag_is_kept_told_and_timed() -> None:
    world = World()
    image = await world.add("a", label="here")
    heard = world.events.subscribe()
    await world.images.tag(image.id, Reference.parse("new"))
    tagged = world.images.find("new:latest")
    assert tagged.id == image.id
    assert tagged.last_tagged > 0
    event = await anext(heard)
    assert (event.kind, event.action, event.actor) == ("image", "tag", image.id)
    assert event.attributes == {"label": "here", "name": "new:latest"}


async def test_a_tag_is_taken_from_the_image_that_had_it() -> None:
    world = World()
    old, new = await world.add("a", names=("x:1",)), await world.add("b")
    await world.images.tag(new.id, Reference.parse("x:1"))
    assert world.images.find("x:1").id == new.id
    assert world.images.names(old.id) == ()


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (f"x@{DIGEST}", "cannot import digest reference"),
        ("sha256:12", "refusing to create an ambiguous tag using digest algorithm as name"),
    ],
)
async def test_names_that_would_mislead_are_refused(target: str, text: str) -> None:
    world = World()
    image = await world.add("a")
    with pytest.raises(InvalidArgument) as caught:
        await world.images.tag(image.id, Reference.parse(target))
    assert str(caught.value) == text


async def test_no_image_comes_with_a_name_that_could_be_an_id() -> None:
    """By ``load``, ``import``, ``commit`` or a build: it would stand for the image that has this ID."""
    world = World()
    image = await world.add("a", names=("x:1",))
    with pytest.raises(InvalidArgument, match="refusing to create an ambiguous tag using digest algorithm as name"):
        await world.add("b", names=(image.id,))
    assert world.images.find(image.id) == image
    assert [each.id for each in world.records.images.all()] == [image.id]


async def test_the_same_image_added_again_keeps_its_names_and_its_parent() -> None:
    world = World()
    base = await world.add("a")
    first = await world.add("b", names=("x:1",), parent=base.id)
    config = await world.content.read(first.id)
    again = await world.images.add(config, b"manifest", tuple(reversed(world.images.layers(first))))
    assert (again.parent, again.last_tagged, again.id) == (base.id, first.last_tagged, first.id)
    assert world.images.find("x:1") == again
    assert await world.content.read(again.manifest) == b"manifest"


async def test_the_sweep_leaves_what_is_named_and_nothing_else() -> None:
    world = World()
    image = await world.add("a", "b", names=("x:1",))
    gone = await world.add("a", "c")
    container = await world.container(await world.add("d"))
    await world.records.commit(delete=(gone, world.images.find(container.image_id)))
    await world.content.put(b"half an image")
    await world.snapshots.begin()
    await world.images.sweep({container.id})
    kept = {*world.images.layers(image), *world.images.chain(container.chain_id)}
    assert {*world.records.layers.all()} == kept
    assert {*world.snapshots.names()} == {container.id, *(layer.directory for layer in kept)}
    assert {*world.content.digests()} == {image.id, *(layer.blob for layer in kept)}


async def test_layers_of_an_image_on_its_way_go_with_their_last_holder() -> None:
    world = World()
    image = await world.add("a")
    layer = world.images.layers(image)[0]
    await world.records.commit(delete=(image, layer))
    chain = chain_id(image.diff_ids)
    async with world.images.hold(chain):
        async with world.images.hold(chain):
            world.images.unpacked(layer)
        assert world.images.layer(chain) == layer
    assert world.images.layer(chain) is None
    assert world.snapshots.names() == ()
