"""Runtimes that wait for a session to begin: they have been loaded, and have read what the container's files say.

One is got ready when a client has named its session: it is likely to ask for the start within a millisecond. Where the
sessions of a container come one after the other, the next one's is got ready when the last has ended.
"""

import asyncio
import logging
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from wherry.errors import WherryError
from wherry.kernel import identity
from wherry.model.launch import ExecLaunch
from wherry.runtime.sessions import PipedSession

_log = logging.getLogger(__name__)

_NAMED = 0.5  # seconds for which the runtime of a session waits that a client has named
_IN_A_ROW = 3.0  # seconds in which another session makes a row; so long the next one's runtime waits
_CLIENTS_FIRST = 0.005  # seconds
_AT_MOST = 16  # each is a process


class _Waiting(Struct, frozen=True):
    """``told`` is what its runtime knows already."""

    session: PipedSession
    told: ExecLaunch
    patience: asyncio.TimerHandle


class Expected:
    """Runtimes by the id of their session, or of the container whose next session it will be. ``load`` starts one.

    Who is not taken in time is given up; who is left when the engine dies ends by itself, for want of its document.
    """

    def __init__(self, load: Callable[[ExecLaunch], PipedSession]) -> None:
        self._load = load
        self._waiting: dict[str, _Waiting] = {}
        self._begun: dict[str, float] = {}
        self._following: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def expect(self, launch: ExecLaunch) -> None:
        """Have one ready for a session that has been named. Raises what ``load`` raises."""
        session = self._taken(launch.container_id, launch)
        if session is not None or len(self._waiting) < _AT_MOST:
            self._keep(launch.exec_id, session or self._load(launch), launch, _NAMED)

    def take(self, launch: ExecLaunch) -> PipedSession | None:
        """The one for a session that begins, if there is one that can be used."""
        return self._taken(launch.exec_id, launch)

    def follow(self, launch: ExecLaunch, session: PipedSession) -> None:
        """The session has begun: if it is not the first in a row, have one ready for the next when it has ended."""
        loop, container_id = asyncio.get_running_loop(), launch.container_id
        recent = {known: begun for known, begun in self._begun.items() if loop.time() - begun < _IN_A_ROW}
        self._begun = recent | {container_id: loop.time()}
        if container_id in recent:
            self._stop_following(container_id)
            self._following[container_id] = loop.create_task(self._follow(launch, session))

    async def leave(self, container_id: str) -> None:
        """Give up those of a container that goes, and wait until they have ended."""
        self._stop_following(container_id)
        theirs = [key for key, waiting in self._waiting.items() if waiting.told.container_id == container_id]
        await asyncio.gather(*map(self._give_up, theirs))

    def close(self) -> None:
        """Give all up."""
        for container_id in tuple(self._following):
            self._stop_following(container_id)
        for key in tuple(self._waiting):
            self._give_up(key)

    async def _follow(self, launch: ExecLaunch, session: PipedSession) -> None:
        await session.ended()
        await asyncio.sleep(_CLIENTS_FIRST)
        del self._following[launch.container_id]
        if launch.container_id in self._waiting or len(self._waiting) >= _AT_MOST:
            return
        try:
            self._keep(launch.container_id, self._load(launch), launch, _IN_A_ROW)
        except WherryError as error:
            _log.debug("the next session of %s: nothing was prepared: %s", launch.container_id, error)

    def _stop_following(self, container_id: str) -> None:
        following = self._following.pop(container_id, None)
        if following is not None:
            following.cancel()

    def _keep(self, key: str, session: PipedSession, launch: ExecLaunch, seconds: float) -> None:
        patience = asyncio.get_running_loop().call_later(seconds, self._give_up, key)
        self._waiting[key] = _Waiting(session, _told(launch), patience)

    def _taken(self, key: str, launch: ExecLaunch) -> PipedSession | None:
        """One that waits no longer. None that was told something else, or for whom the container is one that ended."""
        waiting = self._waiting.get(key)
        if waiting is None:
            return None
        if waiting.told == _told(launch) and launch.init is not None and identity.alive(launch.init):
            del self._waiting[key]
            waiting.patience.cancel()
            return waiting.session
        self._give_up(key)
        return None

    def _give_up(self, key: str) -> asyncio.Task[None]:
        waiting = self._waiting.pop(key)
        waiting.patience.cancel()
        waiting.session.close()
        ending = asyncio.get_running_loop().create_task(waiting.session.given_up())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return ending


def _told(launch: ExecLaunch) -> ExecLaunch:
    """What a runtime is told before its session begins."""
    return replace(launch, exec_id="", command="")
