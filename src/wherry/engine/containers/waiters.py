"""Who waits for a container to end or to be gone."""

import asyncio
from collections import defaultdict

from wherry.errors import InvalidArgument
from wherry.model.launch import Exit

CONDITIONS = ("not-running", "next-exit", "removed")


class Waiters:
    """Futures by container: told once, then forgotten."""

    def __init__(self) -> None:
        self._exits: defaultdict[str, list[asyncio.Future[Exit]]] = defaultdict(list)
        self._removals: defaultdict[str, list[asyncio.Future[Exit]]] = defaultdict(list)

    def subscribe(self, container_id: str, condition: str) -> "asyncio.Future[Exit]":
        """A future for the next exit, or for the removal. InvalidArgument for an unknown condition."""
        if condition not in CONDITIONS:
            raise InvalidArgument(f'invalid condition: "{condition}"')
        waiting = self._removals if condition == "removed" else self._exits
        future: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        waiting[container_id].append(future)
        return future

    def exited(self, container_id: str, how: Exit) -> None:
        _tell(self._exits.pop(container_id, []), how)

    def removed(self, container_id: str, how: Exit) -> None:
        _tell(self._exits.pop(container_id, []), how)
        _tell(self._removals.pop(container_id, []), how)


def _tell(futures: "list[asyncio.Future[Exit]]", how: Exit) -> None:
    for future in futures:
        if not future.done():
            future.set_result(how)
