"""Removing images. The texts and the order of the lines are those of dockerd 26.1.5, which was asked."""

import asyncio

import pytest
from tests.fakes.images import World

from wherry.engine.images import Removal
from wherry.errors import Conflict, NoSuchImage
from wherry.model.container import Status
from wherry.model.image import Image

DIGEST = "sha256:" + "d" * 64


def lines(removals: tuple[Removal, ...]) -> list[str]:
    return [removal.untagged or removal.deleted for removal in removals]


def short(identifier: str) -> str:
    return identifier.removeprefix("sha256:")[:12]


async def conflict(world: World, ref: str, force: bool = False) -> str:
    with pytest.raises(Conflict) as caught:
        await world.images.remove(ref, force=force)
    return str(caught.value)


async def test_the_last_name_takes_the_image_and_its_layers_along() -> None:
    world = World()
    image = await world.add("a", "b", names=("x:1",))
    chain = [layer.chain_id for layer in world.images.layers(image)]
    assert lines(await world.images.remove("x:1")) == ["x:1", image.id, *chain]
    assert world.images.all() == ()
    assert world.records.layers.all() == ()
    assert world.snapshots.names() == ()
    assert world.content.digests() == ()
    with pytest.raises(NoSuchImage):
        await world.images.remove("x:1")


async def test_another_name_keeps_the_image() -> None:
    world = World()
    image = await world.add("a", names=("x:1", "x:2"))
    assert lines(await world.images.remove("x:1")) == ["x:1"]
    assert world.images.find("x:2").id == image.id


async def test_digest_references_go_with_the_last_tag_of_their_repository() -> None:
    world = World()
    await world.add("a", names=("x:1", f"x@{DIGEST}", "y:1", f"y@{DIGEST}"))
    assert lines(await world.images.remove("x:1")) == ["x:1", f"x@{DIGEST}"]
    assert lines(await world.images.remove("y:1"))[:2] == ["y:1", f"y@{DIGEST}"]
    assert world.images.all() == ()


async def test_an_id_takes_the_names_of_one_repository_along() -> None:
    world = World()
    image = await world.add("a", names=("x:1", f"x@{DIGEST}"))
    assert lines(await world.images.remove(short(image.id)))[:3] == ["x:1", f"x@{DIGEST}", image.id]


async def test_an_id_with_names_in_several_repositories_must_be_forced() -> None:
    world = World()
    image = await world.add("a", names=("r:1", "r:2", "other:2"))
    assert await conflict(world, short(image.id)) == (
        f"conflict: unable to delete {short(image.id)} (must be forced) - image is referenced in multiple repositories"
    )
    assert lines(await world.images.remove(image.id, force=True))[:4] == ["other:2", "r:1", "r:2", image.id]


async def test_a_stopped_container_must_be_forced() -> None:
    world = World()
    image = await world.add("a", names=("r:1",))
    container = await world.container(image)
    assert await conflict(world, "r:1") == (
        f'conflict: unable to remove repository reference "r:1" (must force) - container {container.id[:12]} is using '
        f"its referenced image {short(image.id)}"
    )
    assert await conflict(world, image.id) == (
        f"conflict: unable to delete {short(image.id)} (must be forced) - image is being used by stopped container "
        f"{container.id[:12]}"
    )
    assert lines(await world.images.remove("r:1", force=True)) == ["r:1", image.id]


async def test_the_layers_of_a_container_outlive_its_image() -> None:
    world = World()
    image = await world.add("a", "b", names=("r:1",))
    container = await world.container(image)
    await world.images.remove("r:1", force=True)
    layers = world.images.chain(container.chain_id)
    assert len(layers) == 2
    assert {*world.content.digests()} == {layer.blob for layer in layers}
    await world.records.containers.delete(container.id)
    await world.images.release(container.chain_id)
    assert world.records.layers.all() == ()
    assert world.content.digests() == ()


async def test_a_running_container_keeps_its_image_whatever_is_forced() -> None:
    world = World()
    image = await world.add("a", names=("r:1",))
    container = await world.container(image, status=Status.RUNNING)
    text = (
        f"conflict: unable to delete {short(image.id)} (cannot be forced) - image is being used by running container "
        f"{container.id[:12]}"
    )
    assert await conflict(world, image.id) == text
    assert await conflict(world, image.id, force=True) == text
    assert lines(await world.images.remove("r:1", force=True)) == ["r:1"]
    assert world.images.all() != ()


async def test_an_image_that_others_were_built_on_stays() -> None:
    world = World()
    base = await world.add("a", names=("base:1",))
    await world.add("a", "b", names=("child:1",), parent=base.id)
    text = f"conflict: unable to delete {short(base.id)} (cannot be forced) - image has dependent child images"
    assert await conflict(world, base.id, force=True) == text
    assert lines(await world.images.remove("base:1")) == ["base:1"]
    assert len(world.images.all()) == 2


