"""A fault walk: every call that leaves a service for the world can be counted, and struck before or after its act."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from wherry.errors import InternalError

Strike = Callable[[], Awaitable[None]]


class Fault(InternalError):
    """What a port raises when the walk says so."""


async def fail() -> None:
    """The call fails."""
    raise Fault("the walk failed this call")


class Faults:
    """Counts the calls of all ports it wraps; at one of them something happens."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.died = asyncio.Event()
        self._buried = asyncio.Event()
        self._at: int | None = None
        self._after = False
        self._strike: Strike = fail

    def wrap(self, name: str, port: Any) -> Any:
        """``port``, whose async methods are counted and struck."""
        return _Wrapped(name, port, self)

    def arm(self, at: int | None, strike: Strike = fail, *, after: bool = False) -> None:
        """Count from now on; call number ``at`` is struck, before its act or ``after`` it. None: no call is."""
        self.calls.clear()
        self._at, self._strike, self._after = at, strike, after

    async def die(self) -> None:
        """Neither this call nor any later one comes back or does anything: the engine is dead."""
        self.died.set()
        await self._dead()

    def bury(self) -> None:
        """Let the tasks of a dead engine end. What they still try fails."""
        self._buried.set()

    async def reached(self, number: int, *, after: bool) -> None:
        if self.died.is_set():
            await self._dead()
        if (number, after) == (self._at, self._after):
            await self._strike()

    async def _dead(self) -> None:
        await self._buried.wait()
        raise Fault("the engine is dead")


class _Wrapped:
    def __init__(self, name: str, port: Any, faults: Faults) -> None:
        self._name, self._port, self._faults = name, port, faults

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._port, attribute)
        if not inspect.iscoroutinefunction(value):
            return value

        async def call(*arguments: Any, **options: Any) -> Any:
            number = len(self._faults.calls)
            self._faults.calls.append(f"{self._name}.{attribute}")
            await self._faults.reached(number, after=False)
            result = await value(*arguments, **options)
            await self._faults.reached(number, after=True)
            return result

        return call
