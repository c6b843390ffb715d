"""Sessions that a runtime waits to begin: their command has been named, and is likely to be started at once.

A client that has made a session needs a millisecond to ask for its start. So long does a runtime take to be loaded and
to read the container's configuration.
"""

import asyncio
from contextlib import ExitStack

from msgspec import Struct

from wherry.kernel import identity
from wherry.model.process import ProcessId
from wherry.runtime.sessions import PipedSession

_PATIENCE = 0.5  # seconds
_AT_MOST = 16  # each is a process


class _Waiting(Struct):
    """``init`` is a pidfd of the container's first process, which ``closing`` closes."""

    session: PipedSession
    init: int
    closing: ExitStack
    patience: asyncio.TimerHandle


class Expected:
    """Sessions by their ids. Who is not taken in time is given up; who is left when the engine dies ends by itself, for
    want of its document."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}

    @property
    def full(self) -> bool:
        return len(self._waiting) >= _AT_MOST

    def add(self, session_id: str, session: PipedSession, init: ProcessId) -> None:
        """``init`` is the container's first process."""
        with ExitStack() as closing:
            fd = closing.enter_context(identity.opened(init))
            patience = asyncio.get_running_loop().call_later(_PATIENCE, self._give_up, session_id)
            self._waiting[session_id] = _Waiting(session, -1 if fd is None else fd, closing.pop_all(), patience)

    async def take(self, session_id: str, *, wanted: bool) -> PipedSession | None:
        """The session, if there is one and it is ``wanted``; not if the process has ended that its runtime knows as the
        container's."""
        waiting = self._waiting.pop(session_id, None)
        if waiting is None:
            if ending := self._ending.get(session_id):
                await asyncio.wait((ending,))  # the next of this id needs its folder
            return None
        with waiting.closing:
            waiting.patience.cancel()
            if wanted and waiting.init >= 0 and not identity.ended(waiting.init):
                return waiting.session
        waiting.session.close()
        await waiting.session.given_up()
        return None

    def close(self) -> None:
        """Give all up."""
        for session_id in tuple(self._waiting):
            self._give_up(session_id)

    def _give_up(self, session_id: str) -> None:
        waiting = self._waiting.pop(session_id)
        waiting.patience.cancel()
        waiting.closing.close()
        waiting.session.close()
        ending = asyncio.get_running_loop().create_task(waiting.session.given_up())
        self._ending[session_id] = ending
        ending.add_done_callback(lambda _: self._ending.pop(session_id))
