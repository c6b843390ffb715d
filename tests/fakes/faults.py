"""A fault walk: every call that leaves a service for the world can be counted, failed, or cancelled."""

import asyncio
import inspect
from typing import Any


class Fault(Exception):
    """What a port raises when the walk says so."""


class Faults:
    """Counts the calls of all ports it wraps; at call number ``at`` something goes wrong, before or after the act."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.at: int | None = None
        self.after = False
        self.kind: type[BaseException] = Fault

    def wrap(self, name: str, port: Any) -> Any:
        """``port``, whose async methods may fail."""
        return _Wrapped(name, port, self)

    def arm(self, at: int, kind: type[BaseException], *, after: bool) -> None:
        self.calls.clear()
        self.at, self.kind, self.after = at, kind, after

    def disarm(self) -> None:
        self.at = None

    def reached(self, name: str) -> bool:
        self.calls.append(name)
        return self.at == len(self.calls) - 1

    def strike(self) -> None:
        if self.kind is asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        else:
            raise self.kind("the walk failed this call")


class _Wrapped:
    def __init__(self, name: str, port: Any, faults: Faults) -> None:
        self._name, self._port, self._faults = name, port, faults

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._port, attribute)
        if not inspect.iscoroutinefunction(value):
            return value

        async def call(*arguments: Any, **options: Any) -> Any:
            hit = self._faults.reached(f"{self._name}.{attribute}")
            if hit and not self._faults.after:
                self._faults.strike()
            result = await value(*arguments, **options)
            if hit and self._faults.after:
                self._faults.strike()
            return result

        return call
