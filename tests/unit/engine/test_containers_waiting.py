"""Who waits for an end, who attaches, who renames."""

import asyncio

import pytest
from tests.fakes.world import World

from wherry.engine.containers.output.streams import Attachment
from wherry.errors import Conflict, InvalidArgument, NameInUse
from wherry.model.container import Container, HostSpec


async def attach(world: World, container: Container, *, stdin: bool = False) -> Attachment:
    return await world.containers.attach(
        container.id, stdin=stdin, stdout=True, stderr=True, stream=True, logs=False, detach_keys=""
    )


async def test_not_running_is_true_at_once_of_what_does_not_run() -> None:
    world = await World.open()
    container = await world.run()
    await world.exit(container, 9)

    assert (await world.containers.wait(container.id, "not-running")).code == 9


async def test_next_exit_waits_for_a_start_and_an_end() -> None:
    world = await World.open()
    container = await world.create()
    ended = asyncio.ensure_future(world.containers.wait(container.id, "next-exit"))

    await world.containers.start(container.id)
    assert not ended.done()
    await world.exit(container, 2)

    assert (await ended).code == 2


async def test_removed_waits_for_more_than_the_end() -> None:
    world = await World.open()
    container = await world.run()
    gone = asyncio.ensure_future(world.containers.wait(container.id, "removed"))

    await world.exit(container, 2)
    assert not gone.done()
    await world.containers.remove(container.id)

    assert (await gone).code == 2


async def test_one_who_gives_up_waiting_takes_nothing_from_the_others() -> None:
    world = await World.open()
    container = await world.run()
    one, other = (asyncio.ensure_future(world.containers.wait(container.id, "next-exit")) for _ in range(2))

    one.cancel()
    await world.exit(container, 6)

    assert (await other).code == 6


async def test_an_unknown_condition_is_refused() -> None:
    world = await World.open()
    container = await world.create()

    with pytest.raises(InvalidArgument, match='invalid condition: "tomorrow"'):
        world.containers.wait(container.id, "tomorrow")


async def test_who_attaches_before_the_start_is_joined_to_it_and_sees_its_end() -> None:
    world = await World.open()
    container = await world.create(open_stdin=True, stdin_once=True)
    client = await attach(world, container, stdin=True)
    typed = asyncio.ensure_future(client.write(b"early"))

    await world.containers.start(container.id)
    await typed
    assert world.outside.runtime.joined[container.id].written == b"early"
    await world.exit(container, 0)

    assert await client.read() == (0, b"")


async def test_nobody_attaches_to_what_is_paused_or_has_lost_its_monitor() -> None:
    world = await World.open()
    container = await world.run()
    await world.containers.pause(container.id)
    with pytest.raises(Conflict, match="is paused, unpause the container before attach"):
        await attach(world, container)
    await world.containers.unpause(container.id)

    world.outside.runtime.monitors_are_gone = True
    with pytest.raises(Conflict, match="no monitor"):
        await attach(world, container)
    world.outside.runtime.monitors_are_gone = False

    client = await attach(world, container)
    await world.exit(container, 0)
    assert await client.read() == (0, b"")


async def test_a_new_name_counts_at_once_and_the_old_one_is_free() -> None:
    world = await World.open()
    container = await world.create("old")

    await world.containers.rename("old", "/new")

    assert world.containers.find("new").id == container.id
    assert (await world.create("old")).id != container.id


@pytest.mark.parametrize("kind", ["network", "pid", "ipc"])
async def test_whose_namespace_is_shared_may_be_renamed(kind: str) -> None:
    world = await World.open()
    lender = await world.create("lender", host=HostSpec(ipc="shareable"))

    sharer = await world.create("sharer", host=HostSpec(**{kind: "container:lender"}))
    await world.containers.rename("lender", "other")
    await world.containers.start(lender.id)
    await world.containers.start(sharer.id)

    assert getattr(sharer.spec.host, kind) == f"container:{lender.id}"
    assert world.containers.find("sharer").state.status == "running"


@pytest.mark.parametrize(
    ("name", "error"),
    [("other", NameInUse), ("old", InvalidArgument), ("a b", InvalidArgument), ("", InvalidArgument)],
)
async def test_a_name_that_cannot_be_had_leaves_the_old_one(name: str, error: type[Exception]) -> None:
    world = await World.open()
    container, _other = await world.create("old"), await world.create("other")

    with pytest.raises(error):
        await world.containers.rename("old", name)

    assert world.containers.find("old").id == container.id


async def test_prune_removes_what_does_not_run_and_tells_what_that_freed() -> None:
    world = await World.open()
    done, runs = await world.run("done"), await world.run("runs")
    await world.exit(done, 0)
    world.outside.snapshots.sizes[done.id] = 4096

    removed, freed = await world.containers.prune()

    assert (removed, freed) == ((done.id,), 4096)
    assert [container.id for container in world.containers.all()] == [runs.id]
