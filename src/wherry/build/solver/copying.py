"""COPY and ADD: what is to be copied is found and told by its content first; then, if need be, copied into a layer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from wherry.build.plan.actions import CopyFiles
from wherry.build.plan.copying import check_count
from wherry.build.solver.downloads import Downloads
from wherry.build.solver.made import Made
from wherry.build.solver.repositories import Repositories
from wherry.build.solver.sources import Sources
from wherry.build.solver.story import Chapter
from wherry.engine.images.layering import Layering
from wherry.engine.ports import BuildFiles
from wherry.errors import InvalidArgument, SourceMissing
from wherry.model.build import Placement, Selected, Selection
from wherry.model.image import Layer
from wherry.plan.containers.users import copy_owner

_FILE_MODE = 0o644


class Found(Struct, frozen=True, kw_only=True):
    """The sources of one COPY or ADD. ``digest`` tells what they hold."""

    selections: tuple[Selection, ...]
    digest: str


class Copier:
    def __init__(
        self, *, files: BuildFiles, layering: Layering, downloads: Downloads, repositories: Repositories
    ) -> None:
        self._files = files
        self._layering = layering
        self._downloads = downloads
        self._repositories = repositories

    async def find(self, action: CopyFiles, verb: str, sources: Sources, chapter: Chapter) -> Found:
        """InvalidArgument in Docker's words for sources that are not there."""
        selections = []
        if action.sources:
            selections.append(await self._selection(action, sources, chapter))
        if action.files:
            selections.append(await self._inline(action, sources))
        for url in action.urls:
            selections.append(await self._downloads.selection(url, action, sources.space))
        for repository in action.repositories:
            tree = await self._repositories.tree(repository, sources.space, keep_git_dir=action.keep_git_dir)
            selections.append(Selection(trees=(tree,), patterns=(".",), exclude=action.exclude))
        try:
            selected = await self._files.select(tuple(selections))
        except InvalidArgument as error:
            raise InvalidArgument(f"{verb} failed: {error}") from error
        _check(action, verb, selected)
        return Found(selections=tuple(selections), digest=selected.digest)

    @asynccontextmanager
    async def layer(self, action: CopyFiles, found: Found, below: Made) -> AsyncIterator[Layer | None]:
        """The layer with the copies, held while the block runs."""
        placement = Placement(
            selections=found.selections,
            destination=action.destination,
            owner=None if _keeps_owners(action) else await self._owner(action.chown, below),
            chmod=action.chmod,
        )
        try:
            async with self._layering.filled(
                lambda into, lowers: self._files.place(placement, into, lowers), below.chain_id
            ) as layer:
                yield layer
        except InvalidArgument as error:
            raise InvalidArgument(f"failed to copy files: {error}") from error

    async def _selection(self, action: CopyFiles, sources: Sources, chapter: Chapter) -> Selection:
        trees = await sources.of(action.origin, chapter, action.sources)
        return Selection(
            trees=trees.paths,
            patterns=action.sources,
            unpack=action.unpack is not False,
            exclude=action.exclude,
            parents=action.parents,
            owners=_keeps_owners(action),
            index=trees.index,
        )

    async def _inline(self, action: CopyFiles, sources: Sources) -> Selection:
        """Files of the Dockerfile itself."""
        folder = await sources.space.folder()
        for file in action.files:
            await self._files.write(folder, file.name, file.content, _FILE_MODE)
        return Selection(trees=(folder,), patterns=tuple(file.name for file in action.files))

    async def _owner(self, chown: str, below: Made) -> tuple[int, int]:
        if not chown:
            return 0, 0
        trees = self._layering.trees(below.chain_id)
        passwd = await self._files.read_text(trees, "/etc/passwd")
        group = await self._files.read_text(trees, "/etc/group")
        return copy_owner(chown, passwd, group)


def _keeps_owners(action: CopyFiles) -> bool:
    return action.origin is not None and not action.chown


def _check(action: CopyFiles, verb: str, selected: Selected) -> None:
    if selected.missing is not None:
        raise SourceMissing(verb, selected.missing.lstrip("/"), sent=action.origin is None)
    check_count(verb, selected.count, action.destination)
