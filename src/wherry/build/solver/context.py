"""The build context: files that a client sends, or that a URL leads to; and the Dockerfile in it."""

import asyncio
import re
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path

from msgspec import Struct

from wherry.build.client import CONTEXT, DOCKERFILE, IGNORE_FILE, Client
from wherry.build.plan.following import Paths
from wherry.build.plan.origins import relative
from wherry.build.plan.request import BuildRequest
from wherry.build.solver.mirroring import Mirroring
from wherry.build.solver.offered import read_texts
from wherry.build.solver.repositories import Repositories
from wherry.build.solver.workspace import Folder, Workspace
from wherry.engine.ports import BuildFiles, Web
from wherry.errors import InternalError, InvalidArgument, WherryError
from wherry.model.build import Selection
from wherry.model.download import Download

_GIT_URL = re.compile(r"(?:git://|git@|ssh://|github\.com/|https?://.*\.git(?:[#?]|$))")
_WEB_URL = re.compile(r"https?://")
_TEXT = re.compile(r"text/plain\b")
_DOCKERFILE = "Dockerfile"
_LOCAL = "local:"


class Delivery:
    """Files that ``load`` brings when they are first needed: those of ``paths``, or all for None."""

    def __init__(self, load: Callable[[Paths | None], Awaitable[Folder]], paths: Paths | None = None) -> None:
        self._load = load
        self._paths = paths
        self._loading = asyncio.Lock()
        self._folder: Folder | None = None

    async def folder(self, paths: Iterable[str] = ()) -> Folder:
        """Where these are, if they are anywhere. What was not thought of has all files brought."""
        wanted = frozenset(map(relative, paths))
        async with self._loading:
            has_all = self._paths is None or wanted <= self._paths
            if not has_all:
                self._paths = None
            if self._folder is None or not has_all:
                self._folder = await self._load(self._paths)
            return self._folder


class Context(Struct, frozen=True):
    """``dockerfile`` is the text of the Dockerfile; ``load`` brings the files, as `Delivery` has it done."""

    dockerfile: str
    load: Callable[[Paths | None], Awaitable[Folder]]


class Contexts:
    def __init__(self, *, files: BuildFiles, web: Web, repositories: Repositories, mirroring: Mirroring) -> None:
        self._files = files
        self._web = web
        self._repositories = repositories
        self._mirroring = mirroring

    async def sent(self, chunks: AsyncIterable[bytes], request: BuildRequest, space: Workspace) -> Context:
        """From an archive, plain or compressed. InternalError for what is none, InvalidArgument for an empty
        Dockerfile."""
        folder = await space.folder()
        try:
            await self._files.unpack(chunks, folder)
        except InvalidArgument as error:
            raise InternalError(str(error)) from error  # as dockerd does
        dockerfile = await self._dockerfile(folder, request.dockerfile)
        await self._files.leave_out(folder, (IGNORE_FILE, request.dockerfile))  # they came for the build's sake
        return _loaded(dockerfile, folder)

    async def remote(self, url: str, request: BuildRequest, space: Workspace) -> Context:
        """From a git repository, an archive or a lone Dockerfile in the web."""
        if _GIT_URL.match(url):
            folder = await self._repositories.tree(url, space)
            return _loaded(await self._dockerfile(folder, request.dockerfile), folder)
        if not _WEB_URL.match(url):
            raise InternalError(f"remoteURL ({url}) could not be recognized as URL")
        async with AsyncExitStack() as stack:
            try:
                file = await stack.enter_async_context(self._web.open(url))
            except WherryError as error:
                raise InternalError(f"error downloading remote context {url}: {error}") from error
            return await self._downloaded(file, request, space)

    async def offered(self, client: Client, request: BuildRequest, space: Workspace) -> Context:
        """From a client, which is asked for what a mirror of its directory does not have. InternalError if it has no
        Dockerfile."""
        dockerfile, patterns = await self._texts(client, request.dockerfile)
        return Context(dockerfile, lambda paths: self._mirrored(client, CONTEXT, patterns, space, paths))

    def named(self, name: str, url: str, client: Client | None, space: Workspace) -> Delivery:
        """What a client gave a name; see `BuildRequest.contexts`."""
        return Delivery(lambda _: self._given(name, url, client, space))

    async def _given(self, name: str, url: str, client: Client | None, space: Workspace) -> Folder:
        if url.startswith(_LOCAL) and client is not None:
            return await self._mirrored(client, url.removeprefix(_LOCAL), None, space)
        if _GIT_URL.match(url):
            return Folder(await self._repositories.tree(url, space))
        if not _WEB_URL.match(url):
            raise InvalidArgument(f"unsupported context source {url.partition(':')[0]} for {name}")
        folder = await space.folder()
        async with self._web.open(url) as file:
            await self._files.unpack(file.chunks, folder)
        return Folder(folder)

    async def _mirrored(
        self, client: Client, name: str, patterns: str | None, space: Workspace, paths: Paths | None = None
    ) -> Folder:
        """``paths`` of a directory that a client offers, None for all. ``patterns`` are what is left out, None for what
        a file in it says."""
        if patterns is None:
            async with client.files(name, follow=(IGNORE_FILE,)) as offer:
                patterns = (await read_texts(offer, (IGNORE_FILE,))).get(IGNORE_FILE, "")
        follow, exclude = tuple(sorted(paths or ())), self._files.ignored(patterns)
        async with client.files(name, follow=follow, exclude=exclude) as offer:
            return await space.hold(self._mirroring.mirrored(client.key(name), name, offer, space))

    async def _texts(self, client: Client, name: str) -> tuple[str, str | None]:
        """The Dockerfile, and what its context leaves out if a file beside it says that for this one alone."""
        own = f"{name}{IGNORE_FILE}"
        names = (*_spellings(name), own)
        async with client.files(DOCKERFILE, follow=names) as offer:
            texts = await read_texts(offer, names)
        found = next((texts[each] for each in _spellings(name) if each in texts), None)
        if found is None:
            raise InternalError(f"failed to read dockerfile: open {name}: no such file or directory")
        if not found:
            raise InvalidArgument("the Dockerfile cannot be empty")
        return found, texts.get(own)

    async def _downloaded(self, file: Download, request: BuildRequest, space: Workspace) -> Context:
        if not _TEXT.match(file.content_type):
            return await self.sent(file.chunks, request, space)
        alone = await space.folder()
        await self._files.receive(alone, _DOCKERFILE, file)
        text = await self._files.read_text((alone,), _DOCKERFILE)
        return _loaded(text, await space.folder())

    async def _dockerfile(self, folder: Path, name: str) -> str:
        for path in _spellings(name):
            if text := await self._files.read_text((folder,), path):
                return text
            if (await self._files.select((Selection(trees=(folder,), patterns=(path,)),))).missing is None:
                raise InvalidArgument(f"the Dockerfile ({path}) cannot be empty")
        raise InternalError(f"Cannot locate specified Dockerfile: {name}")


def _spellings(name: str) -> tuple[str, ...]:
    """Under which names the Dockerfile is looked for."""
    return (name, name.lower()) if name == _DOCKERFILE else (name,)


def _loaded(dockerfile: str, folder: Path) -> Context:
    async def load(_: Paths | None) -> Folder:
        return Folder(folder)

    return Context(dockerfile, load)
