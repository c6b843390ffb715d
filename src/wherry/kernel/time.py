"""Time and chance: the two things that no plan may know by itself."""

import asyncio
import os
import random
import time
from collections.abc import Iterable

from wherry.model.names import ADJECTIVES, SURNAMES

_SHORT = 12


class SystemClock:
    def now(self) -> int:
        """Nanoseconds since the epoch."""
        return time.time_ns()

    def monotonic(self) -> int:
        """Nanoseconds since some moment, whoever sets the clock meanwhile."""
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SystemChance:
    def new_id(self) -> str:
        """64 hexadecimal digits. The first 12 are never all decimal: a short id must not read as a number."""
        while (identifier := os.urandom(32).hex())[:_SHORT].isdecimal():
            pass
        return identifier

    def new_name(self, attempt: int) -> str:
        """Such as ``calm_noether``; from attempt 1 on with a number behind, so that a free one is found."""
        chance = random.SystemRandom()
        name = f"{chance.choice(ADJECTIVES)}_{chance.choice(SURNAMES)}"
        return f"{name}{chance.randrange(10**attempt)}" if attempt else name

    def shuffled(self, items: Iterable[str]) -> list[str]:
        mixed = list(items)
        random.shuffle(mixed)
        return mixed
