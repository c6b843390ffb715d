"""Create, start, stop, kill, pause, restart: what each answers, and what it leaves."""

import asyncio
import signal

import pytest
from tests.fakes.world import World

from wherry.errors import Conflict, InternalError, InvalidArgument, NameInUse, NoSuchContainer, NotRunning
from wherry.model.container import Container, ContainerSpec, HostSpec, Status
from wherry.model.network import PortSpec


def status(world: World, container: Container) -> Status:
    return world.containers.find(container.id).state.status


async def heard(world: World, container: Container) -> list[str]:
    """The container's events so far."""
    past = world.events.subscribe(since=1, until=world.outside.clock.now())
    return [event.action async for event in past if event.actor == container.id]


async def test_a_new_container_has_what_was_asked_and_holds_nothing() -> None:
    world = await World.open()

    container = await world.create("web", command=("serve",), env=("A=1",))

    assert world.containers.find("web") == world.containers.find(container.id[:9]) == container
    assert (container.argv, container.state.status) == (("serve",), Status.CREATED)
    assert set(container.spec.env) == {"A=1", "PATH=/bin"}
    assert not any(world.outside.held().values())


async def test_a_name_is_given_once_and_free_again_after_a_removal() -> None:
    world = await World.open()
    first = await world.create("web")

    with pytest.raises(NameInUse, match=first.id):
        await world.create("web")
    await world.containers.remove("web")

    assert (await world.create("web")).id != first.id


async def test_a_container_without_a_name_gets_one_that_is_free() -> None:
    world = await World.open()

    names = {(await world.create("")).name for _ in range(3)}

    assert len(names) == 3


async def test_a_container_of_no_image_has_no_command() -> None:
    world = await World.open()

    with pytest.raises(InvalidArgument, match="no command specified"):
        await world.containers.create(ContainerSpec(image=""))


async def test_a_container_cannot_join_its_own_network() -> None:
    world = await World.open()

    with pytest.raises(InternalError, match="cannot join own network"):
        await world.create("web", host=HostSpec(network="container:web"))


async def test_a_working_directory_that_the_image_lacks_is_there_before_the_start() -> None:
    world = await World.open()

    await world.create("web", working_dir="/srv/app")

    assert "/srv/app" in world.outside.root_files.made
    assert not any(world.outside.held().values())


async def test_a_started_container_has_process_address_and_port_and_its_end_takes_them_away() -> None:
    world = await World.open()
    container = await world.run(host=HostSpec(ports=(PortSpec(container_port=80, host_port="8080"),)))

    assert container.state.process is not None
    assert container.endpoints[0].ipv4
    assert {port.host_port for port in world.outside.networking.published} == {8080}

    await world.exit(container, 5)

    ended = world.containers.find(container.id)
    assert (ended.state.status, ended.state.exit_code, ended.endpoints) == (Status.EXITED, 5, ())
    assert not any(world.outside.held().values())


async def test_a_start_of_what_runs_says_that_nothing_was_to_be_done() -> None:
    world = await World.open()
    container = await world.create()

    assert await world.containers.start(container.id) is True
    assert await world.containers.start(container.id) is False


async def test_what_ended_can_be_started_again_and_forgets_its_exit() -> None:
    world = await World.open()
    container = await world.run()
    await world.exit(container, 3)

    await world.containers.start(container.id)

    state = world.containers.find(container.id).state
    assert (state.status, state.exit_code, state.finished_at) == (Status.RUNNING, 0, 0)


async def test_stop_asks_with_the_containers_own_signal() -> None:
    world = await World.open()
    container = await world.run(stop_signal="SIGINT")

    assert await world.containers.stop(container.id) is True

    assert world.containers.find(container.id).state.exit_code == 128 + signal.SIGINT
    assert (await heard(world, container))[-3:] == ["kill", "die", "stop"]


async def test_stop_kills_what_does_not_listen() -> None:
    world = await World.open()
    world.outside.runtime.ignored.add(signal.SIGTERM)
    container = await world.run()

    await world.containers.stop(container.id, timeout=0)

    assert world.containers.find(container.id).state.exit_code == 128 + signal.SIGKILL


async def test_stop_of_what_does_not_run_says_that_nothing_was_to_be_done() -> None:
    world = await World.open()
    container = await world.create()

    assert await world.containers.stop(container.id) is False
    assert status(world, container) is Status.CREATED


