"""A registry in memory. Chunks are few bytes, so that a blob comes in several."""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from wherry.errors import NoSuchManifest, NotFound, RegistryError
from wherry.model.image import INDEX_OCI, LAYER_OCI, MANIFEST_OCI, Descriptor, Platform
from wherry.model.reference import DEFAULT_TAG, Reference
from wherry.model.registry import Credentials, Found, Resolved
from wherry.plan.images.manifest import config_descriptor, read_manifest, write_index, write_manifest

CHUNK = 64


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class FakeRegistry:
    """``asked`` has the digests of blobs in the order of their downloads. A blob waits for its event in ``gates``
    before its last chunk; ``broken`` replaces its bytes; that there are ``pauses``, of so many seconds, is only told.
    ``stored`` has what was pushed: by repository and digest."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, Resolved] = {}
        self.asked: list[str] = []
        self._asked = asyncio.Event()
        self.busy = self.most_busy = 0
        self.gates: dict[str, asyncio.Event] = {}
        self.broken: dict[str, bytes] = {}
        self.pauses: dict[str, float] = {}
        self.allow: Callable[[Credentials | None], None] = lambda _: None
        self.stored: dict[str, dict[str, bytes]] = {}

    def put(self, name: str, config: bytes, *layers: bytes, **platform: str) -> Descriptor:
        """An image under a name with a tag."""
        for blob in (config, *layers):
            self.blobs[digest_of(blob)] = blob
        descriptors = tuple(
            Descriptor(media_type=LAYER_OCI, digest=digest_of(layer), size=len(layer)) for layer in layers
        )
        manifest = write_manifest(config_descriptor(digest_of(config), len(config)), descriptors)
        known = Platform(**{"os": "linux", "architecture": "amd64", **platform})
        return self.serve(name, MANIFEST_OCI, manifest, known)

    def put_index(self, name: str, *entries: Descriptor) -> Descriptor:
        return self.serve(name, INDEX_OCI, write_index(entries), None)

    def serve(self, name: str, media_type: str, data: bytes, platform: Platform | None) -> Descriptor:
        descriptor = Descriptor(media_type=media_type, digest=digest_of(data), size=len(data), platform=platform)
        resolved = Resolved(descriptor=descriptor, data=data)
        reference = Reference.parse(name)
        self.manifests[reference.canonical] = resolved
        self.manifests[f"{reference.name}@{descriptor.digest}"] = resolved
        return descriptor

    async def resolve(self, reference: Reference, credentials: Credentials | None) -> Resolved:
        await asyncio.sleep(0)
        self.allow(credentials)
        place = f"@{reference.digest}" if reference.digest else f":{reference.tag or DEFAULT_TAG}"
        resolved = self.manifests.get(reference.name + place)
        if resolved is None:
            raise NoSuchManifest(f"manifest for {reference.familiar} not found: manifest unknown: manifest unknown")
        return resolved

    async def blob(
        self,
        reference: Reference,
        descriptor: Descriptor,
        credentials: Credentials | None,
        pausing: Callable[[float], None] | None = None,
    ) -> AsyncGenerator[bytes, None]:
        self._pause(descriptor, pausing)
        self.asked.append(descriptor.digest)
        self._asked.set()
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            data = self.broken.get(descriptor.digest, self.blobs.get(descriptor.digest))
            if data is None:
                raise NotFound(f"blob {descriptor.digest} unknown to registry")
            for at in range(0, len(data), CHUNK):
                if at + CHUNK >= len(data) and descriptor.digest in self.gates:
                    await self.gates[descriptor.digest].wait()
                await asyncio.sleep(0)
                yield data[at : at + CHUNK]
        finally:
            self.busy -= 1

    async def find(self, domain: str) -> None:
        if domain == "nowhere.example":
            raise RegistryError(f'Get "https://{domain}/v2/": dial tcp: lookup {domain}: no such host')

    async def exists(self, reference: Reference, digest: str, credentials: Credentials | None) -> bool:
        await asyncio.sleep(0)
        return digest in self.stored.get(reference.name, {})

    async def mount(self, reference: Reference, digest: str, source: str, credentials: Credentials | None) -> bool:
        data = self.stored.get(f"{reference.domain}/{source}", {}).get(digest)
        if data is not None:
            self.stored.setdefault(reference.name, {})[digest] = data
        return data is not None

    async def upload(
        self,
        reference: Reference,
        descriptor: Descriptor,
        body: Callable[[], AsyncGenerator[bytes, None]],
        credentials: Credentials | None,
        pausing: Callable[[float], None] | None = None,
    ) -> None:
        self.allow(credentials)
        self._pause(descriptor, pausing)
        self.busy += 1
        await asyncio.sleep(0)
        self.most_busy = max(self.most_busy, self.busy)
        try:
            async with aclosing(body()) as chunks:
                data = b"".join([chunk async for chunk in chunks])
            if descriptor.digest in self.gates:
                await self.gates[descriptor.digest].wait()
        finally:
            self.busy -= 1
        assert (digest_of(data), len(data)) == (descriptor.digest, descriptor.size)
        self.stored.setdefault(reference.name, {})[descriptor.digest] = data

    async def put_manifest(self, reference: Reference, manifest: Resolved, credentials: Credentials | None) -> None:
        parts = read_manifest(manifest.data)
        for blob in (parts.config, *parts.layers):
            if blob.digest not in self.stored.get(reference.name, {}):
                raise RegistryError("manifest blob unknown: blob unknown to registry")
        self.serve(reference.canonical, manifest.descriptor.media_type, manifest.data, None)

    async def login(self, domain: str, credentials: Credentials) -> str:
        self.allow(credentials)
        return f"token of {credentials.username}" if domain.startswith("tokens.") else ""

    async def search(self, domain: str, term: str, limit: int, credentials: Credentials | None) -> tuple[Found, ...]:
        found = (Found(name=f"{domain} {term} {number}", stars=10 - number) for number in range(limit))
        return tuple(found)

    def _pause(self, descriptor: Descriptor, pausing: Callable[[float], None] | None) -> None:
        if pausing is not None and descriptor.digest in self.pauses:
            pausing(self.pauses[descriptor.digest])

    async def until_asked(self, data: bytes) -> None:
        """Wait until the download of a blob has begun."""
        while digest_of(data) not in self.asked:
            self._asked.clear()
            await self._asked.wait()

    async def tags(self, reference: Reference, credentials: Credentials | None) -> tuple[str, ...]:
        prefix = f"{reference.name}:"
        return tuple(name.removeprefix(prefix) for name in self.manifests if name.startswith(prefix))


def config_of(*layers: bytes, **members: Any) -> bytes:
    """The configuration of an image whose layers are these plain tars."""
    document = {
        "os": "linux",
        "architecture": "amd64",
        "created": "2024-01-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
        "history": [{"created_by": f"layer {number}"} for number, _ in enumerate(layers)],
    }
    return json.dumps({**document, **members}).encode()
