"""Running a client in an event loop of its own, and what it pulls of scripted servers."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.harness.httpserver import Scripted

from wherry.model.image import LAYER_OCI, MANIFEST_OCI, Descriptor
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.registry import Registry

from .distribution import digest_of

T = TypeVar("T")

MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_OCI, "config": {}, "layers": []}).encode()
LAYER = bytes(range(256)) * 8192
ALICE = Credentials(username="alice", password="open sesame")
BEARER = 'Bearer realm="http://{}/token",service="tests"'


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


def tool(server: Scripted) -> Reference:
    return Reference.parse(f"{server.host}/tool:1")


def blob_path(data: bytes) -> str:
    return f"/v2/tool/blobs/{digest_of(data)}"


def resolve(server: Scripted, credentials: Credentials | None = None) -> bytes:
    return with_registry(lambda registry: registry.resolve(tool(server), credentials)).data
