"""Containers: what they use."""

from wherry.api.bodies import closing, json_line
from wherry.api.http import Request, Response, Router, json_response
from wherry.api.parameters import known
from wherry.api.translate import stats
from wherry.engine.containers import Containers
from wherry.engine.system import System
from wherry.errors import InvalidArgument
from wherry.model.usage import Sample


class StatsRoutes:
    def __init__(self, containers: Containers, system: System) -> None:
        self._containers = containers
        self._system = system

    def register(self, router: Router) -> None:
        router.add("GET", "/containers/{name:path}/stats", self.stats)

    async def stats(self, request: Request) -> Response | None:
        query = known(request, "one-shot", (1, 41))
        if query.flag("stream", default=True):
            if query.flag("one-shot"):
                raise InvalidArgument("cannot have stream=true and one-shot=true")
            await self._stream(request)
            return None
        container = self._containers.find(request.params["name"])
        if query.flag("one-shot"):
            sample = await self._containers.sample(container.id)
            return json_response(stats.stats_response(sample, None, self._system.facts, None))
        before, now = await self._two(container.id)
        return json_response(stats.stats_response(now, before, self._system.facts, container))

    async def _two(self, container_id: str) -> tuple[Sample | None, Sample | None]:
        """Two samples in a row, which a rate can be told from; of what does not run, none."""
        async with closing(self._containers.samples(container_id)) as samples:
            before = await anext(samples, None)
            return before, await anext(samples, None) if before else None

    async def _stream(self, request: Request) -> None:
        container = self._containers.find(request.params["name"])
        before: Sample | None = None
        async with closing(self._containers.samples(container.id)) as samples:
            stream = await request.stream()
            async for sample in samples:
                await stream.write(json_line(stats.stats_response(sample, before, self._system.facts, container)))
                before = sample
