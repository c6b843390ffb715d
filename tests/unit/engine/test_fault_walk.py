"""At every call that a transition makes to the outside: what if it fails, if the caller leaves, if the engine dies?

A transition runs once to count its calls; then once more for each call, which is struck before its act or after it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tests.fakes.faults import Fault
from tests.fakes.world import World

from wherry.engine.containers.output.streams import Attachment
from wherry.errors import NoSuchContainer, WherryError
from wherry.model.container import Container, HostSpec, Status
from wherry.model.network import EndpointSpec, NetworkRequest, PortSpec

Stage = Callable[[World], Awaitable[Container]]
Act = Callable[[World, Container], Awaitable[object]]

PUBLISHED = HostSpec(ports=(PortSpec(container_port=80, host_port="8080"),))
SHORT_LIVED = HostSpec(ports=PUBLISHED.ports, auto_remove=True)
_WAIT = "runtime.exited"  # not part of any transition: it lasts as long as the container runs
NOTHING_KEPT = {"rows": (), "files": (), "snapshots": (), "volumes": ((), ())}
TIMES = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


async def created(world: World) -> Container:
    return await world.create(host=PUBLISHED)


async def exited(world: World) -> Container:
    container = await world.run(host=PUBLISHED, volumes=("/data",))
    await world.exit(container, 3)
    return world.containers.find(container.id)


async def running(world: World) -> Container:
    return await world.run(host=PUBLISHED)


async def short_lived(world: World) -> Container:
    return await world.run(host=SHORT_LIVED)


async def nothing(world: World) -> Container:
    return await world.create("unrelated")


async def start(world: World, container: Container) -> None:
    await world.containers.start(container.id)


async def remove(world: World, container: Container) -> None:
    await world.containers.remove(container.id, volumes=True)


async def make(world: World, container: Container) -> None:
    await world.create(host=PUBLISHED)


async def make_with_volume(world: World, container: Container) -> None:
    await world.create(host=PUBLISHED, volumes=("/data",), working_dir="/srv/app")


async def end(world: World, container: Container) -> None:
    await world.exit(container, 7)


async def walk(stage: Stage, act: Act) -> AsyncIterator[tuple[World, Container, int, str]]:
    """A world set up for each call of ``act``, with the call's number and name."""
    world = await World.open()
    container = await stage(world)
    world.faults.arm(None)
    await act(world, container)
    calls = [(number, name) for number, name in enumerate(world.faults.calls) if name != _WAIT]
    assert len(calls) >= 3, calls
    await world.close()
    for number, name in calls:
        world = await World.open()
        container = await stage(world)
        async with asyncio.timeout(10):
            yield world, container, number, name
        await world.close()


async def die_in(world: World, container: Container, act: Act, number: int, after: bool) -> World:
    """The engine dies at a call; gives the next one, which has done its recovery."""
    world.faults.arm(number, world.faults.die, after=after)
    dying = asyncio.ensure_future(act(world, container))
    await world.faults.died.wait()
    reborn = await World.open(world.outside)
    dying.cancel()
    world.faults.bury()
    await asyncio.wait([dying])
    return reborn


async def attach(world: World, container: Container) -> Attachment:
    return await world.containers.attach(
        container.id, stdin=False, stdout=True, stderr=True, stream=True, logs=False, detach_keys=""
    )


def check_holds_nothing(world: World, name: str) -> None:
    held = world.outside.held()
    assert not any(held.values()), (name, held)


async def check_port_is_free(world: World) -> None:
    rival = await world.run("rival", host=PUBLISHED)
    await world.containers.remove(rival.id, force=True)


async def check_can_be_used(world: World, container: Container, name: str) -> None:
    """The container can be started and removed, and nothing is left."""
    await world.containers.start(container.id)
    assert world.containers.find(container.id).state.status is Status.RUNNING, name
    await check_leaves_nothing(world, container, name)


async def check_leaves_nothing(world: World, container: Container, name: str) -> None:
    await world.containers.remove(container.id, force=True, volumes=True)
    check_holds_nothing(world, name)
    kept = world.outside.kept()
    assert kept == NOTHING_KEPT, (name, kept)


# --- start -----------------------------------------------------------------------------------------------------------


@TIMES
@pytest.mark.parametrize("stage", [created, exited])
async def test_a_start_that_fails_is_undone_and_told_and_can_be_repeated(stage: Stage, after: bool) -> None:
    async for world, container, number, name in walk(stage, start):
        client, ended = await attach(world, container), world.containers.wait(container.id, "next-exit")
        world.faults.arm(number, after=after)

        with pytest.raises(Fault):
            await world.containers.start(container.id)

        state = world.containers.find(container.id).state
        assert (state.status, state.pending) == (container.state.status, None), name
        assert "the walk failed this call" in state.error, name
        assert (await ended).code == 128, name
        assert await client.read() == (0, b""), name
        check_holds_nothing(world, name)
        await check_port_is_free(world)
        await check_can_be_used(world, container, name)


