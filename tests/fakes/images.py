"""The services of images on fakes, and small images to put into them."""

from contextlib import aclosing
from typing import Any

from msgspec.structs import replace

from tests.fakes.layers import FakeLayers
from tests.fakes.registry import FakeRegistry
from tests.fakes.store import FakeContent, FakeRecords, FakeSnapshots
from wherry.engine.concurrency.operations import Operations
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.images.layering import Layering
from wherry.engine.images.unpacking import Unpacker
from wherry.engine.transfer import Transfer
from wherry.model.container import Container, ContainerSpec, ContainerState, Status
from wherry.model.image import History, Image, ImageConfig, Layer, Platform
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.plan.images.chain import chain_ids
from wherry.plan.images.configuration import write_image

AMD64 = Platform(os="linux", architecture="amd64")


class TickingClock:
    """A second later each time it is asked."""

    def __init__(self) -> None:
        self.time = 1_700_000_000_000_000_000

    def now(self) -> int:
        self.time += 1_000_000_000
        return self.time

    def monotonic(self) -> int:
        return self.now()

    async def sleep(self, seconds: float) -> None:
        self.time += int(seconds * 1e9)


class World:
    """A store with the services of images on it, and a registry."""

    def __init__(self) -> None:
        self.records, self.content, self.snapshots = FakeRecords(), FakeContent(), FakeSnapshots()
        self.clock, self.operations = TickingClock(), Operations()
        self.events = Events(self.clock)
        self.images = Images(
            records=self.records,
            content=self.content,
            snapshots=self.snapshots,
            operations=self.operations,
            events=self.events,
            clock=self.clock,
            containers_using=lambda image_id: tuple(
                container for container in self.records.containers.all() if container.image_id == image_id
            ),
        )

        self.registry, self.layers = FakeRegistry(), FakeLayers(self.content)
        self.layering = Layering(
            images=self.images,
            unpacker=Unpacker(images=self.images, layers=self.layers, content=self.content, snapshots=self.snapshots),
            layers=self.layers,
            content=self.content,
            snapshots=self.snapshots,
        )
        self.transfer = Transfer(
            images=self.images,
            layering=self.layering,
            registry=self.registry,
            layers=self.layers,
            content=self.content,
            snapshots=self.snapshots,
            records=self.records,
            operations=self.operations,
            events=self.events,
            clock=self.clock,
            platform=AMD64,
        )

    async def pull(self, name: str, **options: Any) -> list[Progress]:
        async with aclosing(self.transfer.pull(Reference.parse(name), **options)) as progress:
            return [each async for each in progress]

    async def push(self, name: str, **options: Any) -> list[Progress]:
        async with aclosing(self.transfer.push(Reference.parse(name), **options)) as progress:
            return [each async for each in progress]

    async def add(self, *letters: str, names: tuple[str, ...] = (), parent: str = "", label: str = "") -> Image:
        """An image of one layer a letter; the same letters at the bottom are the same layers."""
        diff_ids = tuple(f"sha256:{letter * 64}" for letter in letters)
        config = write_image(
            platform=AMD64,
            config=ImageConfig(labels={"label": label} if label else {}),
            diff_ids=diff_ids,
            history=tuple(History(created_by=f"layer {letter}") for letter in letters),
            created=self.clock.now(),
        )
        layers = [await self._layer(*link) for link in zip(chain_ids(diff_ids), diff_ids, letters, strict=True)]
        stack = tuple(
            replace(layer, parent=below.chain_id if below else "")
            for layer, below in zip(layers, [None, *layers], strict=False)
        )
        return await self.images.add(config, None, stack, tuple(Reference.parse(name) for name in names), parent=parent)

    async def _layer(self, chain_id: str, diff_id: str, letter: str) -> Layer:
        existing = self.records.layers.get(chain_id)
        if existing is not None:
            return existing
        blob = await self.content.put(f"layer {letter} of {chain_id}".encode())
        directory = await self.snapshots.begin()
        return Layer(chain_id=chain_id, diff_id=diff_id, directory=directory, size=ord(letter), blob=blob)

    async def container(self, image: Image, digit: str = "c", status: Status = Status.EXITED) -> Container:
        container = Container(
            id=digit * 64,
            name=digit,
            image_id=image.id,
            chain_id=image.chain_id,
            created=0,
            spec=ContainerSpec(image="x"),
            state=ContainerState(status=status),
        )
        await self.records.containers.put(container)
        await self.snapshots.prepare(container.id)
        return container
