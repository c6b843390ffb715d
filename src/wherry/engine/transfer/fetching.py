"""Layers from a registry: downloaded and unpacked, several at a time.

A layer that comes in while all below it is there is unpacked as it comes. Any other is stored first: an entry may mean
a file or a directory of a layer below.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import cast

from msgspec import Struct

from wherry.engine.concurrency.flights import Flights
from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations, together
from wherry.engine.concurrency.progress import Report, metered, silent
from wherry.engine.images import Images
from wherry.engine.images.unpacking import Link, Unpacker
from wherry.engine.ports import Clock, Content, Registry
from wherry.engine.transfer.telling import Told
from wherry.model.image import Descriptor, Layer
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.plan.naming import short_id

_AHEAD = 2  # chunks that unpacking may lag behind the store


class Source(Struct, frozen=True, kw_only=True):
    """Where blobs come from, and as whom they are asked for."""

    reference: Reference
    credentials: Credentials | None


class Step(Struct, frozen=True, kw_only=True):
    """A layer to have: its blob in the registry and its place in the stack."""

    descriptor: Descriptor
    link: Link


class Fetcher:
    """``max_downloads`` counts over all pulls."""

    def __init__(
        self,
        *,
        images: Images,
        registry: Registry,
        content: Content,
        unpacker: Unpacker,
        operations: Operations,
        clock: Clock,
        max_downloads: int,
    ) -> None:
        self._images = images
        self._registry = registry
        self._content = content
        self._unpacker = unpacker
        self._clock = clock
        self._max_downloads = max_downloads
        self._slots = asyncio.Semaphore(max_downloads)
        self._flights = Flights(operations)
        self._blobs = KeyedLocks()

    def limit(self, max_downloads: int) -> None:
        """Another limit, for what begins from now on."""
        self._max_downloads = max_downloads
        self._slots = asyncio.Semaphore(max_downloads)

    async def layers(self, source: Source, steps: tuple[Step, ...], report: Report) -> tuple[Layer, ...]:
        """All layers of a stack, the lowest first; they are held."""
        missing = [step for step in steps if self._images.layer(step.link.chain_id) is None]
        for step in steps:
            status = "Pulling fs layer" if step in missing else "Already exists"
            report(Progress(id=short_id(step.descriptor.digest), status=status))
        for step in missing[self._max_downloads :]:
            report(Progress(id=short_id(step.descriptor.digest), status="Waiting"))
        return await together(*(self._layer(source, steps[: top + 1], report) for top in range(len(steps))))

    async def blob(self, source: Source, descriptor: Descriptor) -> None:
        """A small blob, without telling."""
        async with self._blobs.hold(descriptor.digest):
            if not self._content.has(descriptor.digest):
                await self._download(source, descriptor, silent)

    async def _layer(self, source: Source, stack: tuple[Step, ...], report: Report) -> Layer:
        """The uppermost layer of a stack."""
        link = stack[-1].link
        layer = self._images.layer(link.chain_id)
        if layer is not None:
            return layer
        return await self._flights.join(link.chain_id, partial(self._fetch, source, stack), report)

    async def _fetch(self, source: Source, stack: tuple[Step, ...], report: Report) -> Layer:
        step, below = stack[-1], stack[:-1]
        told = Told(step.descriptor, report)
        async with self._blobs.hold(step.descriptor.digest):
            if not self._content.has(step.descriptor.digest):
                async with self._slots:
                    if not below or self._images.layer(step.link.parent):
                        layer = await self._stream(source, step, told)
                        told.status("Pull complete")
                        return layer
                    await self._download(source, step.descriptor, told.report)
                told.status("Verifying Checksum")
        told.status("Download complete")
        told.extracting()
        works = [self._unpacker.from_blob(step.link)]
        if below:
            works.append(self._layer(source, below, silent))
        unpacked, *_ = await together(*works)
        told.status("Pull complete")
        return cast(Layer, unpacked)

    async def _stream(self, source: Source, step: Step, told: Told) -> Layer:
        """Store a layer's blob and unpack it at the same time, its end when the digest is known to be right: what is
        wrong at a blob's end is told as that, and not as what it looks like to who inflates it."""
        branch: asyncio.Queue[bytes] = asyncio.Queue(_AHEAD)
        unpacking = self._unpacker.from_stream(step.link, _drawn(branch))
        layer: Layer = (await together(unpacking, self._store(source, step, told, branch)))[0]
        return layer

    async def _store(self, source: Source, step: Step, told: Told, branch: asyncio.Queue[bytes]) -> None:
        held_back = b""

        async def forked() -> AsyncGenerator[bytes, None]:
            nonlocal held_back
            async with aclosing(self._chunks(source, step.descriptor, told.report)) as chunks:
                async for chunk in chunks:
                    if held_back:
                        await branch.put(held_back)
                    held_back = chunk
                    yield chunk

        await self._content.ingest(forked(), step.descriptor.digest, step.descriptor.size)
        for status in ("Verifying Checksum", "Download complete"):
            told.status(status)
        told.extracting()
        if held_back:
            await branch.put(held_back)
        await branch.put(b"")

    async def _download(self, source: Source, descriptor: Descriptor, report: Report) -> None:
        chunks = self._chunks(source, descriptor, report)
        await self._content.ingest(chunks, descriptor.digest, descriptor.size)

    def _chunks(self, source: Source, descriptor: Descriptor, report: Report) -> AsyncGenerator[bytes, None]:
        """A blob as the registry sends it, telling now and then how far it is."""
        told = Told(descriptor, report)
        chunks = self._registry.blob(source.reference, descriptor, source.credentials, told.pausing)
        return metered(chunks, self._clock, partial(told.progress, "Downloading"))


async def _drawn(branch: asyncio.Queue[bytes]) -> AsyncGenerator[bytes, None]:
    while chunk := await branch.get():
        yield chunk
