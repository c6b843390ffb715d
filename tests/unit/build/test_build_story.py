"""What a build tells, in which order."""

import asyncio

from wherry.build.solver.story import Story
from wherry.model.build import BuildNews, OutputNews
from wherry.model.progress import Progress

BIG = "x" * 300_000


def texts(news: list[BuildNews]) -> list[str]:
    return [item.text if isinstance(item, OutputNews) else getattr(item, "stream", "") for item in news]


async def test_stages_are_told_in_the_order_of_the_file() -> None:
    story = Story((0, 2), live=False)
    await story.chapter(2).say("second")
    await story.chapter(0).say("first")
    assert texts(await story.read()) == ["first"]

    story.chapter(2).close()
    await story.epilogue.say("end")
    story.chapter(0).close()

    assert texts(await story.read()) == ["second", "end"]
    story.end()
    assert await story.read() == []


async def test_what_happens_is_told_at_once_to_who_asks() -> None:
    for live, expected in ((True, ["now"]), (False, [])):
        story = Story((0, 1), live=live)
        await story.happens(OutputNews(index=1, text="now"))
        await story.chapter(1).say("later")
        story.chapter(0).show(Progress(status="x"))
        assert [text for text in texts(await story.read()) if text] == expected


async def test_who_tells_too_much_waits_to_be_read() -> None:
    story = Story((0, 1), live=False)
    chapter = story.chapter(1)
    await chapter.say(BIG)
    waiting = asyncio.ensure_future(chapter.say("more"))
    await asyncio.sleep(0)
    assert not waiting.done()

    story.chapter(0).close()

    assert texts(await story.read()) == [BIG]
    await waiting
    assert texts(await story.read()) == ["more"]


async def test_of_a_transfer_that_nobody_reads_the_last_counts() -> None:
    story = Story((0,), live=False)
    for current in range(1000):
        for layer in ("one", "two"):
            story.chapter(0).show(Progress(id=layer, status="Downloading", current=current, total=1000))
    assert [getattr(news, "current", None) for news in await story.read()] == [999, 999]
