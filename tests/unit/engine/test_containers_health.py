"""Health checks while the clock is set."""

import asyncio

from tests.fakes.world import World

from wherry.model.image import Healthcheck

SECOND = 1_000_000_000
FAILING = Healthcheck(
    test=("CMD", "probe"), retries=1, start_period=60 * SECOND, start_interval=5 * SECOND, interval=5 * SECOND
)


async def test_a_start_period_is_no_longer_because_the_clock_is_set_back() -> None:
    world = await World.open()
    clock = world.outside.clock
    world.outside.runtime.commands_end = 1
    started = clock.monotonic()
    await world.run(healthcheck=FAILING)

    clock.set_back(seconds=3600)

    async with asyncio.timeout(5):
        async for event in world.events.subscribe(since=1):
            if event.action == "health_status: unhealthy":
                break
    assert 60 <= (clock.monotonic() - started) / SECOND < 70
