"""Restart policies and automatic removal: what comes after an end."""

import asyncio

import pytest
from tests.fakes.world import World

from wherry.errors import CommandNotFound, Conflict, NoSuchContainer
from wherry.model.container import Container, HostSpec, RestartPolicy, Status

ALWAYS = HostSpec(restart=RestartPolicy(name="always"))
UNLESS_STOPPED = HostSpec(restart=RestartPolicy(name="unless-stopped"))
TWICE = HostSpec(restart=RestartPolicy(name="on-failure", maximum=2))
SHORT_LIVED = HostSpec(auto_remove=True)


async def started_again(world: World, container: Container) -> Container:
    """The container, when it runs in another process than before."""
    async with asyncio.timeout(5):
        while True:
            now = world.containers.find(container.id)
            if now.state.alive and now.state.process != container.state.process:
                return now
            await asyncio.sleep(0)


async def test_always_starts_it_again_and_counts() -> None:
    world = await World.open()
    container = await world.run(host=ALWAYS)

    await world.exit(container, 0)
    again = await started_again(world, container)
    await world.exit(again, 1)
    again = await started_again(world, again)

    assert again.state.restart_count == 2


async def test_on_failure_gives_up_after_so_many_tries() -> None:
    world = await World.open()
    container = await world.run(host=TWICE)
    for _ in range(2):
        await world.exit(container, 1)
        container = await started_again(world, container)

    await world.exit(container, 1)

    state = world.containers.find(container.id).state
    assert (state.status, state.restart_count) == (Status.EXITED, 2)


async def test_on_failure_lets_a_success_be() -> None:
    world = await World.open()
    container = await world.run(host=TWICE)

    await world.exit(container, 0)

    assert world.containers.find(container.id).state.status is Status.EXITED


@pytest.mark.parametrize("verb", ["stop", "kill"])
async def test_what_a_user_ended_stays_ended(verb: str) -> None:
    world = await World.open()
    container = await world.run(host=ALWAYS)
    ended = world.containers.wait(container.id, "next-exit")

    await (world.containers.stop if verb == "stop" else world.containers.kill)(container.id)
    await ended
    await world.operations.drain()

    assert world.containers.find(container.id).state.status is Status.EXITED


async def test_a_restart_that_is_due_can_be_stopped_and_prevents_a_plain_removal() -> None:
    world = await World.open()
    world.outside.clock.stand_still()
    container = await world.run(host=ALWAYS)
    await world.exit(container, 1)
    assert world.containers.find(container.id).state.status is Status.RESTARTING

    with pytest.raises(Conflict, match="container is restarting: stop the container before removing or force remove"):
        await world.containers.remove(container.id)
    assert await world.containers.stop(container.id) is True

    assert world.containers.find(container.id).state.status is Status.EXITED
    await world.containers.remove(container.id)


async def test_a_restart_that_is_due_is_overtaken_by_a_start() -> None:
    world = await World.open()
    world.outside.clock.stand_still()
    container = await world.run(host=ALWAYS)
    await world.exit(container, 1)

    assert await world.containers.start(container.id) is True

    state = world.containers.find(container.id).state
    assert (state.status, state.restart_count) == (Status.RUNNING, 0)


async def test_policies_apply_to_what_an_earlier_engine_left() -> None:
    world = await World.open()
    ran, stopped = await world.run("ran", host=ALWAYS), await world.run("stopped", host=UNLESS_STOPPED)
    await world.containers.stop(stopped.id)
    await world.close()
    await end_of_all_processes(world)

    reborn = await World.open(world.outside)

    assert (await started_again(reborn, ran)).state.status is Status.RUNNING
    assert reborn.containers.find(stopped.id).state.status is Status.EXITED


async def test_one_that_removes_itself_is_gone_with_its_anonymous_volumes_and_its_code_is_told() -> None:
    world = await World.open()
    container = await world.run(host=SHORT_LIVED, volumes=("/data",))
    gone = world.containers.wait(container.id, "removed")

    await world.exit(container, 4)

    assert (await gone).code == 4
    with pytest.raises(NoSuchContainer):
        world.containers.find(container.id)
    assert not world.volumes.all()
    assert not any(world.outside.held().values())


async def test_one_that_removes_itself_is_gone_after_a_start_that_failed() -> None:
    world = await World.open()
    container = await world.create(host=SHORT_LIVED)
    gone = world.containers.wait(container.id, "removed")
    world.outside.runtime.refusal = CommandNotFound("no such file")

    with pytest.raises(CommandNotFound):
        await world.containers.start(container.id)

    assert (await gone).code == 127
    assert not world.containers.all()


async def test_a_command_that_is_not_there_is_shown_with_code_and_text() -> None:
    world = await World.open()
    container = await world.create()
    world.outside.runtime.refusal = CommandNotFound("no such file")

    with pytest.raises(CommandNotFound):
        await world.containers.start(container.id)

    state = world.containers.find(container.id).state
    assert (state.status, state.exit_code, state.error) == (Status.CREATED, 127, "no such file")


async def end_of_all_processes(world: World) -> None:
    runtime = world.outside.runtime
    for launched in tuple(runtime.launched.values()):
        await runtime.end(launched.process.pid, 0)
