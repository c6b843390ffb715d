"""The build cache: what is found again, what is kept, what goes."""

from dataclasses import dataclass

from msgspec.structs import replace
from tests.fakes.host import FACTS
from tests.fakes.images import AMD64, World

from wherry.build.plan.stage import StageState
from wherry.build.solver.cache import Cache
from wherry.build.solver.made import Made, from_image
from wherry.build.sweeping import sweep_steps
from wherry.model.build import CacheEntry
from wherry.model.host import HostFacts
from wherry.model.image import ImageConfig, Layer
from wherry.plan.images.chain import stacked


@dataclass
class Host:
    boot: str = "first"

    def facts(self) -> HostFacts:
        return replace(FACTS, boot_id=self.boot)


class Kitchen:
    """A cache over a store that has an image of one layer, which builds stand on."""

    def __init__(self) -> None:
        self.world, self.host = World(), Host()
        world = self.world
        self.cache = Cache(
            records=world.records,
            images=world.images,
            snapshots=world.snapshots,
            host=self.host,  # type: ignore[arg-type]
            clock=world.clock,
        )

    async def sweep(self) -> None:
        await sweep_steps(self.world.records, self.world.images, self.host)  # type: ignore[arg-type]

    async def base(self) -> Made:
        image = await self.world.add("a", names=("base",))
        return from_image(image, StageState(config=ImageConfig()))

    async def step(self, key: str, below: Made, letter: str = "") -> CacheEntry:
        """A step that was done, and made the layer of a letter."""
        if not letter:
            return await self.cache.add(key, below, key, None, 1)
        layer = await self.layer(below, letter)
        async with self.world.images.hold(layer.chain_id):
            return await self.cache.add(key, below, key, layer, 1)

    async def layer(self, below: Made, letter: str) -> Layer:
        diff_id = f"sha256:{letter * 64}"
        directory = await self.world.snapshots.begin()
        chain_id = stacked(below.chain_id, diff_id)
        return Layer(chain_id=chain_id, diff_id=diff_id, parent=below.chain_id, directory=directory, size=5)

    def directories(self) -> int:
        return len(self.world.snapshots.names())


async def test_a_step_is_found_with_its_layer() -> None:
    kitchen = Kitchen()
    base = await kitchen.base()
    entry = await kitchen.step("k", base, "b")

    assert kitchen.cache.find("k", base) == entry
    layer = kitchen.cache.layer(entry, base)
    assert layer is not None
    assert layer.diff_id == f"sha256:{'b' * 64}"
    assert kitchen.cache.find("other", base) is None


async def test_a_step_on_other_layers_does_not_count() -> None:
    kitchen = Kitchen()
    base = await kitchen.base()
    await kitchen.step("k", base, "b")
    other = from_image(await kitchen.world.add("c"), StageState(config=ImageConfig()))
    assert kitchen.cache.find("k", other) is None


async def test_a_step_done_again_takes_the_place_of_the_first() -> None:
    kitchen = Kitchen()
    base = await kitchen.base()
    await kitchen.step("k", base, "b")
    await kitchen.step("k", base, "c")
    assert kitchen.directories() == 2


async def test_layers_go_with_the_last_step_that_has_them() -> None:
    kitchen = Kitchen()
    base = await kitchen.base()
    first = await kitchen.step("k", base, "b")
    after = replace(base, chain_id=first.chain_id, key="k")
    second = await kitchen.step("l", after)

    assert await kitchen.cache.remove([first]) == 0
    assert kitchen.directories() == 2
    assert await kitchen.cache.remove([second]) == 5
    assert kitchen.directories() == 1


async def test_what_is_in_use_and_what_an_image_has() -> None:
    kitchen = Kitchen()
    base = await kitchen.base()
    await kitchen.step("k", base, "b")
    await kitchen.step("on base", base)
    kitchen.cache.occupy("k")

    assert [(usage.shared, usage.in_use) for usage in kitchen.cache.usage()] == [(False, True), (True, False)]
    kitchen.cache.leave(["k"])
    assert [usage.in_use for usage in kitchen.cache.usage()] == [False, False]


async def test_steps_of_a_build_that_ended_survive_the_loss_of_power() -> None:
    kitchen = Kitchen()
    base = await kitchen.base()
    kitchen.world.snapshots.persistent.clear()
    ended = await kitchen.step("k", base, "b")
    await kitchen.cache.settle([ended], [])
    assert kitchen.world.snapshots.persistent == {*kitchen.world.snapshots.names()}
    await kitchen.step("l", base, "c")

    kitchen.host.boot = "second"
    await kitchen.sweep()

    assert [usage.entry.key for usage in kitchen.cache.usage()] == ["k"]
    assert kitchen.directories() == 2


async def test_a_death_of_the_engine_alone_loses_no_step() -> None:
    kitchen = Kitchen()
    await kitchen.step("k", await kitchen.base(), "b")
    await kitchen.sweep()
    assert [usage.entry.key for usage in kitchen.cache.usage()] == ["k"]


async def test_use_is_counted() -> None:
    kitchen = Kitchen()
    entry = await kitchen.step("k", await kitchen.base())
    await kitchen.cache.settle([], [entry, entry])
    (usage,) = kitchen.cache.usage()
    assert usage.entry.uses == 2
    assert usage.entry.last_used > entry.last_used


async def test_a_step_of_an_image_from_elsewhere() -> None:
    kitchen = Kitchen()
    base = await kitchen.base()
    image = await kitchen.world.add("a", "b", names=("elsewhere",))

    assert await kitchen.cache.adopt("k", base, "another line", [image]) is None
    entry = await kitchen.cache.adopt("k", base, "layer b", [image])

    assert entry is not None
    assert entry.chain_id == image.chain_id
    assert base.platform == AMD64
