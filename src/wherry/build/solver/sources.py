"""Where a step's files come from: the build context, another stage, an image."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Struct

from wherry.build.graph import ImageSource, StageSource
from wherry.build.solver.made import Made
from wherry.build.solver.story import Chapter
from wherry.build.solver.workspace import Workspace

Origin = StageSource | ImageSource | None


class Sources(Struct, frozen=True, kw_only=True):
    """``space`` is for what is made of them on the way; ``index`` knows digests of the context's files, or is None.
    ``obtain`` waits for a stage or pulls an image, telling the chapter of the stage that wants it; ``trees`` gives the
    directories of a stack of layers, top first."""

    space: Workspace
    context: Path
    index: Path | None
    obtain: Callable[[StageSource | ImageSource, Chapter], Awaitable[Made]]
    trees: Callable[[str], tuple[Path, ...]]

    async def of(self, origin: Origin, chapter: Chapter) -> tuple[Path, ...]:
        """The directories that an origin's paths are looked up in, top first."""
        if origin is None:
            return (self.context,)
        return self.trees((await self.obtain(origin, chapter)).chain_id)
