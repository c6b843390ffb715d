"""Exec sessions: their streams, their code, and who may leave when."""

import asyncio

import pytest
from tests.fakes.world import World

from wherry.errors import Conflict, ContainerPaused, InvalidArgument, NoSuchExec, NotRunning
from wherry.model.exec import ExecSpec

LOUD = ExecSpec(command=("cat",), attach_stdout=True)


async def ended(world: World, exec_id: str) -> int:
    """The session's exit code, when it has one."""
    async with asyncio.timeout(5):
        async for event in world.events.subscribe(since=1):
            if event.action == "exec_die" and event.attributes["execID"] == exec_id:
                break
    code = world.execs.find(exec_id).exit_code
    assert code is not None
    return code


async def test_a_client_gets_all_output_and_then_the_code_is_there() -> None:
    world = await World.open()
    container = await world.run()
    world.outside.runtime.commands_say = (b"one", b"two")
    exec_id = await world.execs.create(container.id, LOUD)

    client = await world.execs.start(exec_id, detach=False)

    assert client is not None
    assert [await client.read() for _ in range(3)] == [(1, b"one"), (1, b"two"), (0, b"")]
    session = world.execs.find(exec_id)
    assert (session.exit_code, session.running) == (0, False)
    assert session.process is not None  # which it had: inspections go on to tell of it


async def test_a_command_goes_on_when_its_client_leaves_while_it_begins() -> None:
    world = await World.open()
    container = await world.run()
    world.outside.runtime.commands_say = (bytes(1 << 16),) * 20  # more than is kept for a client that does not read
    exec_id = await world.execs.create(container.id, LOUD)
    caller = asyncio.ensure_future(world.execs.start(exec_id, detach=False))

    async def leave() -> None:
        caller.cancel()

    world.faults.arm(0, leave, after=True)
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert await ended(world, exec_id) == 0


@pytest.mark.parametrize(("spec", "expected"), [(LOUD, True), (ExecSpec(command=("cat",)), False)])
async def test_the_runtime_expects_sessions_that_somebody_attaches_to(spec: ExecSpec, expected: bool) -> None:
    world = await World.open()
    container = await world.run()

    exec_id = await world.execs.create(container.id, spec)
    await asyncio.sleep(0)

    assert (exec_id in world.outside.runtime.expected) == expected


async def test_a_session_that_was_started_at_once_is_not_expected_any_more() -> None:
    world = await World.open()
    container = await world.run()

    exec_id = await world.execs.create(container.id, LOUD)
    await world.execs.start(exec_id, detach=False)

    assert world.outside.runtime.expected == []


async def test_the_terminal_of_a_session_that_begins_gets_its_size_when_it_is_there() -> None:
    world = await World.open()
    container = await world.run()
    exec_id = await world.execs.create(container.id, LOUD)
    asked: list[asyncio.Task[None]] = []

    async def ask() -> None:
        asked.append(asyncio.ensure_future(world.execs.resize(exec_id, 33, 77)))
        await asyncio.sleep(0)

    world.faults.arm(0, ask)
    await world.execs.start(exec_id, detach=False)
    await asyncio.gather(*asked)

    assert world.outside.runtime.sessions[exec_id].console.written == b"<33x77>"


async def test_a_session_that_does_not_run_has_no_terminal() -> None:
    world = await World.open()
    container = await world.run()
    exec_id = await world.execs.create(container.id, LOUD)

    with pytest.raises(Conflict, match="is not running"):
        await world.execs.resize(exec_id, 33, 77)


async def test_a_session_of_a_container_that_is_being_started_waits_until_it_runs() -> None:
    world = await World.open()
    container = await world.create()
    asked: list[asyncio.Task[str]] = []

    async def ask() -> None:
        asked.append(asyncio.ensure_future(world.execs.create(container.id, LOUD)))
        await asyncio.sleep(0)

    world.faults.arm(0, ask)
    await world.containers.start(container.id)
    (exec_id,) = await asyncio.gather(*asked)

    assert world.execs.find(exec_id).container_id == container.id


async def test_a_session_runs_once() -> None:
    world = await World.open()
    container = await world.run()
    exec_id = await world.execs.create(container.id, LOUD)
    await world.execs.start(exec_id, detach=True)

    with pytest.raises(Conflict, match="has already been started"):
        await world.execs.start(exec_id, detach=True)


async def test_only_what_runs_can_be_entered() -> None:
    world = await World.open()
    container = await world.create()
    with pytest.raises(NotRunning):
        await world.execs.create(container.id, LOUD)
    await world.containers.start(container.id)
    with pytest.raises(InvalidArgument):
        await world.execs.create(container.id, ExecSpec(command=()))
    exec_id = await world.execs.create(container.id, LOUD)
    await world.containers.pause(container.id)
    with pytest.raises(ContainerPaused):
        await world.execs.start(exec_id, detach=True)
    with pytest.raises(NoSuchExec):
        world.execs.find("nonsense")


async def test_a_session_without_a_command_is_refused_before_its_container_is_looked_for() -> None:
    world = await World.open()
    with pytest.raises(InvalidArgument, match="No exec command specified"):
        await world.execs.create("nobody", ExecSpec(command=()))
