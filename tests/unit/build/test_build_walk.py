"""At every call that a build makes to the outside: what if it fails, if its client leaves, if the engine dies?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from tests.fakes.building import Ground, Site

from wherry.build.plan.pruning import Prune
from wherry.errors import WherryError
from wherry.model.progress import Progress

DOCKERFILE = """
FROM busybox AS one
WORKDIR /w
COPY a /a
RUN go
FROM one
ENV A=b
RUN --mount=type=cache,target=/c on
"""
TIMES = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
_WAIT = "runtime.exited"  # not part of a build: it lasts as long as the container runs


async def build(site: Site) -> str:
    """The ID of what was built."""
    news = await site.build(DOCKERFILE, tags=("app",), force_remove=True)
    ids = [item.aux["ID"] for item in news if isinstance(item, Progress) and item.aux]
    return str(ids[-1])


async def walk() -> AsyncIterator[tuple[Site, int, str]]:
    """A site for each call of a build, with the call's number and name."""
    site = await Site.open()
    site.world.faults.arm(None)
    await build(site)
    calls = [(number, name) for number, name in enumerate(site.world.faults.calls) if name != _WAIT]
    assert len(calls) > 30, calls
    await site.world.close()
    for number, name in calls:
        site = await Site.open()
        async with asyncio.timeout(10):
            yield site, number, name
        await site.world.close()


async def next_life(ground: Ground) -> Site:
    """An engine that has done its recovery."""
    return await Site.open(ground)


async def check_whole(site: Site, name: str) -> None:
    """Nothing is held or left over; the same can be built, and all of it forgotten."""
    outside = site.ground.outside
    held = outside.held()
    assert not any(held.values()), (name, held)
    kept = outside.kept()
    assert kept == {"rows": (), "files": (), "snapshots": (), "volumes": ((), ())}, (name, kept)
    image = site.world.images.find(await build(site))
    assert len(image.diff_ids) == 5, name
    await site.world.images.remove("app", force=True)
    for usage in await site.builds.usage():
        assert not usage.in_use, name
    await site.builds.prune(Prune(all=True))
    base = site.world.images.find("busybox")
    assert [layer.chain_id for layer in outside.records.layers.all()] == [base.chain_id], name
    assert len(outside.snapshots.names()) == 1, name


@TIMES
async def test_a_build_that_fails_leaves_whole_steps(after: bool) -> None:
    async for site, number, name in walk():
        if after and name == "containers.put":
            continue  # a write that fails has changed nothing: the port says so
        site.world.faults.arm(number, after=after)
        with suppress(WherryError):  # what comes of a step whose rows are written counts, and is no failure
            await build(site)
        site.world.faults.arm(None)
        await site.world.operations.drain()
        await site.world.close()

        if name not in ("builds.remove", "builds.begin"):
            assert site.ground.files.folders == {}, name
        await check_whole(await next_life(site.ground), name)


@TIMES
async def test_a_client_that_leaves_ends_the_build(after: bool) -> None:
    async for site, number, name in walk():
        building = asyncio.ensure_future(build(site))

        async def leave(building: "asyncio.Future[str]" = building) -> None:
            building.cancel()

        site.world.faults.arm(number, leave, after=after)
        await asyncio.wait([building])
        await site.world.operations.drain()

        assert site.ground.files.folders == {}, name
        await check_whole(site, name)


@TIMES
async def test_a_death_leaves_whole_steps(after: bool) -> None:
    async for site, number, name in walk():
        site.world.faults.arm(number, site.world.faults.die, after=after)
        dying = asyncio.ensure_future(build(site))
        await site.world.faults.died.wait()
        reborn = await next_life(site.ground)
        dying.cancel()
        site.world.faults.bury()
        await asyncio.wait([dying])

        await check_whole(reborn, name)
        await reborn.world.close()