@TIMES
async def test_a_start_goes_on_when_its_caller_leaves(after: bool) -> None:
    async for world, container, number, name in walk(created, start):
        caller = asyncio.ensure_future(world.containers.start(container.id))

        async def leave(caller: "asyncio.Future[bool]" = caller) -> None:
            caller.cancel()

        world.faults.arm(number, leave, after=after)
        with pytest.raises(asyncio.CancelledError):
            await caller
        await world.operations.drain()

        state = world.containers.find(container.id).state
        assert (state.status, state.pending) == (Status.RUNNING, None), name
        assert state.process in [launched.process for launched in world.outside.runtime.launched.values()], name
        await check_leaves_nothing(world, container, name)


@TIMES
@pytest.mark.parametrize("stage", [created, exited])
async def test_after_a_death_in_a_start_the_container_runs_or_holds_nothing(stage: Stage, after: bool) -> None:
    async for world, container, number, name in walk(stage, start):
        reborn = await die_in(world, container, start, number, after)

        found = reborn.containers.find(container.id)
        assert found.state.pending is None, name
        if found.state.alive:
            assert found.endpoints, name
            assert reborn.outside.networking.published, name
            await reborn.exit(found, 5)
            assert reborn.containers.find(container.id).state.exit_code == 5, name
        check_holds_nothing(reborn, name)
        await check_port_is_free(reborn)
        await check_can_be_used(reborn, container, name)
        await reborn.close()


# --- the end ---------------------------------------------------------------------------------------------------------


@TIMES
async def test_an_exit_is_recorded_and_told_whatever_fails_in_letting_go(after: bool) -> None:
    async for world, container, number, name in walk(running, end):
        if after and name == "containers.put":
            continue  # a write that fails has changed nothing: the port says so
        world.faults.arm(number, after=after)

        await world.exit(container, 7)

        state = world.containers.find(container.id).state
        assert (state.status, state.exit_code) == (Status.EXITED, 7), name
        await check_can_be_used(world, container, name)
        await check_port_is_free(world)


@TIMES
async def test_after_a_death_in_an_end_the_exit_code_is_known(after: bool) -> None:
    async for world, container, number, name in walk(running, end):
        reborn = await die_in(world, container, end, number, after)

        state = reborn.containers.find(container.id).state
        assert (state.status, state.exit_code) == (Status.EXITED, 7), name
        check_holds_nothing(reborn, name)
        await check_port_is_free(reborn)
        await check_can_be_used(reborn, container, name)
        await reborn.close()


@TIMES
async def test_after_a_death_in_its_end_a_container_that_removes_itself_is_gone(after: bool) -> None:
    async for world, container, number, name in walk(short_lived, end):
        reborn = await die_in(world, container, end, number, after)

        with pytest.raises(NoSuchContainer):
            reborn.containers.find(container.id)
        check_holds_nothing(reborn, name)
        assert not reborn.outside.kept()["snapshots"], name
        await reborn.close()


# --- removal ---------------------------------------------------------------------------------------------------------


@TIMES
async def test_a_removal_that_fails_can_be_repeated(after: bool) -> None:
    async for world, container, number, name in walk(exited, remove):
        gone = world.containers.wait(container.id, "removed")
        world.faults.arm(number, after=after)

        with pytest.raises(Fault):
            await remove(world, container)
        if world.outside.records.containers.get(container.id):
            await remove(world, container)

        assert (await gone).code == 3, name
        check_holds_nothing(world, name)
        assert world.outside.kept() == NOTHING_KEPT, name


@TIMES
async def test_a_removal_goes_on_when_its_caller_leaves(after: bool) -> None:
    async for world, container, number, name in walk(exited, remove):
        caller = asyncio.ensure_future(remove(world, container))

        async def leave(caller: "asyncio.Future[None]" = caller) -> None:
            caller.cancel()

        world.faults.arm(number, leave, after=after)
        with pytest.raises(asyncio.CancelledError):
            await caller
        await world.operations.drain()

        assert world.outside.kept() == NOTHING_KEPT, name


@TIMES
async def test_after_a_death_in_a_removal_the_container_is_gone_with_its_volumes_or_whole(after: bool) -> None:
    async for world, container, number, name in walk(exited, remove):
        reborn = await die_in(world, container, remove, number, after)

        try:
            found = reborn.containers.find(container.id)
        except NoSuchContainer:
            kept = reborn.outside.kept()
            assert kept == NOTHING_KEPT, (name, kept)
        else:
            await check_can_be_used(reborn, found, name)
        check_holds_nothing(reborn, name)
        await reborn.close()


# --- creation --------------------------------------------------------------------------------------------------------


@TIMES
async def test_a_creation_that_fails_leaves_nothing_and_can_be_repeated(after: bool) -> None:
    async for world, unrelated, number, name in walk(nothing, make_with_volume):
        await world.containers.remove(unrelated.id)
        world.faults.arm(number, after=after)

        with pytest.raises(Fault):
            await make_with_volume(world, unrelated)

        assert world.outside.kept() == NOTHING_KEPT, name
        await make_with_volume(world, unrelated)
        await check_can_be_used(world, world.containers.find("box"), name)


