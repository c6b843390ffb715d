"""Who waits for a container to end or to be gone."""

import asyncio
from collections import defaultdict
from typing import TypeAlias

from wherry.errors import InvalidArgument
from wherry.model.launch import Exit

CONDITIONS = ("not-running", "next-exit", "removed")

_Futures: TypeAlias = "set[asyncio.Future[Exit]]"


class Waiters:
    """Futures by container: told once, then forgotten."""

    def __init__(self) -> None:
        self._exits: defaultdict[str, _Futures] = defaultdict(set)
        self._removals: defaultdict[str, _Futures] = defaultdict(set)

    def subscribe(self, container_id: str, condition: str) -> "asyncio.Future[Exit]":
        """A future for the next exit, or for the removal. InvalidArgument for an unknown condition."""
        if condition not in CONDITIONS:
            raise InvalidArgument(f'invalid condition: "{condition}"')
        waiting = self._removals if condition == "removed" else self._exits
        future: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        waiting[container_id].add(future)
        future.add_done_callback(lambda _: _forget(waiting, container_id, future))
        return future

    def exited(self, container_id: str, how: Exit) -> None:
        _tell(self._exits.pop(container_id, set()), how)

    def removed(self, container_id: str, how: Exit) -> None:
        self.exited(container_id, how)
        _tell(self._removals.pop(container_id, set()), how)


def _tell(futures: _Futures, how: Exit) -> None:
    for future in futures:
        if not future.done():
            future.set_result(how)


def _forget(waiting: defaultdict[str, _Futures], container_id: str, future: "asyncio.Future[Exit]") -> None:
    """One that was told, or gave up."""
    futures = waiting.get(container_id)
    if futures is not None:
        futures.discard(future)
        if not futures:
            del waiting[container_id]
