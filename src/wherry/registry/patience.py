"""Trying again, with longer and longer pauses."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

FIRST_PAUSE = 0.5
MAX_PAUSE = 10.0


class Patience(Struct, frozen=True, kw_only=True):
    """``attempts`` is how often to try what brings no progress; ``sleep`` takes seconds."""

    attempts: int
    sleep: Callable[[float], Awaitable[None]]

    async def bear(self, error: Exception, failures: int) -> None:
        """Pause after this many failures in a row, the last of which was ``error``; raises it if they are enough."""
        if failures >= self.attempts:
            raise error
        await self.sleep(min(FIRST_PAUSE * 2 ** (failures - 1), MAX_PAUSE))
