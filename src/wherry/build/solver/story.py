"""What a build tells its client: each stage a chapter, the chapters in the order of the Dockerfile, whichever stage is
faster; and beside them, for who wants to know, what happens when it happens.

A chapter takes only so much before it is read: a stage then waits for its client, or for the stages before it. These
never wait for a later one, but for a directory that it has locked: meanwhile chapters take more. Nothing is dropped and
nothing grows.
"""

import asyncio
from collections.abc import Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from wherry.model.build import BuildNews, DockerfileNews, OutputNews, StepNews
from wherry.model.progress import Progress

_ROOM, _MORE_ROOM = 1 << 18, 1 << 26  # characters that a chapter takes
_LINE = 64  # what a line counts besides its text


class Chapter:
    """Told by one task, read by another."""

    def __init__(self, story: "Story") -> None:
        self._story = story
        self._waiting: dict[Hashable, BuildNews] = {}
        self._size = 0
        self._has_room = asyncio.Event()
        self.closed = False

    async def tell(self, news: BuildNews) -> None:
        """Waits until there is room."""
        while self._size >= self._story.room:
            self._has_room.clear()
            await self._has_room.wait()
        self.show(news)

    def look_again(self) -> None:
        """There may be room now."""
        self._has_room.set()

    def locked_out(self) -> AbstractContextManager[None]:
        """Its stage waits for what another stage may have locked."""
        return self._story.locked_out()

    async def say(self, text: str) -> None:
        """Text for the client to print as it is."""
        await self.tell(Progress(stream=text))

    def show(self, news: BuildNews) -> None:
        """Does not wait, and is for transfers: of how far one is, the last word counts, so that nothing grows."""
        self._waiting[_key(news)] = news
        self._size += _size(news)
        self._story.changed()

    def close(self) -> None:
        self.closed = True
        self._story.changed()

    def take(self) -> list[BuildNews]:
        """All that waits."""
        news, self._waiting, self._size = [*self._waiting.values()], {}, 0
        self._has_room.set()
        return news


class Story:
    """The chapters of some stages, by index, and an epilogue."""

    def __init__(self, stages: Iterable[int], *, live: bool) -> None:
        self._live = live
        self._changes = asyncio.Event()
        self._locked_out = 0
        self._now = Chapter(self)
        self._chapters = {stage: Chapter(self) for stage in stages}
        self.epilogue = Chapter(self)

    @property
    def room(self) -> int:
        """Characters that each chapter takes at present."""
        return _MORE_ROOM if self._locked_out else _ROOM

    def changed(self) -> None:
        self._changes.set()

    @contextmanager
    def locked_out(self) -> Iterator[None]:
        """See `Chapter.locked_out`."""
        self._locked_out += 1
        for chapter in self._chapters.values():
            chapter.look_again()
        try:
            yield
        finally:
            self._locked_out -= 1

    def chapter(self, stage: int) -> Chapter:
        return self._chapters[stage]

    async def happens(self, news: DockerfileNews | StepNews | OutputNews) -> None:
        if self._live:
            await self._now.tell(news)

    def end(self) -> None:
        """Nothing more will be told."""
        for chapter in (*self._chapters.values(), self.epilogue, self._now):
            chapter.close()

    async def read(self) -> list[BuildNews]:
        """What can be told by now; [] at the end."""
        while True:
            self._changes.clear()
            news = self._now.take() + self._told()
            if news or (self._now.closed and self.epilogue.closed):
                return news
            await self._changes.wait()

    def _told(self) -> list[BuildNews]:
        """All of the chapters that are over, and what there is of the next one."""
        news: list[BuildNews] = []
        for chapter in (*self._chapters.values(), self.epilogue):
            news += chapter.take()
            if not chapter.closed:
                break
        return news


def _key(news: BuildNews) -> Hashable:
    """What takes the place of what was told before."""
    return (news.id, news.status) if isinstance(news, Progress) and news.total else object()


def _size(news: BuildNews) -> int:
    match news:
        case Progress():
            return _LINE + len(news.stream) + len(news.status)
        case StepNews():
            return _LINE + len(news.text) + len(news.title)
    return _LINE + len(news.text)
