"""One build: its stages side by side where they do not need each other."""

import asyncio

from wherry.build.plan.graph import Graph, Stage
from wherry.build.plan.origins import ImageSource, Scratch, StageSource
from wherry.build.plan.stage import StageState, begin, triggers
from wherry.build.plan.titles import titles
from wherry.build.solver.bases import Bases, Who
from wherry.build.solver.made import Made, from_image
from wherry.build.solver.stages import Stages, Work
from wherry.build.solver.story import Chapter, Story
from wherry.build.solver.telling import Teller, in_red
from wherry.engine.concurrency.operations import together
from wherry.engine.images import Images
from wherry.engine.ports import Clock
from wherry.model.build import DockerfileNews, StepState
from wherry.model.image import ImageConfig
from wherry.model.progress import Progress
from wherry.plan.dockerfile.instructions import Instruction
from wherry.plan.naming import short_id


class Solver:
    """Of one build. ``dockerfile`` is the text of the graph, ``who`` finds credentials."""

    def __init__(
        self,
        *,
        graph: Graph,
        dockerfile: str,
        story: Story,
        stages: Stages,
        bases: Bases,
        images: Images,
        clock: Clock,
        who: Who,
    ) -> None:
        self._graph = graph
        self._dockerfile = dockerfile
        self._story = story
        self._stages = stages
        self._bases = bases
        self._images = images
        self._clock = clock
        self._who = who
        self._titles = titles(graph)
        self._made: dict[int, asyncio.Future[Made]] = {}

    async def solve(self, work: Work) -> dict[int, Made]:
        """What each stage came to, by index. The first failure ends all others."""
        await self._introduce()
        loop = asyncio.get_running_loop()
        self._made = {stage.index: loop.create_future() for stage in self._graph.stages}
        try:
            await together(*(self._carry_out(stage, work) for stage in self._graph.stages))
        finally:
            for future in self._made.values():
                future.cancel()
        return {index: future.result() for index, future in self._made.items()}

    async def _introduce(self) -> None:
        """What there is to say before the first FROM."""
        await self._story.happens(DockerfileNews(self._dockerfile, self._graph.warnings))
        first = self._graph.stages[0]
        for warning in self._graph.warnings:
            await self._story.chapter(first.index).say(in_red(f"[WARNING]: {warning}\n"))
        for number, instruction in enumerate(self._graph.preamble, 1):
            teller = self._teller(first, number, instruction)
            await teller.begin()
            await teller.end(StepState.DONE)

    async def obtain(self, source: StageSource | ImageSource, chapter: Chapter, work: Work) -> Made:
        """What an earlier stage came to, or an image as it is; its layers are kept for the build."""
        if isinstance(source, StageSource):
            return await asyncio.shield(self._made[source.index])
        image = await self._bases.obtain(source, work.request, self._who, chapter)
        await work.holding.enter_async_context(self._images.hold(image.id, image.chain_id))
        return from_image(image, StageState(config=image.config, author=image.author))

    async def _carry_out(self, stage: Stage, work: Work) -> None:
        chapter = self._story.chapter(stage.index)
        made = await self._begun(stage, work)
        for number, instruction in enumerate(stage.instructions, stage.first_step + 1):
            made = await self._stages.step(made, instruction, work, self._teller(stage, number, instruction))
        if made.image_id:
            await chapter.tell(Progress(aux={"ID": made.image_id}))
        self._made[stage.index].set_result(made)
        chapter.close()

    async def _begun(self, stage: Stage, work: Work) -> Made:
        """FROM, and the triggers of the image."""
        for index in stage.needs:
            await asyncio.shield(self._made[index])
        teller = self._teller(stage, stage.first_step, stage.source)
        await teller.begin()
        try:
            made, config = await self._base(stage, work)
            fired = triggers(config)
        except Exception:
            await teller.end(StepState.FAILED)
            raise
        if fired:
            plural = "s" if len(fired) > 1 else ""
            await teller.say(f"# Executing {len(fired)} build trigger{plural}\n")
        else:
            await teller.say(f" ---> {short_id(made.image_id)}\n")
        await teller.end(StepState.DONE)
        for instruction in fired:
            teller = self._teller(stage, stage.first_step, instruction, is_trigger=True)
            made = await self._stages.step(made, instruction, work, teller)
        return made

    async def _base(self, stage: Stage, work: Work) -> tuple[Made, ImageConfig | None]:
        request, base = work.request, stage.base
        if isinstance(base, Scratch):
            state = begin(self._graph, stage, request, None)
            return Made(state=state, platform=request.platform or request.host_platform, key=""), None
        made = await self.obtain(base, self._story.chapter(stage.index), work)
        state = begin(self._graph, stage, request, made.state)
        return made.continued(state), made.state.config

    def _teller(self, stage: Stage, index: int, instruction: Instruction, *, is_trigger: bool = False) -> Teller:
        return Teller(
            story=self._story,
            graph=self._graph,
            stage=stage,
            index=index,
            title=instruction.text if is_trigger else self._titles.get(index, ""),
            instruction=instruction,
            clock=self._clock,
            is_trigger=is_trigger,
        )
