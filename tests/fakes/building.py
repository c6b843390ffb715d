"""What builds do with files, in memory; and a whole building service."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

from msgspec.structs import replace

from tests.fakes.host import FakeHost, FakeRuntime
from tests.fakes.images import AMD64
from tests.fakes.registry import FakeRegistry, digest_of
from tests.fakes.store import ROOT
from tests.fakes.world import Outside, World
from wherry.build.client import Client
from wherry.build.plan.request import BuildRequest
from wherry.build.sweeping import sweep_folders, sweep_steps
from wherry.engine.ports import Wire
from wherry.model.build import BuildNews, Placement, Selected, Selection
from wherry.model.download import Download
from wherry.model.image import Applied
from wherry.model.mirror import Changes, KnownFile
from wherry.model.remapping import Owner
from wherry.wiring.builds import make_builds
from wherry.wiring.config import EngineConfig
from wherry.wiring.images import make_transfer


class FakeBuildFiles:
    """A context is the text of its Dockerfile, and has a file of every name but ``missing``. A layer is told by what
    was copied into it."""

    def __init__(self) -> None:
        self.folders: dict[Path, str] = {}
        self._begun = 0

    def bindable(self, path: Path) -> Path:
        return path

    async def begin(self) -> Path:
        self._begun += 1
        folder = ROOT / f"builds/{self._begun}"
        self.folders[folder] = ""
        return folder

    async def remove(self, folder: Path) -> None:
        self.folders.pop(folder, None)

    async def unpack(self, chunks: AsyncIterator[bytes], into: Path) -> None:
        self.folders[into] = b"".join([chunk async for chunk in chunks]).decode()

    def ignored(self, text: str) -> tuple[str, ...]:
        return tuple(text.split())

    async def leave_out(self, context: Path, names: tuple[str, ...]) -> None:
        assert context in self.folders

    async def select(self, selections: tuple[Selection, ...]) -> Selected:
        patterns = [pattern for selection in selections for pattern in selection.patterns]
        if "missing" in patterns:
            return Selected(count=len(patterns), missing="missing")
        return Selected(count=len(patterns), digest=f"file:{digest_of(str(patterns).encode())[7:]}")

    async def place(self, placement: Placement, into: Path, lowers: tuple[Path, ...]) -> Applied:
        return _applied(f"{[selection.patterns for selection in placement.selections]} in {placement.destination}")

    async def make_directory(self, path: str, into: Path, lowers: tuple[Path, ...]) -> Applied:
        return _applied(f"directory {path}")

    async def squash(self, layers: tuple[Path, ...], into: Path, lowers: tuple[Path, ...]) -> Applied:
        return _applied(f"{len(layers)} layers")

    async def write(self, folder: Path, name: str, content: str, mode: int) -> None:
        assert folder in self.folders

    async def receive(self, folder: Path, name: str, file: Download) -> str:
        return digest_of(b"".join([chunk async for chunk in file.chunks]))

    async def clear_stubs(self, upper: Path, lowers: tuple[Path, ...], targets: tuple[str, ...]) -> None:
        pass

    async def identify(self, upper: Path) -> Applied:
        return _applied(f"changes in {upper}")

    async def read_text(self, trees: tuple[Path, ...], path: str) -> str:
        return self.folders.get(trees[0], "") if path == "Dockerfile" else ""


def _applied(text: str) -> Applied:
    return Applied(diff_id=digest_of(text.encode()), size=len(text), entries=1)


class FakeCacheFolders:
    """``host`` are the paths that exist on the host."""

    def __init__(self, host: set[str]) -> None:
        self._host = host
        self.dressed: dict[str, tuple[int, tuple[int, int]]] = {}
        self.made: set[str] = set()

    def bindable(self, name: str) -> Path:
        return ROOT / "buildcache" / name

    async def create(self, name: str) -> Path:
        self.made.add(name)
        self._host.add(str(self.bindable(name)))
        return self.bindable(name)

    async def dress(self, name: str, mode: int, owner: tuple[int, int]) -> None:
        self.dressed[name] = mode, owner

    async def remove(self, name: str) -> None:
        self.made.discard(name)

    async def size(self, name: str) -> int:
        return 7 if name in self.made else 0

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.made))


class FakeMirrors:
    def __init__(self) -> None:
        self._files: dict[str, tuple[str, tuple[KnownFile, ...]]] = {}

    def tree(self, name: str) -> Path:
        return ROOT / "buildcache" / name / "tree"

    def index(self, name: str) -> Path:
        return ROOT / "buildcache" / name / "index"

    async def files(self, name: str, boot: str) -> tuple[KnownFile, ...] | None:
        written, files = self._files.get(name, ("", ()))
        return files if written == boot else None

    async def change(
        self, name: str, changes: Changes, packets: AsyncGenerator[bytes, None], space: Path, boot: str
    ) -> None:
        await packets.aclose()
        self._files[name] = boot, changes.files


class FakeStepFiles:
    """``secrets`` are those that were lent; ``open`` counts the folders."""

    def __init__(self) -> None:
        self.secrets: dict[Path, tuple[bytes, int, Owner]] = {}
        self.open = 0

    @asynccontextmanager
    async def lent(self) -> AsyncIterator["FakeStepFiles"]:
        self.open += 1
        yield self
        self.open -= 1

    def secret(self, content: bytes, mode: int, owner: Owner) -> Path:
        path = ROOT / f"lent/{len(self.secrets)}"
        self.secrets[path] = content, mode, owner
        return path

    async def agent(self, connect: Callable[[], AbstractAsyncContextManager[Wire]], mode: int, owner: Owner) -> Path:
        async with connect():
            return ROOT / "lent/agent"


class ShortRuntime(FakeRuntime):
    """Commands say what they ``says`` and end by themselves, with ``code``; ``endless`` ones do not, and ``wait`` ends
    when the ``gate`` is open; ``waits`` tells that it has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.code = 0
        self.says: tuple[bytes, ...] = ()
        self.endless = False
        self.gate, self.waits = asyncio.Event(), asyncio.Event()
        self._ends: set[asyncio.Task[None]] = set()

    async def start(self, container_id: str, runtime: str) -> None:
        await super().start(container_id, runtime)
        self.joined[container_id].output.extend(self.says)
        if not self.endless:
            task = asyncio.ensure_future(self._end(container_id))
            self._ends.add(task)
            task.add_done_callback(self._ends.discard)

    async def _end(self, container_id: str) -> None:
        if "wait" in self.specs[container_id]["process"]["args"]:
            self.waits.set()
            await self.gate.wait()
        if self.says:
            await self.joined[container_id].read_to_end.wait()
        await self.end(self.launched[container_id].process.pid, self.code)


