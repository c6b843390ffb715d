"""The build context: files that a client sends, or that a URL leads to; and the Dockerfile in it."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

from msgspec import Struct

from wherry.build.request import BuildRequest
from wherry.build.solver.repositories import Repositories
from wherry.build.solver.workspace import Workspace
from wherry.engine.ports import BuildFiles, Web
from wherry.errors import InternalError, InvalidArgument, WherryError
from wherry.model.build import Selection
from wherry.model.download import Download

_GIT_URL = re.compile(r"(?:git://|git@|ssh://|github\.com/|https?://.*\.git(?:[#?]|$))")
_WEB_URL = re.compile(r"https?://")
_TEXT = re.compile(r"text/plain\b")
_DOCKERFILE = "Dockerfile"
_IGNORE_FILE = ".dockerignore"


class Context(Struct, frozen=True, kw_only=True):
    """``dockerfile`` is the text of the Dockerfile."""

    folder: Path
    dockerfile: str


class Contexts:
    def __init__(self, *, files: BuildFiles, web: Web, repositories: Repositories) -> None:
        self._files = files
        self._web = web
        self._repositories = repositories

    async def sent(self, chunks: AsyncIterator[bytes], request: BuildRequest, space: Workspace) -> Context:
        """From an archive, plain or compressed. InternalError for what is none, InvalidArgument for an empty
        Dockerfile."""
        folder = await space.folder()
        try:
            await self._files.unpack(chunks, folder)
        except InvalidArgument as error:
            raise InternalError(str(error)) from error  # as dockerd does
        dockerfile = await self._dockerfile(folder, request.dockerfile)
        await self._files.leave_out(folder, (_IGNORE_FILE, request.dockerfile))  # they came for the build's sake
        return Context(folder=folder, dockerfile=dockerfile)

    async def remote(self, url: str, request: BuildRequest, space: Workspace) -> Context:
        """From a git repository, an archive or a lone Dockerfile in the web."""
        if _GIT_URL.match(url):
            folder = await self._repositories.tree(url, space)
            return Context(folder=folder, dockerfile=await self._dockerfile(folder, request.dockerfile))
        if not _WEB_URL.match(url):
            raise InternalError(f"remoteURL ({url}) could not be recognized as URL")
        async with AsyncExitStack() as stack:
            try:
                file = await stack.enter_async_context(self._web.open(url))
            except WherryError as error:
                raise InternalError(f"error downloading remote context {url}: {error}") from error
            return await self._downloaded(file, request, space)

    async def _downloaded(self, file: Download, request: BuildRequest, space: Workspace) -> Context:
        if not _TEXT.match(file.content_type):
            return await self.sent(file.chunks, request, space)
        alone = await space.folder()
        await self._files.receive(alone, _DOCKERFILE, file)
        text = await self._files.read_text((alone,), _DOCKERFILE)
        return Context(folder=await space.folder(), dockerfile=text)

    async def _dockerfile(self, folder: Path, name: str) -> str:
        for path in (name, name.lower()) if name == _DOCKERFILE else (name,):
            if text := await self._files.read_text((folder,), path):
                return text
            if (await self._files.select((Selection(trees=(folder,), patterns=(path,)),))).missing is None:
                raise InvalidArgument(f"the Dockerfile ({path}) cannot be empty")
        raise InternalError(f"Cannot locate specified Dockerfile: {name}")
