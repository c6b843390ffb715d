"""Builds, and the cache they leave."""

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import TYPE_CHECKING

from wherry.api import parameters
from wherry.api.bodies import Answer, closing, send_messages
from wherry.api.http import Query, Request, Response, Router, empty, json_response
from wherry.api.translate import builds
from wherry.build.plan.pruning import PROPERTIES, Prune
from wherry.buildkit.offers import directory
from wherry.engine.system import System
from wherry.errors import InvalidArgument, NotSupported, WherryError
from wherry.model.build import BuildNews, DockerfileNews
from wherry.model.image import Platform, architecture
from wherry.model.progress import Progress
from wherry.plan.filters import parse_filters
from wherry.plan.timestamps import parse_timestamp

if TYPE_CHECKING:
    from wherry.api.translate.builds import Told
    from wherry.build.client import Client
    from wherry.build.plan.request import BuildRequest
    from wherry.build.service import Builds

Source = AsyncIterable[bytes] | str | None

_CLASSIC, _BUILDKIT = "1", "2"
_TIMES = {"until", "unused-for"}
_IGNORED = {"label", "label!"}  # of system prune, which asks all its prunes alike; cached steps have none
_IDS_SINCE = (1, 30)
_REMEMBERED = 1000  # pieces of news of a quiet build, for the case that it fails


class BuildRoutes:
    def __init__(self, builds: "Builds", system: System) -> None:
        self._builds = builds
        self._system = system

    def register(self, router: Router) -> None:
        router.add("POST", "/build", self.build)
        router.add("POST", "/build/offered", self.build_offered)
        router.add("POST", "/build/prune", self.prune)
        router.add("POST", "/build/cancel", self.cancel)

    async def build(self, request: Request) -> None:
        _check_version(request.query.get("version") or _CLASSIC)
        asked = builds.build_request(parameters.known(request, "platform", (1, 32)), self._host)
        await self._answer(request, asked, request.query.get("remote") or request.body, None, Answer(request))

    async def build_offered(self, request: Request) -> None:
        """See wire/build.py."""
        query = request.query
        asked = builds.build_request(parameters.known(request, "platform", (1, 32)), self._host)
        answer = Answer(request)

        async def ask(files: Sequence[int]) -> None:
            await answer.write(builds.wanted(files))

        client = await directory.offered_directory(
            request.body, query.get("wherry.directory", ""), asked.dockerfile, ask
        )
        await self._answer(request, asked, None, client, answer)

    async def _answer(
        self, request: Request, asked: "BuildRequest", source: Source, client: "Client | None", answer: Answer
    ) -> None:
        news = self._builds.build(
            asked,
            source,
            client=client,
            credentials=builds.registry_credentials(request.headers.get("x-registry-config")),
            live=request.query.flag("wherry.progress"),
        )
        told = _silenced(_told(news)) if asked.quiet else _told(news)
        shown = told if request.api_version >= _IDS_SINCE else _without_ids(told)
        await send_messages(answer, shown, builds.news_message)

    async def cancel(self, request: Request) -> Response:
        """Builds here have no IDs: whoever wants one to end leaves it."""
        if not request.query.get("id"):
            raise InvalidArgument("build ID not provided")
        return empty(200)

    async def prune(self, request: Request) -> Response:
        query = request.query
        try:
            filters = dict(parse_filters(query.get("filters", ""), PROPERTIES | _TIMES | _IGNORED))
            for key in _IGNORED:
                filters.pop(key, None)
            until = (*filters.pop("until", ()), *filters.pop("unused-for", ()))
            now, offset = self._system.now(), parameters.utc_offset()
            bounds = [parse_timestamp(text, now, offset) for text in until]
        except InvalidArgument as error:
            raise InvalidArgument(f"failed to prune build cache: {error}") from None
        keep = _kept(query)
        asked = Prune(all=query.flag("all"), keep=keep, unused_since=min(bounds, default=0), filters=filters)
        keys, reclaimed = await self._builds.prune(asked)
        return json_response(builds.pruned(keys, reclaimed))

    @property
    def _host(self) -> Platform:
        return Platform(os="linux", architecture=architecture(self._system.facts.architecture))


def _kept(query: Query) -> int:
    """Bytes of the cache that a prune leaves."""
    try:
        return query.integer("keep-storage")
    except InvalidArgument as error:
        text = f"keep-storage is in bytes and expects an integer, got {query['keep-storage']}: {error}"
        raise InvalidArgument(text) from None


def _check_version(version: str) -> None:
    if version == _BUILDKIT:
        raise NotSupported("BuildKit is spoken by POST /grpc only: build with buildx, or with DOCKER_BUILDKIT=0")
    if version != _CLASSIC:
        raise InvalidArgument(f'invalid version "{version}"')


async def _told(news: AsyncIterator[BuildNews]) -> AsyncIterator["Told"]:
    """Without the Dockerfile, which the client has."""
    async with closing(news):
        async for piece in news:
            if not isinstance(piece, DockerfileNews):
                yield piece


async def _without_ids(news: AsyncIterator["Told"]) -> AsyncIterator["Told"]:
    async with closing(news):
        async for piece in news:
            if not isinstance(piece, Progress) or not piece.aux:
                yield piece


async def _silenced(news: AsyncIterator["Told"]) -> AsyncIterator["Told"]:
    """The ID alone; of a build that fails, what it told at last."""
    told: deque[Told] = deque(maxlen=_REMEMBERED)
    image_id = ""
    try:
        async with closing(news):
            async for piece in news:
                told.append(piece)
                if isinstance(piece, Progress) and "ID" in piece.aux:
                    image_id = str(piece.aux["ID"])
    except WherryError:
        for piece in told:
            yield piece
        raise
    yield Progress(stream=f"{image_id}\n")
