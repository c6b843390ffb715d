"""Other limits for a container, in the row and in the runtime."""

import json

import pytest
from tests.fakes.world import World

from wherry.errors import InternalError, RuntimeFailure
from wherry.model.resources import Resources
from wherry.plan.containers.updating import Update

SHARES = Update(resources=Resources(cpu_shares=512))


async def test_a_running_container_gets_its_limits_at_once() -> None:
    world = await World.open()
    container = await world.run()

    await world.containers.update(container.id, SHARES)

    assert json.loads(world.outside.runtime.limits[container.id]) == {"cpu": {"shares": 512}}
    assert world.containers.find(container.id).spec.host.resources.cpu_shares == 512


async def test_a_stopped_container_gets_a_record_only() -> None:
    world = await World.open()
    container = await world.create()

    await world.containers.update(container.id, SHARES)

    assert not world.outside.runtime.limits
    reborn = await World.open(world.outside)
    assert reborn.containers.find(container.id).spec.host.resources.cpu_shares == 512


async def test_shares_that_runc_refuses_are_not_recorded() -> None:
    world = await World.open()
    container = await world.run()

    with pytest.raises(InternalError, match=rf"^Cannot update container {container.id}: .*minimum allowed cpu-shares"):
        await world.containers.update(container.id, Update(resources=Resources(cpu_shares=1)))

    assert world.containers.find(container.id) == container


async def test_what_the_kernel_refuses_is_not_recorded() -> None:
    world = await World.open()
    container = await world.run()
    world.outside.runtime.refusal = RuntimeFailure("device or resource busy")

    with pytest.raises(InternalError, match=f"Cannot update container {container.id}: device or resource busy"):
        await world.containers.update(container.id, SHARES)

    assert world.containers.find(container.id).spec.host.resources.cpu_shares == 0
