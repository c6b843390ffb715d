"""Pulling, on fakes. The lines and their order are Docker's."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import pytest
from tests.fakes.images import AMD64, World
from tests.fakes.registry import config_of, digest_of

from wherry.errors import (
    CorruptImage,
    CorruptLayer,
    DigestMismatch,
    NoSuchManifest,
    NotFound,
    NotSupported,
    Unauthorized,
    WherryError,
)
from wherry.model.image import Layer, Platform
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.plan.images.chain import chain_ids
from wherry.plan.images.platforms import WrongPlatform

BASE, TOP = b"base" * 50, b"top" * 50
CONFIG = config_of(BASE, TOP, config={"Labels": {"a": "b"}})
ALICE = Credentials(username="alice", password="secret")


def told(progress: list[Progress], identifier: str = "") -> list[str]:
    """Statuses, without those of how far a download is."""
    found = [each.status for each in progress if not identifier or each.id == identifier]
    return [status for number, status in enumerate(found) if status not in found[:number]]


def short(data: bytes) -> str:
    return digest_of(data).removeprefix("sha256:")[:12]


def serving() -> World:
    world = World()
    world.registry.put("x:1", CONFIG, BASE, TOP)
    return world


def nothing_is_half(world: World) -> None:
    """No image, no layer, no directory; blobs that are here are whole."""
    assert world.images.all() == ()
    assert world.records.layers.all() == ()
    assert world.snapshots.names() == ()
    assert all(digest_of(data) == digest for digest, data in world.content.blobs.items())


async def test_an_image_comes_in_and_is_told_layer_by_layer() -> None:
    world = serving()
    descriptor = world.registry.manifests["docker.io/library/x:1"].descriptor
    progress = await world.pull("x:1")
    assert progress[:3] == [
        Progress(id="1", status="Pulling from library/x"),
        Progress(id=short(BASE), status="Pulling fs layer"),
        Progress(id=short(TOP), status="Pulling fs layer"),
    ]
    assert progress[-2:] == [
        Progress(status=f"Digest: {descriptor.digest}"),
        Progress(status="Status: Downloaded newer image for x:1"),
    ]
    steps = ["Downloading", "Verifying Checksum", "Download complete", "Extracting", "Pull complete"]
    assert told(progress, short(BASE)) == ["Pulling fs layer", *steps]
    assert told(progress, short(TOP)) == ["Pulling fs layer", *steps]


async def test_a_pause_before_another_try_is_told() -> None:
    world = serving()
    world.registry.pauses[digest_of(BASE)] = 0.5
    progress = await world.pull("x:1")
    assert told(progress, short(BASE))[:3] == ["Pulling fs layer", "Retrying in 1 second", "Downloading"]


async def test_what_came_in_is_what_was_there() -> None:
    world = serving()
    digest = world.registry.manifests["docker.io/library/x:1"].descriptor.digest
    await world.pull("x:1")
    image = world.images.find("x:1")
    assert image.id == digest_of(CONFIG)
    assert image.manifest == digest
    assert [name.familiar for name in world.images.names(image.id)] == ["x:1", f"x@{digest}"]
    top, base = world.images.layers(image)
    assert (base.diff_id, top.diff_id, top.parent) == (digest_of(BASE), digest_of(TOP), base.chain_id)
    assert (base.blob, top.blob) == (digest_of(BASE), digest_of(TOP))
    assert image.size == len(BASE) + len(TOP)
    trees = world.snapshots.tree(base.directory), world.snapshots.tree(top.directory)
    assert world.layers.applied == {trees[0]: (), trees[1]: (trees[0],)}


async def test_a_pull_is_told_to_listeners_of_events() -> None:
    world = serving()
    heard = world.events.subscribe()
    await world.pull("x:1")
    event = await anext(heard)
    assert (event.kind, event.action, event.actor) == ("image", "pull", "x:1")
    assert event.attributes == {"a": "b", "name": "x"}


async def test_what_is_here_is_not_asked_for_again() -> None:
    world = serving()
    await world.pull("x:1")
    world.registry.asked.clear()
    digest = world.registry.manifests["docker.io/library/x:1"].descriptor.digest
    assert told(await world.pull("x:1")) == [
        "Pulling from library/x",
        f"Digest: {digest}",
        "Status: Image is up to date for x:1",
    ]
    assert world.registry.asked == []


async def test_an_image_that_is_here_gets_a_new_name_only() -> None:
    world = serving()
    await world.pull("x:1")
    world.registry.put("y:2", CONFIG, BASE, TOP)
    world.registry.asked.clear()
    assert told(await world.pull("y:2"))[-1] == "Status: Downloaded newer image for y:2"
    assert world.registry.asked == []
    assert world.images.find("y:2").id == world.images.find("x:1").id


async def test_layers_that_are_here_are_shared() -> None:
    world = serving()
    await world.pull("x:1")
    world.registry.put("y:1", config_of(BASE, b"another"), BASE, b"another")
    progress = await world.pull("y:1")
    assert told(progress, short(BASE)) == ["Already exists"]
    assert world.registry.asked.count(digest_of(BASE)) == 1
    assert world.images.layers(world.images.find("y:1"))[1] == world.images.layers(world.images.find("x:1"))[1]


async def test_a_moved_tag_is_moved_here_too() -> None:
    world = serving()
    await world.pull("x:1")
    world.registry.put("x:1", config_of(BASE), BASE)
    assert told(await world.pull("x:1"))[-1] == "Status: Downloaded newer image for x:1"
    assert world.images.find("x:1").id == digest_of(config_of(BASE))
    assert len(world.images.all()) == 2


async def test_no_more_than_three_layers_are_downloaded_at_a_time() -> None:
    world = World()
    layers = [bytes([65 + number]) * 500 for number in range(6)]
    world.registry.put("x:1", config_of(*layers), *layers)
    progress = await world.pull("x:1")
    assert world.registry.most_busy == 3
    waiting = [each.id for each in progress if each.status == "Waiting"]
    assert waiting == [short(layer) for layer in layers[3:]]


async def test_the_same_layer_twice_is_downloaded_once() -> None:
    world = World()
    world.registry.put("x:1", config_of(BASE, TOP, BASE), BASE, TOP, BASE)
    await world.pull("x:1")
    assert world.registry.asked.count(digest_of(BASE)) == 1
    assert len(world.images.layers(world.images.find("x:1"))) == 3


async def test_an_image_without_layers_comes_in_too() -> None:
    world = World()
    world.registry.put("scratch:1", config_of())
    await world.pull("scratch:1")
    assert world.images.layers(world.images.find("scratch:1")) == ()


async def test_an_index_leads_to_the_image_for_the_platform() -> None:
    world = World()
    arm = Platform(os="linux", architecture="arm64")
    entries = (
        world.registry.put("a:1", config_of(BASE, architecture="arm64"), BASE, architecture="arm64"),
        world.registry.put("b:1", config_of(TOP), TOP),
    )
    index = world.registry.put_index("x:1", *entries)
    for entry, name in zip(entries, ("a", "b"), strict=True):
        resolved = world.registry.manifests[f"docker.io/library/{name}@{entry.digest}"]
        world.registry.manifests[f"docker.io/library/x@{entry.digest}"] = resolved
    await world.pull("x:1")
    image = world.images.find("x:1")
    assert (image.platform, image.manifest) == (AMD64, entries[1].digest)
    assert world.images.find(f"x@{index.digest}") == image
    await world.pull("x:1", platform=arm)
    assert world.images.find("x:1").platform == arm


async def test_an_image_for_another_platform_comes_in_and_is_told() -> None:
    world = serving()
    arm = Platform(os="linux", architecture="arm64")
    text = "image with reference x:1 was found but does not match the specified platform: wanted linux/arm64, actual: "
    with pytest.raises(WrongPlatform, match=f"^{text}linux/amd64$"):
        await world.pull("x:1", platform=arm)
    assert world.images.find("x:1").platform == AMD64


async def test_a_digest_is_a_name_too() -> None:
    world = serving()
    digest = world.registry.manifests["docker.io/library/x:1"].descriptor.digest
    progress = await world.pull(f"x@{digest}")
    assert progress[0] == Progress(id=f"docker.io/library/x@{digest}", status="Pulling from library/x")
    assert progress[-1] == Progress(status=f"Status: Downloaded newer image for x@{digest}")
    assert [name.familiar for name in world.images.names(digest_of(CONFIG))] == [f"x@{digest}"]


async def test_all_tags_of_a_repository() -> None:
    world = serving()
    world.registry.put("x:2", config_of(TOP), TOP)
    async with aclosing(world.transfer.pull_all(Reference.parse("x"))) as progress:
        statuses = [each.status async for each in progress]
    assert [status for status in statuses if status.startswith("Status")] == ["Status: Downloaded newer image for x"]
    assert {name.familiar for name in world.images.all_names() if name.tag} == {"x:1", "x:2"}
    async with aclosing(world.transfer.pull_all(Reference.parse("x"))) as progress:
        assert [each.status async for each in progress][-1] == "Status: Image is up to date for x"


async def test_what_the_registry_does_not_have_is_told() -> None:
    world = World()
    with pytest.raises(NoSuchManifest):
        await world.pull("nosuch")


def _lose_a_layer(world: World) -> None:
    del world.registry.blobs[digest_of(TOP)]


def _tamper_with_a_layer(world: World) -> None:
    world.registry.broken[digest_of(TOP)] = b"pot" * 50


def _tamper_with_the_end_of_a_layer(world: World) -> None:
    """One that is unpacked while it comes, and is broken for whoever unpacks it too."""
    world.registry.broken[digest_of(BASE)] = b"corrupt".ljust(len(BASE))


def _serve_a_corrupt_layer(world: World) -> None:
    corrupt = b"corrupt" * 50
    world.registry.put("x:1", config_of(BASE, corrupt), BASE, corrupt)


def _serve_another_layer(world: World) -> None:
    world.registry.put("x:1", CONFIG, BASE, b"top, but another")


def _serve_too_few_layers(world: World) -> None:
    world.registry.put("x:1", CONFIG, BASE)


def _serve_no_configuration(world: World) -> None:
    world.registry.put("x:1", b"{}", BASE)


def _serve_windows(world: World) -> None:
    world.registry.put("x:1", config_of(BASE, os="windows"), BASE)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_lose_a_layer, NotFound),
        (_tamper_with_a_layer, DigestMismatch),
        (_tamper_with_the_end_of_a_layer, DigestMismatch),
        (_serve_a_corrupt_layer, CorruptLayer),
        (_serve_another_layer, CorruptLayer),
        (_serve_too_few_layers, CorruptImage),
        (_serve_no_configuration, CorruptImage),
        (_serve_windows, NotSupported),
    ],
)
async def test_a_failure_leaves_nothing_half(spoil: Callable[[World], None], error: type[WherryError]) -> None:
    world = serving()
    spoil(world)
    with pytest.raises(error):
        await world.pull("x:1")
    nothing_is_half(world)


async def test_a_blob_that_is_no_image_is_refused() -> None:
    world = serving()
    name = "docker.io/library/x:1"
    chart = world.registry.manifests[name].data.replace(b"oci.image.config.v1", b"cncf.helm.config.v1")
    world.registry.serve("x:1", "application/vnd.oci.image.manifest.v1+json", chart, None)
    with pytest.raises(CorruptImage, match='Encountered remote "application/vnd'):
        await world.pull("x:1")


async def test_two_who_pull_the_same_share_one_run() -> None:
    world = serving()
    world.registry.gates[digest_of(TOP)] = asyncio.Event()
    first = asyncio.create_task(world.pull("x:1"))
    await world.registry.until_asked(TOP)
    second = asyncio.create_task(world.pull("x:1"))
    await asyncio.sleep(0.01)
    world.registry.gates[digest_of(TOP)].set()
    assert (await first)[-1].status == "Status: Downloaded newer image for x:1"
    assert told(await second)[0] == "Pulling from library/x"
    assert (await second)[-1] == (await first)[-1]
    assert len(world.registry.asked) == len(set(world.registry.asked))


async def test_two_images_share_a_layer_that_is_on_its_way() -> None:
    world = serving()
    world.registry.put("y:1", config_of(BASE, b"another"), BASE, b"another")
    world.registry.gates[digest_of(BASE)] = asyncio.Event()
    pulls = [asyncio.create_task(world.pull(name)) for name in ("x:1", "y:1")]
    await world.registry.until_asked(b"another")
    world.registry.gates[digest_of(BASE)].set()
    progress = await asyncio.gather(*pulls)
    assert world.registry.asked.count(digest_of(BASE)) == 1
    assert all("Pull complete" in told(each, short(BASE)) for each in progress)
    assert len(world.snapshots.names()) == 3


async def test_other_credentials_are_another_run() -> None:
    world = serving()

    def allow(credentials: Credentials | None) -> None:
        if credentials != ALICE:
            raise Unauthorized("pull access denied for x")

    world.registry.allow = allow
    world.registry.gates[digest_of(TOP)] = asyncio.Event()
    permitted = asyncio.create_task(world.pull("x:1", credentials=ALICE))
    await world.registry.until_asked(TOP)
    with pytest.raises(Unauthorized):
        await world.pull("x:1")
    world.registry.gates[digest_of(TOP)].set()
    await permitted


async def leave_after(progress: AsyncGenerator[Progress, None], count: int) -> bool:
    """Whether there were that many."""
    async with aclosing(progress) as each:
        for _ in range(count):
            if await anext(each, None) is None:
                return False
    return True


async def test_one_who_leaves_does_not_stop_the_others() -> None:
    world = serving()
    world.registry.gates[digest_of(TOP)] = asyncio.Event()
    staying = asyncio.create_task(world.pull("x:1"))
    await world.registry.until_asked(TOP)
    await leave_after(world.transfer.pull(Reference.parse("x:1")), 1)
    world.registry.gates[digest_of(TOP)].set()
    assert (await staying)[-1].status == "Status: Downloaded newer image for x:1"


async def test_the_last_who_leaves_stops_the_pull_wherever_it_is() -> None:
    count = 1
    while True:
        world = serving()
        if not await leave_after(world.transfer.pull(Reference.parse("x:1")), count):
            break
        if world.images.all() == ():
            nothing_is_half(world)
        assert world.registry.busy == 0
        await world.pull("x:1")  # and a new one finds all in order
        assert len(world.images.layers(world.images.find("x:1"))) == 2
        count += 1
    assert count > 5


async def test_whole_blobs_of_a_stopped_pull_are_used_by_the_next() -> None:
    world = serving()
    world.registry.gates[digest_of(BASE)] = asyncio.Event()
    async with aclosing(world.transfer.pull(Reference.parse("x:1"))) as progress:
        async for each in progress:
            if (each.id, each.status) == (short(TOP), "Download complete"):
                break
    nothing_is_half(world)
    world.registry.gates.clear()
    await world.pull("x:1")
    assert world.registry.asked.count(digest_of(TOP)) == 1


async def test_a_pull_is_not_hurt_by_the_removal_of_an_image_with_the_same_layers() -> None:
    world = serving()
    world.registry.put("old:1", config_of(BASE), BASE)
    await world.pull("old:1")
    world.registry.gates[digest_of(TOP)] = asyncio.Event()
    pull = asyncio.create_task(world.pull("x:1"))
    await world.registry.until_asked(TOP)
    await world.images.remove("old:1")
    world.registry.gates[digest_of(TOP)].set()
    await pull
    layers = world.images.layers(world.images.find("x:1"))
    assert [layer.chain_id for layer in layers] == list(chain_ids((digest_of(BASE), digest_of(TOP))))[::-1]
    assert {*world.snapshots.names()} == {layer.directory for layer in layers}
    assert world.content.has(digest_of(BASE))


async def test_an_image_becomes_visible_when_its_layers_would_survive_a_power_failure() -> None:
    world = serving()
    commit = world.records.commit

    async def checked(**changes: Any) -> None:
        layers = [record for record in changes.get("put", ()) if isinstance(record, Layer)]
        assert {layer.directory for layer in layers} <= world.snapshots.persistent
        await commit(**changes)

    world.records.commit = checked  # type: ignore[method-assign]
    await world.pull("x:1")
    assert len(world.records.layers.all()) == 2