@TIMES
async def test_a_creation_goes_on_when_its_caller_leaves(after: bool) -> None:
    async for world, _unrelated, number, name in walk(nothing, make):
        caller = asyncio.ensure_future(make(world, _unrelated))

        async def leave(caller: "asyncio.Future[None]" = caller) -> None:
            caller.cancel()

        world.faults.arm(number, leave, after=after)
        with pytest.raises(asyncio.CancelledError):
            await caller
        await world.operations.drain()

        await world.containers.remove(_unrelated.id)
        await check_can_be_used(world, world.containers.find("box"), name)


@TIMES
async def test_after_a_death_in_a_creation_the_container_is_whole_or_not_there(after: bool) -> None:
    async for world, unrelated, number, name in walk(nothing, make):
        reborn = await die_in(world, unrelated, make, number, after)

        await reborn.containers.remove(unrelated.id)
        try:
            found = reborn.containers.find("box")
        except WherryError:
            kept = reborn.outside.kept()
            assert kept == NOTHING_KEPT, (name, kept)
        else:
            await check_can_be_used(reborn, found, name)
        await reborn.close()


# --- connect and disconnect ------------------------------------------------------------------------------------------


async def in_one(world: World) -> Container:
    """In the default network; its way out would be the other one."""
    await world.networks.create(NetworkRequest(name="aaa"))
    return await running(world)


async def in_two(world: World) -> Container:
    container = await in_one(world)
    await world.containers.connect(container.id, "aaa", EndpointSpec(network="aaa"))
    return world.containers.find(container.id)


async def connect(world: World, container: Container) -> None:
    await world.containers.connect(container.id, "aaa", EndpointSpec(network="aaa"))


async def disconnect(world: World, container: Container) -> None:
    await world.containers.disconnect(container.id, "aaa")


def check_is_as_its_row_says(world: World, container: Container, name: str) -> Container:
    found = world.containers.find(container.id)
    networking = world.outside.networking
    (inside,) = networking.pinned.values()
    outlet = min(found.endpoints, key=lambda end: end.network)
    assert [end.network for end in found.endpoints] == [spec.network for spec in found.spec.endpoints], name
    assert sorted(inside) == sorted(end.interface for end in found.endpoints), name
    assert list(networking.defaults.values()) == [outlet.ipv4_gateway], name
    assert {port.container_ip for port in networking.published} == {outlet.ipv4}, name
    return found


@TIMES
@pytest.mark.parametrize(("stage", "act"), [(in_one, connect), (in_two, disconnect)])
async def test_a_change_of_networks_that_fails_changes_nothing(stage: Stage, act: Act, after: bool) -> None:
    async for world, container, number, name in walk(stage, act):
        if name.startswith(("files.", "containers.")):
            continue  # before it begins, or when it is done
        world.faults.arm(number, after=after)

        with pytest.raises(Fault):
            await act(world, container)

        assert check_is_as_its_row_says(world, container, name).endpoints == container.endpoints, name
        await act(world, container)
        check_is_as_its_row_says(world, container, name)


@TIMES
@pytest.mark.parametrize(("stage", "act"), [(in_one, connect), (in_two, disconnect)])
async def test_after_a_death_in_a_change_of_networks_all_is_as_the_row_says(
    stage: Stage, act: Act, after: bool
) -> None:
    async for world, container, number, name in walk(stage, act):
        reborn = await die_in(world, container, act, number, after)

        check_is_as_its_row_says(reborn, container, name)
        await reborn.containers.remove(container.id, force=True)
        check_holds_nothing(reborn, name)
        await reborn.networks.remove("aaa")
        await reborn.close()


# --- networks made and removed ---------------------------------------------------------------------------------------


async def with_network(world: World) -> Container:
    await world.networks.create(NetworkRequest(name="aaa"))
    return await nothing(world)


async def make_network(world: World, container: Container) -> None:
    await world.networks.create(NetworkRequest(name="aaa"))


async def remove_network(world: World, container: Container) -> None:
    await world.networks.remove("aaa")


def check_bridges_are_as_rows_say(world: World, name: str) -> None:
    networks, networking = world.networks.all(), world.outside.networking
    assert set(networking.bridged) == {network.bridge for network in networks if network.bridge}, name
    assert {network.id for network in networking.ruled} == {network.id for network in networks}, name


@TIMES
@pytest.mark.parametrize(("stage", "act"), [(nothing, make_network), (with_network, remove_network)])
async def test_a_network_is_whole_or_not_there_whatever_fails(stage: Stage, act: Act, after: bool) -> None:
    async for world, container, number, name in walk(stage, act):
        if after and name.startswith("networks."):
            continue  # a write that fails has changed nothing: the port says so
        world.faults.arm(number, after=after)

        with pytest.raises(Fault):
            await act(world, container)

        check_bridges_are_as_rows_say(world, name)


@TIMES
@pytest.mark.parametrize(("stage", "act"), [(nothing, make_network), (with_network, remove_network)])
async def test_after_a_death_a_network_is_whole_or_not_there(stage: Stage, act: Act, after: bool) -> None:
    async for world, container, number, name in walk(stage, act):
        reborn = await die_in(world, container, act, number, after)

        check_bridges_are_as_rows_say(reborn, name)
        await reborn.close()