async def family(world: World) -> tuple[Image, Image]:
    base = await world.add("a")
    return base, await world.add("a", "b", names=("child:1",), parent=base.id)


async def test_nameless_ancestors_go_with_their_last_child() -> None:
    world = World()
    base, child = await family(world)
    chain = [layer.chain_id for layer in world.images.layers(child)]
    assert lines(await world.images.remove("child:1")) == ["child:1", child.id, chain[0], base.id, chain[1]]


async def test_nameless_ancestors_stay_if_asked_or_used() -> None:
    world = World()
    base, _ = await family(world)
    assert base.id not in lines(await world.images.remove("child:1", prune=False))
    world = World()
    base, _ = await family(world)
    await world.container(base)
    assert base.id not in lines(await world.images.remove("child:1"))


async def test_layers_and_blobs_of_another_image_stay() -> None:
    world = World()
    other = await world.add("a", "b", names=("other:1",))
    image = await world.add("a", "c", names=("x:1",))
    top = world.images.layers(image)[0]
    assert lines(await world.images.remove("x:1")) == ["x:1", image.id, top.chain_id]
    assert {*world.content.digests()} == {other.id, *(layer.blob for layer in world.images.layers(other))}
    assert len(world.snapshots.names()) == 2


async def test_what_is_held_stays() -> None:
    world = World()
    image = await world.add("a", "b", names=("x:1",))
    top, bottom = world.images.layers(image)
    async with world.images.hold(bottom.chain_id, top.blob):
        assert lines(await world.images.remove("x:1")) == ["x:1", image.id, top.chain_id]
        assert world.images.layer(bottom.chain_id) == bottom
        assert {*world.content.digests()} == {top.blob, bottom.blob}


async def test_a_removal_goes_on_when_nobody_listens_any_more() -> None:
    world = World()
    await world.add("a", "b", names=("x:1",))
    removing = asyncio.ensure_future(world.images.remove("x:1"))
    await asyncio.sleep(0)
    removing.cancel()
    await world.operations.drain()
    assert world.images.all() == ()
    assert world.snapshots.names() == ()
    assert world.content.digests() == ()


async def test_names_and_images_that_go_are_told() -> None:
    world = World()
    image = await world.add("a", names=("x:1",), label="here")
    heard = world.events.subscribe()
    await world.images.remove("x:1")
    events = [await anext(heard), await anext(heard)]
    assert [(event.action, event.actor) for event in events] == [("untag", image.id), ("delete", image.id)]
    assert events[0].attributes == {"label": "here", "name": image.id}


async def test_pruning_takes_what_has_no_tag() -> None:
    world = World()
    tagged = await world.add("a", names=("x:1",))
    digested = await world.add("b", names=(f"y@{DIGEST}",))
    dangling = await world.add("c")
    used = await world.add("d")
    await world.container(used)
    removals, reclaimed = await world.images.prune(dangling=True)
    assert [line for line in lines(removals) if line in (digested.id, dangling.id)] == [digested.id, dangling.id]
    assert reclaimed == ord("b") + ord("c")
    assert world.images.all() == (tagged, used)


async def test_pruning_all_takes_what_no_container_has() -> None:
    world = World()
    await world.add("a", names=("x:1", "y:1"))
    used = await world.add("b", names=("z:1",))
    await world.container(used)
    removals, _ = await world.images.prune(dangling=False)
    assert lines(removals)[:2] == ["x:1", "y:1"]
    assert world.images.all() == (used,)


async def test_pruning_keeps_to_age_and_labels() -> None:
    world = World()
    old = await world.add("a", label="yes")
    young = await world.add("b", label="yes")
    other = await world.add("c", label="no")
    await world.images.prune(dangling=True, until=old.created, labels=("label=yes",))
    assert world.images.all() == (young, other)
    await world.images.prune(dangling=True, labels=("!label=yes",))
    assert world.images.all() == (young,)


async def test_no_blob_goes_while_unknown_ones_come_in() -> None:
    world = World()
    image = await world.add("a", names=("x:1",))
    blob = world.images.layers(image)[0].blob
    async with world.images.receiving():
        await world.images.remove("x:1")
        arriving = await world.content.put(b"the same layer may be in what comes in")
        assert {*world.content.digests()} == {image.id, blob, arriving}
    assert world.content.digests() == ()


async def test_pruning_takes_blobs_that_a_stopped_pull_left() -> None:
    world = World()
    image = await world.add("a", names=("x:1",))
    await world.content.put(b"left over")
    await world.images.prune(dangling=True)
    assert {*world.content.digests()} == {image.id, world.images.layers(image)[0].blob}
