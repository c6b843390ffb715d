"""Following what a container says."""

import asyncio

import pytest
from tests.fakes.world import World

from wherry.engine.containers.lifecycle.waiters import Waiters
from wherry.model.launch import Exit
from wherry.model.log import LogLine, LogRange

HELLO = LogLine(1, "2026-01-01T00:00:00.000000000Z", b"hello\n")
ALL = LogRange()


async def test_the_end_is_waited_for_no_longer_than_somebody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[asyncio.Future[Exit]] = []
    subscribe = Waiters.subscribe

    def noted(waiters: Waiters, container_id: str, condition: str) -> asyncio.Future[Exit]:
        waits.append(subscribe(waiters, container_id, condition))
        return waits[-1]

    monkeypatch.setattr(Waiters, "subscribe", noted)
    world = await World.open()
    container = await world.run()
    world.outside.logs.files[world.outside.files.log(container.id)] = [HELLO]

    following = world.containers.logs(container.id, ALL, follow=True)
    assert await anext(following) == [HELLO]
    assert waits
    await following.aclose()

    assert all(wait.done() for wait in waits)


async def test_what_ends_before_it_is_read_is_read_to_its_end() -> None:
    world = await World.open()
    container = await world.run()
    world.outside.logs.files[world.outside.files.log(container.id)] = [HELLO]

    following = world.containers.logs(container.id, ALL, follow=True)
    await world.exit(container)

    assert [lines async for lines in following] == [[HELLO]]