@pytest.mark.parametrize("verb", ["stop", "kill", "restart", "remove"])
async def test_a_paused_container_can_be_ended(verb: str) -> None:
    world = await World.open()
    container = await world.run()
    await world.containers.pause(container.id)

    match verb:
        case "stop":
            await world.containers.stop(container.id)
        case "kill":
            ended = world.containers.wait(container.id, "next-exit")
            await world.containers.kill(container.id)
            await ended
        case "restart":
            await world.containers.restart(container.id)
        case _:
            await world.containers.remove(container.id, force=True)

    left = [each.state.status for each in world.containers.all()]
    assert left == {"restart": [Status.RUNNING], "remove": []}.get(verb, [Status.EXITED])


async def test_kill_reaches_only_what_runs() -> None:
    world = await World.open()
    container = await world.create("box")

    with pytest.raises(Conflict, match=f"cannot kill container: box: container {container.id} is not running"):
        await world.containers.kill("box")
    with pytest.raises(InvalidArgument):
        await world.containers.kill("box", "SIGNONSENSE")


async def test_a_signal_in_the_middle_of_a_start_reaches_what_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the first line that it writes may be faster than the engine's note that it runs."""
    world = await World.open()
    container = await world.create()
    let_go, killing = world.outside.runtime.start, list[asyncio.Future[None]]()

    async def start(container_id: str, runtime: str) -> None:
        await let_go(container_id, runtime)
        killing.append(asyncio.ensure_future(world.containers.kill(container.id, "TERM")))
        await asyncio.sleep(0)

    monkeypatch.setattr(world.outside.runtime, "start", start)
    await world.containers.start(container.id)
    await killing[0]

    assert (await world.containers.wait(container.id, "not-running")).code == 128 + signal.SIGTERM


async def test_a_signal_that_ends_nothing_leaves_the_container_running() -> None:
    world = await World.open()
    world.outside.runtime.ignored.add(signal.SIGHUP)
    container = await world.run()

    await world.containers.kill(container.id, "HUP")

    assert status(world, container) is Status.RUNNING


async def test_pause_and_unpause_say_when_they_cannot() -> None:
    world = await World.open()
    container = await world.run()

    with pytest.raises(Conflict, match="is not paused"):
        await world.containers.unpause(container.id)
    await world.containers.pause(container.id)
    assert status(world, container) is Status.PAUSED
    with pytest.raises(Conflict, match="is already paused"):
        await world.containers.pause(container.id)
    with pytest.raises(Conflict, match="cannot start a paused container"):
        await world.containers.start(container.id)
    await world.containers.unpause(container.id)
    assert status(world, container) is Status.RUNNING
    await world.containers.stop(container.id)
    with pytest.raises(NotRunning):
        await world.containers.pause(container.id)


async def test_restart_ends_it_and_starts_it_even_if_it_removes_itself() -> None:
    world = await World.open()
    container = await world.run(host=HostSpec(auto_remove=True))

    await world.containers.restart(container.id)

    again = world.containers.find(container.id)
    assert again.state.status is Status.RUNNING
    assert again.state.process != container.state.process
    await world.containers.stop(container.id)
    await world.operations.drain()
    with pytest.raises(NoSuchContainer):
        world.containers.find(container.id)


async def test_restart_starts_what_does_not_run() -> None:
    world = await World.open()
    container = await world.create()

    await world.containers.restart(container.id)

    assert status(world, container) is Status.RUNNING


async def test_those_that_end_at_once_are_taken_down_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await World.open()
    containers = [await world.run(f"box-{number}") for number in range(20)]
    delete, side_by_side, most = world.outside.runtime.delete, 0, 0

    async def counted(container_id: str, runtime: str) -> None:
        nonlocal side_by_side, most
        side_by_side += 1
        most = max(most, side_by_side)
        for _ in range(50):  # the others come as far as this
            await asyncio.sleep(0)
        await delete(container_id, runtime)
        side_by_side -= 1

    monkeypatch.setattr(world.outside.runtime, "delete", counted)
    await asyncio.gather(*(world.exit(container) for container in containers))

    assert 1 < most <= 6
    assert not any(world.outside.held().values())
