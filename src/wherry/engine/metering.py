"""Telling how far a stream of bytes is, and why it does not go on."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from math import ceil

from wherry.engine.ports import Clock

_PAUSE = 100_000_000  # nanoseconds between two reports


async def metered(
    chunks: AsyncGenerator[bytes, None], clock: Clock, tell: Callable[[int], None]
) -> AsyncGenerator[bytes, None]:
    """The chunks, and now and then and at the end to ``tell`` how many bytes went by. To be closed."""
    passed, told_at = 0, 0
    async with aclosing(chunks):
        async for chunk in chunks:
            passed += len(chunk)
            now = clock.now()
            if not 0 <= now - told_at < _PAUSE:  # the clock may be set back
                told_at = now
                tell(passed)
            yield chunk
        tell(passed)


def retrying(pause: float) -> str:
    """What is said before the pause of so many seconds."""
    seconds = ceil(pause)
    return f"Retrying in {seconds} second{'' if seconds == 1 else 's'}"
