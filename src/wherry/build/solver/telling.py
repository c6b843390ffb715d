"""What one step tells: its lines in the chapter of its stage, and at once how it goes."""

from collections.abc import Mapping

from msgspec.structs import replace

from wherry.build.plan.graph import Graph, Stage
from wherry.build.plan.titles import filled
from wherry.build.solver.story import Chapter, Story
from wherry.engine.ports import Clock
from wherry.model.build import OutputNews, StepNews, StepState
from wherry.plan.dockerfile.instructions import Instruction

_SECOND = 1_000_000_000


def in_red(text: str) -> str:
    """As Docker's builder shows errors among its lines."""
    return f"\x1b[91m{text}\x1b[0m"


class Teller:
    """Of step ``index`` from its start to its end; of a trigger, ``index`` is that of its FROM. ``stage_name`` is ""
    for a stage without one."""

    def __init__(
        self,
        *,
        story: Story,
        graph: Graph,
        stage: Stage,
        index: int,
        title: str,
        instruction: Instruction,
        clock: Clock,
        is_trigger: bool = False,
    ) -> None:
        self.chapter: Chapter = story.chapter(stage.index)
        self.stage_name = stage.name
        self._story = story
        self._clock = clock
        self._began = clock.now()
        position = instruction.position
        self._news = StepNews(
            index=index,
            total=graph.total,
            stage=stage.name or str(stage.index),
            text=instruction.text,
            title=title,
            state=StepState.STARTED,
            lines=None if is_trigger else (position.first, position.last),
        )

    async def begin(self, variables: Mapping[str, str] = {}) -> None:
        """The line of Docker's, but for a trigger; in the two pieces in which dockerd sends it. ``variables`` are for
        BuildKit's title."""
        news = self._news = replace(self._news, title=filled(self._news.title, variables))
        if news.lines is not None:
            await self.say(f"Step {news.index}/{news.total} : {news.text}")
            await self.say("\n")
        await self._story.happens(news)

    async def say(self, text: str) -> None:
        await self.chapter.say(text)

    async def output(self, text: str, line: str) -> None:
        """A piece of what a command wrote, and how it looks among Docker's lines."""
        await self._story.happens(OutputNews(index=self._news.index, text=text))
        await self.say(line)

    async def end(self, state: StepState) -> None:
        seconds = max(self._clock.now() - self._began, 0) / _SECOND  # the clock may be set back
        await self._story.happens(replace(self._news, state=state, seconds=seconds))
