"""Restarts that wait for each other."""

import asyncio

from tests.fakes.host import FakeClock
from tests.fakes.store import FakeRecords

from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.lifecycle.restarting import Restarts
from wherry.model.container import Container, ContainerSpec, HostSpec


def container(name: str, created: int, network: str = "") -> Container:
    spec = ContainerSpec(image="i", host=HostSpec(network=network or "bridge"))
    return Container(id=f"id-{name}", name=name, image_id="", chain_id="", created=created, spec=spec)


async def test_whoever_waits_for_restarts_waits_until_they_were_tried_and_no_longer_than_it_cares_to() -> None:
    started: list[str] = []
    lets_start = asyncio.Event()

    async def restart(container_id: str) -> bool:
        restarts.take(container_id)
        await lets_start.wait()
        started.append(container_id)
        return True

    restarts = Restarts(catalog=Catalog(FakeRecords()), clock=FakeClock(), restart=restart)
    await restarts.settled(60)  # for none
    for name in ("one", "two"):
        restarts.later(container(name, created=1), 0)

    await restarts.settled(0.01)
    assert not started
    lets_start.set()
    await restarts.settled(60)
    assert sorted(started) == ["id-one", "id-two"]


async def test_what_a_container_needs_is_started_first_although_the_clock_was_set_back_between_them() -> None:
    records = FakeRecords()
    needed = container("needed", created=2)
    needing = container("needing", created=1, network="container:needed")
    for each in (needed, needing):
        await records.containers.put(each)
    started: list[str] = []

    async def restart(container_id: str) -> bool:
        await asyncio.sleep(0)
        started.append(container_id)
        return True

    restarts = Restarts(catalog=Catalog(records), clock=FakeClock(), restart=restart)
    restarts.later(needing, 0)
    restarts.later(needed, 0)
    for _ in range(20):
        await asyncio.sleep(0)

    assert started == ["id-needed", "id-needing"]
