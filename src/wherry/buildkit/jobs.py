"""Solves under way, by the references that their clients gave them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from wherry.buildkit.arrivals import Arrivals
from wherry.buildkit.messages.gateway import ReturnRequest, SolveRequest
from wherry.buildkit.progress import Progress
from wherry.buildkit.status import CallFailed, Code

_PATIENCE: Final = 3.0
"""Seconds that a call waits for the solve that it belongs to, which may come a little later."""
_KEPT: Final = 10.0
"""Seconds that a solve which has ended still tells how it went."""

_MOST_ASKED: Final = 64


class Job:
    """One solve, for the client of a ``session``. ``returned`` is what that says when it has all that it wanted."""

    def __init__(self, ref: str, session: str, progress: Progress) -> None:
        self.ref = ref
        self.session = session
        self.progress = progress
        self._asked: dict[str, SolveRequest] = {}
        self.returned: asyncio.Future[ReturnRequest] = asyncio.get_running_loop().create_future()

    def add(self, request: SolveRequest) -> str:
        """The name of what it will come to. CallFailed for more than one client can want."""
        if len(self._asked) == _MOST_ASKED:
            raise CallFailed(Code.RESOURCE_EXHAUSTED, "too many results of one build")
        name = f"result-{len(self._asked)}"
        self._asked[name] = request
        return name

    def request(self, name: str) -> SolveRequest:
        """What a result is of. CallFailed."""
        if name not in self._asked:
            raise CallFailed(Code.UNKNOWN, f"unknown reference {name}")
        return self._asked[name]


class Jobs:
    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._jobs: Arrivals[Job] = Arrivals(_PATIENCE)

    @contextmanager
    def open(self, ref: str, session: str) -> Iterator[Job]:
        """A new one, which goes on while the block runs. CallFailed if there is one already."""
        if ref in self._jobs:
            raise CallFailed(Code.UNKNOWN, f"job ID {ref} exists")
        job = Job(ref, session, Progress(ref, self._now))
        self._jobs.add(ref, job)
        try:
            yield job
        finally:
            job.progress.end()
            job.returned.cancel()
            asyncio.get_running_loop().call_later(_KEPT, self._jobs.discard, ref, job)

    async def find(self, ref: str) -> Job:
        """Waits a little for one that is not there yet. CallFailed."""
        try:
            return await self._jobs.find(ref)
        except TimeoutError:
            raise CallFailed(Code.NOT_FOUND, f"no such job {ref}") from None
