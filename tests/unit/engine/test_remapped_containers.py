"""Containers of an engine that remaps users."""

import pytest
from tests.fakes.world import World

from wherry.errors import InvalidArgument
from wherry.model.container import HostSpec
from wherry.model.remapping import IdRange, Remapping

RANGE = IdRange(inside=0, outside=100000, length=65536)
REMAPPING = Remapping(uids=(RANGE,), gids=(RANGE,))


async def test_a_container_has_a_user_namespace_while_it_runs() -> None:
    world = await World.open(remapped=REMAPPING)
    container = await world.run()
    assert container.remapping == REMAPPING
    assert tuple(world.outside.users.pinned.values()) == (REMAPPING,)
    (mounted,) = world.outside.mounts.mounted.values()
    assert mounted.upper.startswith("/remapped")

    await world.exit(container)
    assert not world.outside.users.pinned


async def test_one_with_the_host_s_has_none() -> None:
    world = await World.open(remapped=REMAPPING)
    container = await world.run(host=HostSpec(userns="host", privileged=True))
    assert container.remapping is None
    assert not world.outside.users.pinned


async def test_who_shares_a_network_shares_the_user_namespace() -> None:
    world = await World.open(remapped=REMAPPING)
    await world.run("first")
    await world.run("second", host=HostSpec(network="container:first"))
    assert len(world.outside.users.pinned) == 1


async def test_namespaces_of_the_host_s_users_cannot_be_shared() -> None:
    world = await World.open(remapped=REMAPPING)
    await world.run("first", host=HostSpec(userns="host"))
    second = await world.create("second", host=HostSpec(network="container:first"))
    with pytest.raises(InvalidArgument, match="it is in the host's user namespace"):
        await world.containers.start(second.id)


async def test_a_namespace_of_no_container_is_swept() -> None:
    world = await World.open(remapped=REMAPPING)
    await world.run()
    world.outside.users.pinned["/run/userns/stray"] = REMAPPING
    await world.close()
    again = await World.open(world.outside, remapped=REMAPPING)
    assert len(again.outside.users.pinned) == 1
