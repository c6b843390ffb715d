"""What comes by its name a little after it is asked for: calls that belong together come on different connections."""

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class Arrivals(Generic[T]):
    def __init__(self, patience: float) -> None:
        """``patience``: seconds that are waited for one."""
        self._patience = patience
        self._here: dict[str, T] = {}
        self._changed = asyncio.Event()

    def __contains__(self, name: str) -> bool:
        return name in self._here

    def all(self) -> tuple[T, ...]:
        return tuple(self._here.values())

    def add(self, name: str, thing: T) -> None:
        """In the place of another of that name."""
        self._here[name] = thing
        self._changed.set()

    def discard(self, name: str, thing: T) -> None:
        """Unless another has taken its place."""
        if self._here.get(name) is thing:
            del self._here[name]

    async def find(self, name: str) -> T:
        """TimeoutError for one that does not come."""
        async with asyncio.timeout(self._patience):
            while (thing := self._here.get(name)) is None:
                self._changed.clear()
                await self._changed.wait()
        return thing
