"""Running a client in an event loop of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from wherry.model.image import LAYER_OCI, Descriptor
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.registry import Registry

from .distribution import digest_of

T = TypeVar("T")


def with_registry(work: Callable[[Registry], Awaitable[T]], registry: Registry | None = None) -> T:
    async def run() -> T:
        client = registry or Registry()
        try:
            return await work(client)
        finally:
            client.close()

    return asyncio.run(run())


async def download(
    registry: Registry, reference: Reference, data: bytes, credentials: Credentials | None = None
) -> bytes:
    descriptor = Descriptor(media_type=LAYER_OCI, digest=digest_of(data), size=len(data))
    return b"".join([chunk async for chunk in registry.blob(reference, descriptor, credentials)])
