"""Builds: the service that the faces call."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec import Struct

from wherry.build.client import Client, Output
from wherry.build.plan.following import context_paths
from wherry.build.plan.graph import Graph, plan, uses_context
from wherry.build.plan.pruning import Prune, chosen
from wherry.build.plan.request import BuildRequest
from wherry.build.plan.stage import unconsumed
from wherry.build.solver.bases import Bases, Who
from wherry.build.solver.cache import Cache
from wherry.build.solver.context import Context, Contexts, Delivery
from wherry.build.solver.finishing import Finisher
from wherry.build.solver.kept_folders import KeptFolders
from wherry.build.solver.solving import Solver
from wherry.build.solver.sources import Sources
from wherry.build.solver.stages import Stages, Work
from wherry.build.solver.story import Story
from wherry.build.solver.workspace import Workspace, workspace
from wherry.engine.concurrency.operations import Operations, together
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.images.layering import Layering
from wherry.engine.ports import BuildFiles, Clock
from wherry.model.build import STEP, BuildNews, CacheUsage
from wherry.model.registry import Credentials
from wherry.plan.dockerfile import parse


class _Job(Struct, frozen=True, kw_only=True):
    """One build."""

    request: BuildRequest
    client: Client | None
    who: Who
    output: Output | None
    space: Workspace
    story: Story


class Builds:
    """Whoever stops listening ends a build. Whole steps stay in the cache for the next try, and nothing else."""

    def __init__(
        self,
        *,
        files: BuildFiles,
        contexts: Contexts,
        stages: Stages,
        bases: Bases,
        cache: Cache,
        kept_folders: KeptFolders,
        finisher: Finisher,
        images: Images,
        layering: Layering,
        events: Events,
        operations: Operations,
        clock: Clock,
    ) -> None:
        self._files = files
        self._contexts = contexts
        self._stages = stages
        self._bases = bases
        self._cache = cache
        self._kept_folders = kept_folders
        self._finisher = finisher
        self._images = images
        self._layering = layering
        self._events = events
        self._operations = operations
        self._clock = clock

    async def build(
        self,
        request: BuildRequest,
        source: AsyncIterable[bytes] | str | None,
        *,
        client: Client | None = None,
        credentials: Mapping[str, Credentials] = {},
        output: Output | None = None,
        live: bool = False,
    ) -> AsyncGenerator[BuildNews, None]:
        """Build from an archive, a URL or, where ``source`` is None, from what ``client`` offers, who is asked for
        secrets, agents and credentials in any case. The result is an image, or goes to ``output``. Tells how it goes;
        ``live``: of every step as it happens, too. To be closed: that ends it.

        Raises InvalidArgument for a Dockerfile that is none, InternalError for a context that is none (both before the
        first news), BuildFailed for a command that failed, and what a pull raises.
        """
        async with workspace(self._files) as space:
            context = await self._context(request, source, client, space)
            graph = plan(parse(context.dockerfile), request)
            story = Story((stage.index for stage in graph.stages), live=live)
            job = _Job(
                request=request, client=client, who=_who(credentials, client), output=output, space=space, story=story
            )
            task = asyncio.ensure_future(self._build(job, graph, context))
            task.add_done_callback(lambda _: story.end())
            try:
                while letters := await story.read():
                    for news in letters:
                        yield news
                await task
            finally:
                task.cancel()
                await asyncio.wait((task,))

    async def usage(self) -> tuple[CacheUsage, ...]:
        """All of the build cache."""
        return (*self._cache.usage(), *await self._kept_folders.usage())

    async def prune(self, asked: Prune) -> tuple[tuple[str, ...], int]:
        """Remove what is chosen of the build cache; gives the keys, and how many bytes are free now."""
        going = [usage.entry for usage in chosen(await self.usage(), asked)]
        reclaimed = await self._cache.remove(entry for entry in going if entry.kind == STEP)
        for entry in going:
            if entry.kind != STEP:
                reclaimed += await self._kept_folders.remove(entry)
        self._events.publish("builder", "prune", "", {"reclaimed": str(reclaimed)})
        return tuple(entry.key for entry in going), reclaimed

    async def _context(
        self, request: BuildRequest, source: AsyncIterable[bytes] | str | None, client: Client | None, space: Workspace
    ) -> Context:
        if isinstance(source, str):
            return await self._contexts.remote(source, request, space)
        if source is not None:
            return await self._contexts.sent(source, request, space)
        assert client is not None
        return await self._contexts.offered(client, request, space)

    async def _build(self, job: _Job, graph: Graph, context: Context) -> None:
        solver = Solver(
            graph=graph,
            dockerfile=context.dockerfile,
            story=job.story,
            stages=self._stages,
            bases=self._bases,
            images=self._images,
            clock=self._clock,
            who=job.who,
        )
        async with self._working(job, graph, context, solver) as work:
            try:
                loading = (work.sources.context.folder(),) if uses_context(graph) else ()
                *_, made = await together(*loading, solver.solve(work))
            finally:
                await self._operations.run(self._cache.settle(work.done, work.used))
            if job.output is not None:
                await job.output.take(self._files.stack(self._layering.trees(made[graph.target.index].chain_id)))
                return
            forgotten = unconsumed(job.request, tuple(stage.state for stage in made.values()))
            await self._finisher.finish(job.request, made[graph.target.index], forgotten, job.story.epilogue)

    @asynccontextmanager
    async def _working(self, job: _Job, graph: Graph, context: Context, solver: Solver) -> AsyncIterator[Work]:
        """What the steps share; the layers and steps that they stand on are kept while the block runs."""
        async with AsyncExitStack() as leaving, AsyncExitStack() as holding:
            work = Work(
                request=job.request,
                sources=Sources(
                    client=job.client,
                    space=job.space,
                    context=Delivery(context.load, context_paths(graph)),
                    named={
                        name: self._contexts.named(name, url, job.client, job.space)
                        for name, url in job.request.contexts.items()
                    },
                    obtain=lambda origin, chapter: solver.obtain(origin, chapter, work),
                    trees=self._layering.trees,
                ),
                known=self._bases.known(job.request.cache_from),
                holding=holding,
                chains=[],
                keys=[],
                used=[],
                done=[],
            )
            holding.callback(self._cache.leave, work.keys)
            leaving.push_async_callback(self._release, work.chains)
            yield work

    async def _release(self, chains: list[str]) -> None:
        """Of what a build stood on, a step that was done anew meanwhile left something that nobody has any more."""
        for chain_id in chains:
            await self._images.release(chain_id)


def _who(given: Mapping[str, Credentials], client: Client | None) -> Who:
    async def find(registry: str) -> Credentials | None:
        if registry in given or client is None:
            return given.get(registry)
        return await client.credentials(registry)

    return find
