"""Layers of a stack are unpacked beside each other."""

import asyncio

import pytest
from tests.fakes.images import World
from tests.fakes.registry import digest_of

from wherry.engine.images.unpacking import Link, Unpacker, links
from wherry.errors import CorruptLayer
from wherry.model.image import Layer

LAYERS = (b"base", b"middle", b"top")


def unpacker(world: World) -> Unpacker:
    return Unpacker(images=world.images, layers=world.layers, content=world.content, snapshots=world.snapshots)


async def stored(world: World, *blobs: bytes) -> tuple[Link, ...]:
    digests = tuple([await world.content.put(blob) for blob in blobs])
    return links(digests, digests)


def test_each_is_unpacked_on_all_that_are_below_it_whoever_begins() -> None:
    async def scenario() -> None:
        world = World()
        stack = await stored(world, *LAYERS)
        async with world.images.hold(*(link.chain_id for link in stack)):
            layers = await asyncio.gather(*(unpacker(world).from_blob(link) for link in reversed(stack)))
            top, middle, base = (world.snapshots.tree(layer.directory) for layer in layers)
            assert world.layers.applied == {base: (), middle: (base,), top: (middle, base)}

    asyncio.run(scenario())


def test_a_whole_layer_is_not_one_before_those_below_it_are() -> None:
    async def scenario() -> None:
        world = World()
        world.layers.gate = asyncio.Event()
        stack = await stored(world, *LAYERS)
        async with world.images.hold(*(link.chain_id for link in stack)):
            tasks = [asyncio.ensure_future(unpacker(world).from_blob(link)) for link in stack]
            for _ in stack:
                await world.layers.begun.acquire()
            assert [world.images.layer(link.chain_id) for link in stack] == [None] * 3
            world.layers.gate.set()
            assert await asyncio.gather(*tasks) == [world.images.layer(link.chain_id) for link in stack]

    asyncio.run(scenario())


def test_what_stands_on_a_layer_that_failed_waits_for_the_next_try() -> None:
    async def scenario() -> None:
        world = World()
        bottom, top = await stored(world, b"corrupt", b"top")
        async with world.images.hold(bottom.chain_id, top.chain_id):
            above = asyncio.ensure_future(unpacker(world).from_blob(top))
            with pytest.raises(CorruptLayer):
                await unpacker(world).from_blob(bottom)
            assert not above.done()

            world.content.blobs[bottom.blob] = b"mended"
            mended = Link(chain_id=bottom.chain_id, diff_id=digest_of(b"mended"), parent="", blob=bottom.blob)
            base: Layer = await unpacker(world).from_blob(mended)
            layer = await above
            assert world.layers.applied[world.snapshots.tree(layer.directory)] == (
                world.snapshots.tree(base.directory),
            )

    asyncio.run(scenario())
