"""Time and chance."""

from collections.abc import Iterable
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """Nanoseconds since the epoch."""
        ...

    def monotonic(self) -> int:
        """Nanoseconds since some moment, whoever sets the clock meanwhile."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Chance(Protocol):
    def new_id(self) -> str:
        """64 hexadecimal digits, whose first 12 are not all decimal (a short id must not read as a number)."""
        ...

    def new_name(self, attempt: int) -> str:
        """An adjective and a name; from attempt 1 on with a digit behind, so that tries end."""
        ...

    def shuffled(self, items: Iterable[str]) -> list[str]:
        """In an order of chance."""
        ...
