"""One stage, step by step: each is looked for in the cache, and done if it is not there."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from msgspec import Struct

from wherry.build.plan.actions import Configure, CopyFiles, MakeDirectory, RunCommand
from wherry.build.plan.graph import copies_context
from wherry.build.plan.request import BuildRequest
from wherry.build.plan.stage import Step, cache_key, created_by, interpret, variables
from wherry.build.solver.cache import Cache
from wherry.build.solver.copying import Copier, Found
from wherry.build.solver.made import Made
from wherry.build.solver.mounting import Mounting
from wherry.build.solver.running import Runner
from wherry.build.solver.sources import Sources
from wherry.build.solver.telling import Teller
from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.images import Images
from wherry.engine.images.layering import Layering
from wherry.engine.ports import BuildFiles, Clock
from wherry.model.build import CacheEntry, StepState
from wherry.model.image import Image, Layer
from wherry.plan.dockerfile.instructions import Instruction
from wherry.plan.naming import short_id


class Work(Struct, frozen=True, kw_only=True):
    """What all steps of one build share. ``known`` are the images of ``--cache-from``.

    ``holding`` keeps ``chains``, stacks of layers, for the build. ``keys`` gathers the steps that it stands on;
    ``used`` are those of them that the cache had, ``done`` the others.
    """

    request: BuildRequest
    sources: Sources
    known: tuple[Image, ...]
    holding: AsyncExitStack
    chains: list[str]
    keys: list[str]
    used: list[CacheEntry]
    done: list[CacheEntry]


class _Task(Struct, frozen=True, kw_only=True):
    """A step in its place. ``found`` is what COPY copies; ``line`` is its line of the history; ``anew``: the cache does
    not count."""

    step: Step
    below: Made
    key: str
    line: str
    found: Found | None
    anew: bool


class Stages:
    """Carries out steps."""

    def __init__(
        self,
        *,
        images: Images,
        cache: Cache,
        copier: Copier,
        runner: Runner,
        mounting: Mounting,
        layering: Layering,
        files: BuildFiles,
        clock: Clock,
    ) -> None:
        self._images = images
        self._cache = cache
        self._copier = copier
        self._runner = runner
        self._mounting = mounting
        self._layering = layering
        self._files = files
        self._clock = clock
        self._noting = KeyedLocks()

    async def step(self, below: Made, instruction: Instruction, work: Work, teller: Teller) -> Made:
        """What there is after an instruction. InvalidArgument, BuildFailed, and what its parts raise."""
        if copies_context(instruction):
            await work.sources.context.folder()  # first, for it is not the step that takes this time
        await teller.begin(variables(below.state))
        try:
            task = await self._prepared(below, instruction, work, teller)
            self._cache.occupy(task.key)
            work.keys.append(task.key)
            entry = None if task.anew else await self._known(task, work)
            if entry is not None:
                await teller.say(" ---> Using cache\n")
                made = self._found(task, entry)
            else:
                made = await self._do(task, work, teller)
        except Exception:
            await teller.end(StepState.FAILED)
            raise
        await teller.say(f" ---> {short_id(made.image_id)}\n")
        await teller.end(StepState.CACHED if entry else StepState.DONE)
        return made

    async def _prepared(self, below: Made, instruction: Instruction, work: Work, teller: Teller) -> _Task:
        step = interpret(below.state, instruction)
        found, content = None, ""
        if isinstance(step.action, CopyFiles):
            verb = instruction.text.split(maxsplit=1)[0].upper()
            found = await self._copier.find(step.action, verb, work.sources, teller.chapter)
            content = found.digest
        elif isinstance(step.action, RunCommand):
            content = await self._mounting.digest(step.action, work.sources, teller.chapter)
        return _Task(
            step=step,
            below=below,
            key=cache_key(below.key, step, content),
            line=created_by(step, content),
            found=found,
            anew=work.request.ignores_cache(teller.stage_name),
        )

    async def _known(self, task: _Task, work: Work) -> CacheEntry | None:
        entry = self._cache.find(task.key, task.below)
        if entry is None and work.known:
            entry = await self._cache.adopt(task.key, task.below, task.line, work.known)
        if entry is None:
            return None
        await self._keep(entry.chain_id, work)
        if self._cache.find(task.key, task.below) != entry:  # it went away just now
            return None
        work.used.append(entry)
        return entry

    async def _do(self, task: _Task, work: Work, teller: Teller) -> Made:
        """What a step makes. Whoever did the same meanwhile was first, unless the cache does not count: nobody waits
        for others, whose client may be slow."""
        async with self._layer(task, work, teller) as layer, self._noting.hold(task.key):
            entry = None if task.anew else self._cache.find(task.key, task.below)
            if entry is None:
                if layer is not None:
                    await self._keep(layer.chain_id, work)
                entry = await self._cache.add(task.key, task.below, task.line, layer, self._clock.now())
            else:
                await self._keep(entry.chain_id, work)
            work.done.append(entry)
        return self._found(task, entry)

    def _found(self, task: _Task, entry: CacheEntry) -> Made:
        layer = self._cache.layer(entry, task.below)
        return task.below.after(task.step.state, task.key, task.line, entry.created, layer)

    async def _keep(self, chain_id: str, work: Work) -> None:
        """Layers stay for the build."""
        await work.holding.enter_async_context(self._images.hold(chain_id))
        work.chains.append(chain_id)

    def _layer(self, task: _Task, work: Work, teller: Teller) -> AbstractAsyncContextManager[Layer | None]:
        match task.step.action:
            case Configure():
                return _nothing()
            case MakeDirectory(path):
                return self._layering.filled(
                    lambda into, lowers: self._files.make_directory(path, into, lowers), task.below.chain_id
                )
            case RunCommand() as action:
                return self._run(action, task.below, work, teller)
            case CopyFiles() as action:
                assert task.found is not None
                return self._copier.layer(action, task.found, task.below)

    @asynccontextmanager
    async def _run(self, action: RunCommand, below: Made, work: Work, teller: Teller) -> AsyncIterator[Layer | None]:
        async with (
            self._mounting.mounted(action, work.sources, teller.chapter) as mounted,
            self._runner.layer(action, below, work.request, mounted, teller) as layer,
        ):
            yield layer


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield None
