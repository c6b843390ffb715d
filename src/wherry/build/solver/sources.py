"""Where a step's files come from: the build context, another stage, an image."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from wherry.build.client import Client
from wherry.build.plan.origins import ContextSource, ImageSource, Source, StageSource
from wherry.build.solver.context import Delivery
from wherry.build.solver.made import Made
from wherry.build.solver.story import Chapter
from wherry.build.solver.workspace import Workspace

Origin = Source | None


class Trees(Struct, frozen=True):
    """Directories, top first; ``index`` knows digests of their files, if there is one."""

    paths: tuple[Path, ...]
    index: Path | None = None


class Sources(Struct, frozen=True, kw_only=True):
    """``client`` is there to be asked, if the build has one. ``space`` is for what is made of files on the way.
    ``obtain`` waits for a stage or pulls an image, telling the chapter of the stage that wants it; ``trees`` gives the
    directories of a stack of layers, top first."""

    client: Client | None
    space: Workspace
    context: Delivery
    named: Mapping[str, Delivery]
    obtain: Callable[[StageSource | ImageSource, Chapter], Awaitable[Made]]
    trees: Callable[[str], tuple[Path, ...]]

    async def of(self, origin: Origin, chapter: Chapter, paths: Iterable[str]) -> Trees:
        """What ``paths`` of an origin are looked up in."""
        if origin is None or isinstance(origin, ContextSource):
            folder = await (self.named[origin.name] if origin else self.context).folder(paths)
            return Trees((folder.path,), folder.index)
        layers = self.trees((await self.obtain(origin, chapter)).chain_id)
        return Trees(layers or (await self.space.folder(),))  # of what has no layers the root is there, and empty
