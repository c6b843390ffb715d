"""Samples of what containers use."""

import asyncio

from tests.fakes.world import World

from wherry.engine.containers.sampling import Listener
from wherry.model.usage import CpuUsage, MemoryUsage, PidsUsage, Sample, Usage


async def test_listeners_share_one_source() -> None:
    world = await World.open()
    container = await world.run()
    first, second = world.containers.samples(container.id), world.containers.samples(container.id)

    one, other = await asyncio.gather(anext(first), anext(second))

    assert one is not None
    assert one is other
    assert set(one.traffic) == {"eth0"}
    await first.aclose()
    await second.aclose()


async def test_nothing_is_sampled_when_nobody_listens() -> None:
    world = await World.open()
    container = await world.run()
    samples = world.containers.samples(container.id)
    before = await anext(samples)
    await samples.aclose()
    for _ in range(10):
        await asyncio.sleep(0)

    now = await world.containers.sample(container.id)

    assert before is not None
    assert now is not None
    assert now.host_cpu - before.host_cpu < 100_000


async def test_one_that_does_not_run_has_none() -> None:
    world = await World.open()
    container = await world.create()

    assert await world.containers.sample(container.id) is None
    samples = world.containers.samples(container.id)
    assert await anext(samples) is None
    await samples.aclose()


async def test_the_samples_end_with_the_container() -> None:
    world = await World.open()
    container = await world.create()
    samples = world.containers.samples(container.id)
    world.outside.clock.stand_still()
    await anext(samples)

    await world.containers.remove(container.id)

    async with asyncio.timeout(5):  # at once: the next sample is never due
        assert [sample async for sample in samples if sample] == []


async def test_who_is_slow_gets_the_newest() -> None:
    listener = Listener()
    for number in range(3):
        listener.put(sample(number))

    assert await anext(listener.samples()) == sample(2)


def sample(time: int) -> Sample:
    usage = Usage(cpu=CpuUsage(), memory=MemoryUsage(), pids=PidsUsage(), block_bytes=(), block_operations=())
    return Sample(time=time, usage=usage, host_cpu=0)