class Ground:
    """What outlives an engine that builds."""

    def __init__(self) -> None:
        self.outside = Outside()
        self.runtime = self.outside.runtime = ShortRuntime()
        self.files, self.folders = FakeBuildFiles(), FakeCacheFolders(self.outside.volumes.host)


class Site:
    """Builds in one life of an engine. Its calls go through the world's faults."""

    @classmethod
    async def open(cls, ground: Ground | None = None) -> "Site":
        ground = ground or Ground()
        site = cls(await World.open(ground.outside), ground)
        await site.sweep()
        return site

    async def sweep(self) -> None:
        records = self.world.outside.records
        await sweep_steps(records, self.world.images, FakeHost(self.world.outside.runtime))
        await sweep_folders(records, self.ground.folders)

    def __init__(self, world: World, ground: Ground) -> None:
        self.world, self.ground = world, ground
        wrap, store = world.faults.wrap, world.edges.store
        own = {
            "records": wrap("records", world.outside.records),
            "builds": wrap("builds", ground.files),
            "cache_folders": ground.folders,
            "mirrors": FakeMirrors(),
        }
        edges = replace(
            world.edges,
            store=SimpleNamespace(**{**vars(store), **own}),
            step_files=FakeStepFiles(),
            registry=FakeRegistry(),
            web=_NoWeb(),
        )
        transfer = make_transfer(EngineConfig(), edges, world.shared, world.foundation)
        self.builds = make_builds(edges, world.shared, world.foundation, world.containers, transfer)

    async def build(self, dockerfile: str, *, live: bool = False, **request: object) -> list[BuildNews]:
        """All that a build tells."""
        asked = BuildRequest(host_platform=AMD64, **request)  # type: ignore[arg-type]
        async with aclosing(self.builds.build(asked, _sent(dockerfile), live=live)) as news:
            return [item async for item in news]

    def build_offered(self, client: Client) -> AsyncGenerator[BuildNews, None]:
        """What a build of what a client offers tells, as it happens. To be closed."""
        return self.builds.build(BuildRequest(host_platform=AMD64), None, client=client, live=True)


async def _sent(dockerfile: str) -> AsyncIterator[bytes]:
    yield dockerfile.encode()


class _NoWeb:
    def open(self, url: str) -> AbstractAsyncContextManager[Download]:
        raise AssertionError(f"{url} is asked for")
