"""What a RUN sees besides its stage's files: ``--mount``, and a script of a heredoc."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256

from msgspec import Struct

from wherry.build.plan.actions import (
    SCRIPTS,
    BindMount,
    CacheMount,
    InlineFile,
    RunCommand,
    RunMount,
    SecretMount,
    TmpfsMount,
)
from wherry.build.plan.origins import relative
from wherry.build.solver.cache_mounts import CacheMounts
from wherry.build.solver.lending import Lending
from wherry.build.solver.sources import Sources
from wherry.build.solver.story import Chapter
from wherry.engine.ports import BuildFiles
from wherry.errors import InvalidArgument
from wherry.model.build import Placement, Selection
from wherry.model.mount import MountKind, MountSpec


class Mounted(Struct, frozen=True, kw_only=True):
    """``targets`` are the places in the root that need something to be mounted onto: it is no part of the layer."""

    mounts: tuple[MountSpec, ...] = ()
    tmpfs: dict[str, str] = {}

    @property
    def targets(self) -> tuple[str, ...]:
        return (*(mount.target for mount in self.mounts), *self.tmpfs)


class Mounting:
    def __init__(self, *, files: BuildFiles, cache_mounts: CacheMounts, lending: Lending) -> None:
        self._files = files
        self._cache_mounts = cache_mounts
        self._lending = lending

    async def digest(self, action: RunCommand, sources: Sources, chapter: Chapter) -> str:
        """Of all that is bound, "" for nothing. InvalidArgument if something is not there."""
        found = []
        for mount in _binds(action.mounts):
            selected = await self._files.select((await self._selection(mount, sources, chapter),))
            if selected.missing is not None:
                raise InvalidArgument(f'failed to compute cache key: "{mount.path}": not found')
            found.append(selected.digest)
        return sha256(",".join(found).encode()).hexdigest() if found else ""

    @asynccontextmanager
    async def mounted(self, action: RunCommand, sources: Sources, chapter: Chapter) -> AsyncIterator[Mounted]:
        """Everything is there while the block runs."""
        mounts: list[MountSpec] = []
        tmpfs: dict[str, str] = {}
        async with (
            self._cached(action.mounts, sources, chapter) as directories,
            self._lending.lent(action.mounts, sources.client) as lent,
        ):
            for loan, path in lent:
                mounts.append(_mount(loan.target, str(path), read_only=isinstance(loan, SecretMount)))
            for mount in action.mounts:
                if isinstance(mount, TmpfsMount):
                    tmpfs[mount.target] = f"size={mount.size}" if mount.size else ""
                elif isinstance(mount, CacheMount):
                    mounts.append(_mount(mount.target, directories[mount.id], read_only=mount.read_only))
                elif isinstance(mount, BindMount):
                    mounts.append(await self._bind(mount, sources, chapter))
            if action.script is not None:
                mounts.append(await self._script(action.script, sources))
            yield Mounted(mounts=tuple(mounts), tmpfs=tmpfs)

    @asynccontextmanager
    async def _cached(
        self, mounts: Iterable[RunMount], sources: Sources, chapter: Chapter
    ) -> AsyncIterator[dict[str, str]]:
        """The directories that outlive the build, by their IDs: each once, and in the same order for all who lock."""
        wanted = {mount.id: mount for mount in mounts if isinstance(mount, CacheMount)}
        found = {}
        async with AsyncExitStack() as stack:
            for name, mount in sorted(wanted.items()):
                origin = None
                if mount.origin is not None:
                    trees = await sources.of(mount.origin, chapter, (mount.path,))
                    origin = Selection(trees=trees.paths, patterns=(mount.path,))
                held = self._cache_mounts.held(mount, origin, chapter)
                found[name] = str(await stack.enter_async_context(held))
            yield found

    async def _script(self, script: InlineFile, sources: Sources) -> MountSpec:
        folder = await sources.space.folder()
        await self._files.write(folder, script.name, script.content, 0o755)
        return _mount(f"{SCRIPTS}/{script.name}", str(self._files.bindable(folder / script.name)), read_only=True)

    async def _bind(self, mount: BindMount, sources: Sources, chapter: Chapter) -> MountSpec:
        """A copy, for a path of a context or a layer may lead anywhere on the host; of links where nobody writes."""
        selection = await self._selection(mount, sources, chapter)
        into = await sources.space.folder()
        placement = Placement(selections=(selection,), destination="/bound", owner=None, link=mount.read_only)
        await self._files.place(placement, into, ())
        return _mount(mount.target, str(self._files.bindable(into / "bound")), read_only=mount.read_only)

    async def _selection(self, mount: BindMount, sources: Sources, chapter: Chapter) -> Selection:
        trees = await sources.of(mount.origin, chapter, (mount.path,))
        return Selection(trees=trees.paths, patterns=(relative(mount.path),), owners=True, index=trees.index)


def _binds(mounts: Iterable[RunMount]) -> tuple[BindMount, ...]:
    return tuple(mount for mount in mounts if isinstance(mount, BindMount))


def _mount(target: str, source: str, *, read_only: bool) -> MountSpec:
    return MountSpec(kind=MountKind.BIND, target=target, source=source, read_only=read_only)
