"""Pushing, on fakes. The lines and their order are Docker's."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.fakes.images import World
from tests.fakes.registry import config_of, digest_of

from wherry.errors import NotFound, RegistryError, Unauthorized
from wherry.model.image import LAYER_DOCKER_GZIP, MANIFEST_DOCKER, MANIFEST_OCI
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.plan.images.manifest import manifest_descriptor, read_manifest

BASE, TOP = b"\x1f\x8b\x08base" * 9, b"\x1f\x8b\x08top" * 9
CONFIG = config_of(BASE, TOP)


def short(data: bytes) -> str:
    return digest_of(data).removeprefix("sha256:")[:12]


def told(progress: list[Progress], identifier: str) -> list[str]:
    found = [each.status for each in progress if each.id == identifier]
    return list(dict.fromkeys(found))


def stored(world: World, name: str) -> dict[str, bytes]:
    return world.registry.stored[Reference.parse(name).name]


async def pulled(name: str = "one.example/x:1") -> World:
    world = World()
    world.registry.put(name, CONFIG, BASE, TOP)
    await world.pull(name)
    return world


async def test_what_was_pulled_goes_back_as_it_came() -> None:
    world = await pulled()
    digest = world.registry.manifests["one.example/x:1"].descriptor.digest
    await world.images.tag("one.example/x:1", Reference.parse("two.example/y:2"))
    progress = await world.push("two.example/y:2")
    assert progress[:3] == [
        Progress(status="The push refers to repository [two.example/y]"),
        Progress(id=short(TOP), status="Preparing"),
        Progress(id=short(BASE), status="Preparing"),
    ]
    size = len(world.registry.manifests["one.example/x:1"].data)
    assert progress[-2:] == [
        Progress(status=f"2: digest: {digest} size: {size}"),
        Progress(aux={"Tag": "2", "Digest": digest, "Size": size}),
    ]
    assert told(progress, short(TOP)) == told(progress, short(BASE)) == ["Preparing", "Pushing", "Pushed"]
    assert stored(world, "two.example/y") == {digest_of(data): data for data in (CONFIG, BASE, TOP)}
    assert world.registry.manifests["two.example/y:2"].descriptor.digest == digest


async def test_a_push_is_noted_and_told_to_the_feed() -> None:
    world = await pulled()
    await world.images.tag("one.example/x:1", Reference.parse("two.example/y:2"))
    heard = world.events.subscribe()
    await world.push("two.example/y:2")
    digest = world.registry.manifests["two.example/y:2"].descriptor.digest
    image = world.images.find("two.example/y:2")
    assert f"two.example/y@{digest}" in [name.familiar for name in world.images.names(image.id)]
    event = await anext(heard)
    assert (event.kind, event.action, event.actor) == ("image", "push", "two.example/y:2")
    assert event.attributes["name"] == "two.example/y"


async def test_what_is_there_already_is_not_sent() -> None:
    world = await pulled()
    await world.images.tag("one.example/x:1", Reference.parse("two.example/y:2"))
    await world.push("two.example/y:2")
    again = await world.push("two.example/y:2")
    assert told(again, short(TOP)) == ["Preparing", "Layer already exists"]


async def test_a_blob_is_taken_over_from_where_the_registry_has_it() -> None:
    world = await pulled()
    await world.images.tag("one.example/x:1", Reference.parse("two.example/y:2"))
    await world.images.tag("one.example/x:1", Reference.parse("two.example/deep/z:3"))
    await world.push("two.example/y:2")
    progress = await world.push("two.example/deep/z:3")
    assert told(progress, short(BASE)) == ["Preparing", "Mounted from y"]


async def test_where_a_layer_is_stays_known_when_the_image_that_brought_it_is_gone() -> None:
    world = await pulled("two.example/base:1")
    world.registry.stored["two.example/base"] = {digest_of(data): data for data in (CONFIG, BASE, TOP)}
    image = world.images.find("two.example/base:1")
    other = config_of(BASE, TOP, author="somebody")
    layers = world.images.layers(image)[::-1]
    await world.images.add(other, None, layers, (Reference.parse("two.example/app:1"),))
    await world.images.remove("two.example/base:1", force=True)
    progress = await world.push("two.example/app:1")
    assert told(progress, short(TOP)) == ["Preparing", "Mounted from base"]


async def test_what_was_made_here_is_packed_once_and_gets_dockers_manifest() -> None:
    world = World()
    image = await world.add("a", "b", names=("two.example/made:1", "three.example/made:1"))
    plain = {layer.blob for layer in world.images.layers(image)}
    await world.push("two.example/made:1")
    document = world.registry.manifests["two.example/made:1"].data
    assert manifest_descriptor(document).media_type == MANIFEST_DOCKER
    manifest = read_manifest(document)
    assert {layer.media_type for layer in manifest.layers} == {LAYER_DOCKER_GZIP}
    blobs = [layer.blob for layer in reversed(world.images.layers(image))]
    assert [layer.digest for layer in manifest.layers] == blobs
    assert not plain & set(world.content.digests())
    await world.push("three.example/made:1")
    assert world.registry.manifests["three.example/made:1"].data == document


async def test_layers_are_packed_side_by_side() -> None:
    world = World()
    await world.add("a", "b", names=("two.example/made:1",))
    both = asyncio.Barrier(2)
    gzip = world.layers.gzip

    async def waiting(source: Path, diff_id: str) -> AsyncGenerator[bytes, None]:
        async with asyncio.timeout(10):
            await both.wait()
        async for chunk in gzip(source, diff_id):
            yield chunk

    world.layers.gzip = waiting  # type: ignore[method-assign]
    assert (await world.push("two.example/made:1"))[-1].aux is not None


async def test_a_layer_without_a_blob_is_packed_from_its_directory() -> None:
    world = World()
    image = await world.add("a", names=("two.example/made:1",))
    (layer,) = world.images.layers(image)
    await world.records.layers.put(replace(layer, blob=""))
    progress = await world.push("two.example/made:1")
    assert told(progress, "a" * 12)[-1] == "Pushed"


async def test_a_layer_that_was_here_in_another_form_is_fetched_for_its_manifest() -> None:
    """Two images have the same files and differ in how a layer is packed: only one form was ever downloaded."""
    world = await pulled()
    packed = b"\x1f\x8b\x08packed otherwise"
    layer = world.images.layers(world.images.find("one.example/x:1"))[-1]
    await world.records.layers.put(replace(layer, blob=await world.content.put(packed), repositories=()))
    await world.content.delete(digest_of(BASE))
    await world.images.tag("one.example/x:1", Reference.parse("two.example/y:2"))
    await world.push("two.example/y:2")
    assert world.registry.manifests["two.example/y:2"].data == world.registry.manifests["one.example/x:1"].data
    del world.registry.blobs[digest_of(BASE)]
    await world.content.delete(digest_of(BASE))
    await world.images.tag("one.example/x:1", Reference.parse("three.example/y:2"))
    await world.push("three.example/y:2")  # nobody has it any more: what is here must do
    manifest = read_manifest(world.registry.manifests["three.example/y:2"].data)
    assert [layer.digest for layer in manifest.layers] == [digest_of(packed), digest_of(TOP)]


async def test_a_pause_before_another_try_is_told() -> None:
    world = await pulled()
    world.registry.pauses[digest_of(TOP)] = 1.5
    progress = await world.push("one.example/x:1")
    assert told(progress, short(TOP))[:3] == ["Preparing", "Retrying in 2 seconds", "Pushing"]


async def test_no_more_than_some_at_a_time() -> None:
    world, layers = World(), [b"\x1f\x8b\x08" + bytes([number]) * 50 for number in range(9)]
    world.registry.put("one.example/x:1", config_of(*layers), *layers)
    await world.pull("one.example/x:1")
    world.registry.most_busy = 0
    await world.images.tag("one.example/x:1", Reference.parse("two.example/x:1"))
    progress = await world.push("two.example/x:1")
    waiting = [each.id for each in progress if each.status == "Waiting"]
    assert waiting == [short(layer) for layer in layers[3::-1]]
    assert world.registry.most_busy == 5


async def test_the_same_files_twice_are_packed_and_sent_once() -> None:
    world = World()
    await world.add("a", "b", "a", names=("two.example/made:1",))
    progress = await world.push("two.example/made:1")
    manifest = read_manifest(world.registry.manifests["two.example/made:1"].data)
    first, middle, last = (layer.digest for layer in manifest.layers)
    assert first == last != middle
    assert [each.status for each in progress].count("Pushed") == 2


async def test_all_tags_of_a_repository() -> None:
    world = await pulled()
    for name in ("two.example/y:1", "two.example/y:2", "two.example/z:1"):
        await world.images.tag("one.example/x:1", Reference.parse(name))
    await world.push("two.example/y")
    assert {name for name in world.registry.manifests if name.startswith("two") and "@" not in name} == {
        "two.example/y:1",
        "two.example/y:2",
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nope:1", "An image does not exist locally with the tag: nope"),
        ("nope", "An image does not exist locally with the tag: nope"),
        ("one.example/x:9", "tag does not exist: one.example/x:9"),
    ],
)
async def test_a_name_that_no_image_has(name: str, text: str) -> None:
    world = await pulled()
    with pytest.raises(NotFound) as caught:
        await world.push(name)
    assert str(caught.value) == text


async def test_a_registry_that_is_not_there_is_told_before_anything_is_prepared() -> None:
    world = World()
    await world.add("a", names=("nowhere.example/x:1",))
    progress = []
    with pytest.raises(RegistryError, match="no such host"):
        async with aclosing(world.transfer.push(Reference.parse("nowhere.example/x:1"))) as stream:
            async for each in stream:
                progress.append(each)
    assert [each.status for each in progress] == ["The push refers to repository [nowhere.example/x]"]


async def test_refused_credentials() -> None:
    world = await pulled()
    asked: list[Credentials | None] = []

    def refuse(credentials: Credentials | None) -> None:
        asked.append(credentials)
        raise Unauthorized("denied: requested access to the resource is denied")

    world.registry.allow = refuse
    alice = Credentials(username="alice", password="secret")
    with pytest.raises(Unauthorized, match="requested access to the resource is denied"):
        await world.push("one.example/x:1", credentials=alice)
    assert asked[0] == alice
    assert "one.example/x" not in world.registry.stored


async def test_a_listener_that_leaves_ends_the_push() -> None:
    world = await pulled()
    world.registry.gates[digest_of(BASE)] = asyncio.Event()
    await world.images.tag("one.example/x:1", Reference.parse("two.example/y:2"))
    async with aclosing(world.transfer.push(Reference.parse("two.example/y:2"))) as progress:
        async for each in progress:
            if each.status == "Pushed":
                break
    assert world.registry.busy == 0
    assert "two.example/y:2" not in world.registry.manifests
    image = world.images.find("two.example/y:2")
    assert [name.domain for name in world.images.names(image.id) if name.digest] == ["one.example"]


async def test_an_oci_manifest_stays_one() -> None:
    world = await pulled()
    await world.images.tag("one.example/x:1", Reference.parse("two.example/y:2"))
    await world.push("two.example/y:2")
    assert world.registry.manifests["two.example/y:2"].descriptor.media_type == MANIFEST_OCI
