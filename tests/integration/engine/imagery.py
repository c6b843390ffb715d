"""Images made by hand, a registry to put them into, and the services of images on their real edges."""

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

from tests.fakes.registry import digest_of
from tests.harness.archives import Member, archive, member

from wherry.engine.archives import Archives
from wherry.engine.concurrency.operations import Operations
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.images.layering import Layering
from wherry.engine.images.unpacking import Unpacker
from wherry.engine.transfer import Transfer
from wherry.kernel.time import SystemClock
from wherry.model.image import Platform
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.registry import CERTS_DIR, InsecurePolicy, Registry, Web
from wherry.store.layers.changesets import Layers
from wherry.store.store import Store

AMD64 = Platform(os="linux", architecture="amd64")
tar = archive


def file(name: str, data: bytes = b"", **fields: Any) -> Member:
    return member(name, data, **{"mode": 0o644, **fields})


def config_of(*layers: bytes, **members: Any) -> bytes:
    rootfs = {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]}
    history = [{"created_by": f"layer {number}"} for number, _ in enumerate(layers)]
    document = {"os": "linux", "architecture": "amd64", "created": "2024-01-01T00:00:00Z", "history": history}
    return json.dumps({**document, "rootfs": rootfs, **members}).encode()


def docker_archive(config: bytes, *layers: bytes, names: tuple[str, ...] = ("made:1",)) -> bytes:
    """As ``docker save`` wrote it for ten years: a folder a layer."""
    paths = [f"{number:064x}/layer.tar" for number, _ in enumerate(layers)]
    manifest = [{"Config": "config.json", "RepoTags": list(names) or None, "Layers": paths}]
    return tar(
        file("config.json", config),
        *(file(path, layer) for path, layer in zip(paths, layers, strict=True)),
        file("manifest.json", json.dumps(manifest).encode()),
    )


def push(archive: bytes, folder: Path, where: str, *options: str) -> str:
    """Put an image into a registry with skopeo; gives its digest there."""
    path = folder / "pushed.tar"
    path.write_bytes(archive)
    target = f"docker://{where}"
    command = ["skopeo", "copy", "-q", *options, f"docker-archive:{path}", target, "--dest-tls-verify=false"]
    subprocess.run(command, check=True, capture_output=True)
    inspect = ["skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", target]
    return subprocess.run(inspect, check=True, capture_output=True, text=True).stdout.strip()


class Real:
    """The services of images on a data root."""

    def __init__(self, store: Store, registry: Registry, web: Web) -> None:
        self.store = store
        clock, operations = SystemClock(), Operations()
        events = Events(clock)
        self.images = Images(
            records=store.records,
            content=store.content,
            snapshots=store.snapshots,
            operations=operations,
            events=events,
            clock=clock,
            containers_using=lambda _: (),
        )
        unpacker = Unpacker(images=self.images, layers=Layers(), content=store.content, snapshots=store.snapshots)
        self.layering = Layering(
            images=self.images,
            unpacker=unpacker,
            layers=Layers(),
            content=store.content,
            snapshots=store.snapshots,
        )
        self.transfer = Transfer(
            images=self.images,
            layering=self.layering,
            registry=registry,
            layers=Layers(),
            content=store.content,
            snapshots=store.snapshots,
            records=store.records,
            operations=operations,
            events=events,
            clock=clock,
            platform=AMD64,
        )
        self.archives = Archives(
            images=self.images,
            layering=self.layering,
            archives=store.archives,
            web=web,
            layers=Layers(),
            content=store.content,
            snapshots=store.snapshots,
            records=store.records,
            events=events,
            clock=clock,
            platform=AMD64,
        )

    async def pull(self, name: str, platform: Platform | None = None) -> list[Progress]:
        async with aclosing(self.transfer.pull(Reference.parse(name), platform=platform)) as progress:
            return [each async for each in progress]

    async def load(self, data: bytes, quiet: bool = False) -> list[Progress]:
        async with aclosing(self.archives.load(pieces(data), quiet=quiet)) as progress:
            return [each async for each in progress]

    async def save(self, *refs: str) -> bytes:
        async with aclosing(self.archives.save(refs)) as chunks:
            return b"".join([chunk async for chunk in chunks])

    def trees(self, ref: str) -> list[Path]:
        """Where the files of an image's layers are, the lowest first."""
        layers = self.images.layers(self.images.find(ref))
        return [self.store.snapshots.tree(layer.directory) for layer in reversed(layers)]


async def pieces(data: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@asynccontextmanager
async def opened(root: Path) -> AsyncIterator[Real]:
    registry, web = Registry(insecure=InsecurePolicy.parse(())), Web(certs_dir=CERTS_DIR, user_agent="tests")
    store = await Store.open(root)
    try:
        yield Real(store, registry, web)
    finally:
        web.close()
        registry.close()
        await store.close()
