"""Logs that go to a collector, whatever becomes of it."""

import asyncio
from collections.abc import Callable

import pytest
from tests.fakes.world import Outside, World

from wherry.engine.containers.output.forwarding import LogForwarding
from wherry.errors import InternalError, NoSuchContainer
from wherry.model.container import Container, HostSpec, LogConfig, RestartPolicy, Status
from wherry.model.log import LogLine

SYSLOG = LogConfig(driver="syslog", options={"syslog-address": "tcp://collector:514"})
ONE, TWO = (LogLine(1, f"2026-01-01T00:00:0{number}.000000000Z", b"text\n") for number in (1, 2))


async def comes(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while True:
            if condition():
                return
            await asyncio.sleep(0)


def says(world: World, container: Container, *lines: LogLine) -> None:
    world.outside.logs.write(world.outside.files.log(container.id), *lines)


async def test_a_line_is_sent_when_it_is_said() -> None:
    world = await World.open()
    container = await world.run(host=HostSpec(log=SYSLOG))

    says(world, container, ONE)

    await comes(lambda: world.outside.collectors.received == [ONE])


async def test_a_user_is_told_that_a_collector_cannot_be_reached() -> None:
    world = await World.open()
    world.outside.collectors.reachable = False
    container = await world.create(host=HostSpec(log=SYSLOG))

    with pytest.raises(InternalError, match=r"initialize logging driver: dial tcp collector:514: connect: connection"):
        await world.containers.start(container.id)


async def test_a_restart_by_policy_waits_for_no_collector() -> None:
    world = await World.open()
    container = await world.run(host=HostSpec(log=SYSLOG, restart=RestartPolicy(name="always")))
    world.outside.collectors.reachable = False

    await world.exit(container, 0)

    await comes(lambda: world.containers.find(container.id).state.restart_count == 1)
    await comes(lambda: world.containers.find(container.id).state.status is Status.RUNNING)


async def test_what_a_collector_missed_is_sent_when_it_is_back() -> None:
    world = await World.open()
    container = await world.run(host=HostSpec(log=SYSLOG))
    says(world, container, ONE)
    await comes(lambda: world.outside.collectors.received)

    world.outside.collectors.reachable = False
    says(world, container, TWO)
    await world.exit(container)
    world.outside.collectors.reachable = True

    await comes(lambda: world.outside.collectors.received == [ONE, TWO])
    await comes(lambda: not world.outside.collectors.connections)


async def test_the_next_engine_sends_what_an_ended_container_said_last() -> None:
    outside = Outside()
    world = await World.open(outside)
    container = await world.run(host=HostSpec(log=SYSLOG))
    outside.collectors.reachable = False
    says(world, container, ONE)
    await world.exit(container)
    await world.close()

    outside.collectors.reachable = True
    await World.open(outside)

    await comes(lambda: outside.collectors.received == [ONE])


async def test_a_removal_waits_until_all_is_sent() -> None:
    world = await World.open()
    container = await world.run(host=HostSpec(log=SYSLOG, auto_remove=True))
    says(world, container, ONE)

    await world.exit(container)
    await comes(lambda: not world.outside.records.containers.rows)

    assert world.outside.collectors.received == [ONE]


async def test_a_removal_does_not_wait_for_a_collector_that_is_gone() -> None:
    world = await World.open()
    container = await world.run(host=HostSpec(log=SYSLOG))
    world.outside.collectors.reachable = False
    says(world, container, ONE)
    await world.exit(container)

    await world.containers.remove(container.id)

    with pytest.raises(NoSuchContainer):
        world.containers.find(container.id)
    assert not world.outside.collectors.connections


async def test_a_user_who_starts_it_again_makes_it_try_at_once() -> None:
    world = await World.open()
    container = await world.run(host=HostSpec(log=SYSLOG))
    world.outside.clock.stand_still()  # the next attempt would never come
    world.outside.collectors.reachable = False
    says(world, container, ONE)
    await world.exit(container)
    await comes(lambda: not world.outside.collectors.connections)
    with pytest.raises(InternalError, match="connection refused"):
        await world.containers.start(container.id)

    world.outside.collectors.reachable = True
    await world.containers.start(container.id)

    await comes(lambda: world.outside.collectors.received == [ONE])
    assert world.outside.collectors.connections == 1


async def test_nobody_waits_for_ever_for_a_collector_that_hangs() -> None:
    world = await World.open()
    container = await world.run(host=HostSpec(log=SYSLOG))
    outside = world.outside
    outside.collectors.hangs = True
    says(world, container, ONE)
    forwarding = LogForwarding(
        files=outside.files, logs=outside.logs, collectors=outside.collectors, clock=outside.clock, patience=0.01
    )

    async with asyncio.timeout(5):
        await forwarding.finish(container)

    assert outside.collectors.received == []
    assert outside.collectors.connections == 1  # that of the engine, whose container still runs
