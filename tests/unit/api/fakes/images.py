"""Images in memory, how they come and go, and builds."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping

from tests.unit.api.samples import BUSYBOX, IMAGE, RUNNING

from wherry.build.client import CONTEXT, Client
from wherry.build.plan.pruning import Prune
from wherry.build.plan.request import BuildRequest
from wherry.engine.images.catalog import HistoryEntry
from wherry.engine.images.removal import Removal
from wherry.errors import NoSuchImage
from wherry.model.build import BuildNews, CacheUsage
from wherry.model.container import Container
from wherry.model.image import Image, Layer, Platform
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.model.registry import Credentials


class FakeImages:
    def __init__(self) -> None:
        self.images = {IMAGE.id: IMAGE}
        self.tags = {IMAGE.id: [BUSYBOX]}
        self.asked: dict[str, object] = {}

    def find(self, ref: str) -> Image:
        for image_id, image in self.images.items():
            if image_id.removeprefix("sha256:").startswith(ref.removeprefix("sha256:")):
                return image
        wanted = Reference.parse(ref).with_default_tag()
        for image_id, names in self.tags.items():
            if wanted in names:
                return self.images[image_id]
        raise NoSuchImage(wanted.familiar)

    def all(self) -> tuple[Image, ...]:
        return tuple(self.images.values())

    def names(self, image_id: str) -> tuple[Reference, ...]:
        return tuple(self.tags.get(image_id, ()))

    def containers(self, image: Image) -> tuple[Container, ...]:
        return tuple(container for container in (RUNNING,) if container.image_id == image.id)

    def layers(self, image: Image) -> tuple[Layer, ...]:
        return (Layer(chain_id=image.diff_ids[0], diff_id=image.diff_ids[0], directory="l1", size=image.size),)

    def shared_size(self, image: Image) -> int:
        return image.size - 1

    def history(self, ref: str) -> tuple[HistoryEntry, ...]:
        image = self.find(ref)
        return (
            HistoryEntry(id=image.id, created=5, created_by="CMD sh", tags=("busybox:latest",)),
            HistoryEntry(id="<missing>", created=4, created_by="ADD x", size=9),
        )

    async def tag(self, ref: str, target: Reference) -> None:
        self.tags[self.find(ref).id].append(target)

    async def remove(self, ref: str, *, force: bool = False, prune: bool = True) -> tuple[Removal, ...]:
        image = self.find(ref)
        self.asked = {"force": force, "prune": prune}
        return Removal(untagged=Reference.parse(ref).with_default_tag().familiar), Removal(deleted=image.id)

    async def prune(self, *, dangling: bool, until: int, labels: tuple[str, ...]) -> tuple[tuple[Removal, ...], int]:
        self.asked = {"dangling": dangling, "until": until, "labels": labels}
        return (Removal(deleted="sha256:old"),), 10


class FakeTransfer:
    """Tells ``progress``, then raises ``failure`` if there is one, or goes on for ever if ``endless``."""

    def __init__(self) -> None:
        self.endless = False
        self.stopped = asyncio.Event()
        self.progress: list[Progress] = []
        self.failure: Exception | None = None
        self.asked: dict[str, object] = {}

    def pull(
        self, reference: Reference, *, credentials: Credentials | None, platform: Platform | None
    ) -> AsyncIterator[Progress]:
        self.asked = {"one": reference.familiar, "credentials": credentials, "platform": platform}
        return self._tell()

    def pull_all(
        self, reference: Reference, *, credentials: Credentials | None, platform: Platform | None
    ) -> AsyncIterator[Progress]:
        self.asked = {"all": reference.familiar, "credentials": credentials, "platform": platform}
        return self._tell()

    def push(self, reference: Reference, *, credentials: Credentials | None) -> AsyncIterator[Progress]:
        self.asked = {"push": reference.familiar, "credentials": credentials}
        return self._tell()

    async def _tell(self) -> AsyncIterator[Progress]:
        try:
            for item in itertools.cycle(self.progress) if self.endless else self.progress:
                yield item
            if self.failure:
                raise self.failure
        finally:
            self.stopped.set()


class FakeArchives:
    """Archives of the names asked for; what is loaded or imported is kept in ``received``."""

    def __init__(self) -> None:
        self.received = b""
        self.failure: Exception | None = None
        self.asked: dict[str, object] = {}

    async def save(self, refs: tuple[str, ...]) -> AsyncIterator[bytes]:
        if self.failure:
            raise self.failure
        for ref in refs:
            yield f"<{ref}>".encode()

    async def load(self, chunks: AsyncIterator[bytes], *, quiet: bool) -> AsyncIterator[Progress]:
        self.asked = {"quiet": quiet}
        async for chunk in chunks:
            self.received += chunk
        if self.failure:
            raise self.failure
        yield Progress(stream="Loaded image: busybox:latest\n")

    async def import_tar(
        self,
        chunks: AsyncIterator[bytes] | None,
        *,
        source: str,
        target: Reference | None,
        message: str,
        changes: tuple[str, ...],
        platform: Platform | None,
    ) -> AsyncIterator[Progress]:
        self.asked = {
            "source": source, "target": target and target.familiar, "message": message,
            "changes": changes, "platform": platform,
        }  # fmt: skip
        self.received = b"".join([chunk async for chunk in chunks]) if chunks else b""
        yield Progress(status="sha256:imported")

    async def export(self, container_id: str) -> AsyncIterator[bytes]:
        yield f"tree of {container_id[:6]}".encode()


async def _everything(client: Client) -> bytes:
    """All contents that a client offers."""
    async with client.files(CONTEXT) as offer:
        return b"".join([piece async for _, piece in offer.contents(range(len(offer.told.tokens)))])


class FakeBuilds:
    """Tells ``news``, then raises ``failure`` if there is one; what it was asked and sent is kept."""

    def __init__(self) -> None:
        self.asked: dict[str, object] = {}
        self.received = b""
        self.news: list[BuildNews] = [Progress(stream="Successfully built abc\n")]
        self.failure: Exception | None = None
        self.cache: tuple[CacheUsage, ...] = ()
        self.pruned: Prune | None = None

    async def build(
        self,
        request: BuildRequest,
        source: AsyncIterator[bytes] | str | None,
        *,
        client: Client | None,
        credentials: Mapping[str, Credentials],
        live: bool,
    ) -> AsyncIterator[BuildNews]:
        self.asked = {"request": request, "credentials": credentials, "live": live}
        if client is not None:
            self.received = await _everything(client)
        elif source is not None:
            self.received = source.encode() if isinstance(source, str) else b"".join([chunk async for chunk in source])
        for news in self.news:
            yield news
        if self.failure:
            raise self.failure

    async def usage(self) -> tuple[CacheUsage, ...]:
        return self.cache

    async def prune(self, asked: Prune) -> tuple[tuple[str, ...], int]:
        self.pruned = asked
        return tuple(usage.entry.key for usage in self.cache), sum(usage.entry.size for usage in self.cache)
