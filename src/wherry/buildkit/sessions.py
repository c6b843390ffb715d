"""The sessions that are open, by their IDs."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final

from wherry.buildkit.grpc.client import Call, ask, begin
from wherry.buildkit.http2 import Connection
from wherry.buildkit.session import Metadata, Session
from wherry.buildkit.status import CallFailed, Code

SESSION_METHOD: Final = "x-docker-expose-session-grpc-method"
"""The header that names a method; there are several of it."""
_PATIENCE: Final = 5.0
"""Seconds that a build waits for the session of its client: the two come on different connections."""


class ClientSession:
    """A `Session` over a connection."""

    def __init__(self, headers: Mapping[str, str], methods: frozenset[str], connection: Connection) -> None:
        self.id = headers.get("x-docker-expose-session-uuid", "")
        self.name = headers.get("x-docker-expose-session-name", "")
        self.shared_key = headers.get("x-docker-expose-session-sharedkey", "")
        self.methods = methods
        self.connection = connection

    async def call(self, path: str, request: bytes) -> bytes:
        return await ask(self.connection, path, request)

    def stream(self, path: str, metadata: Metadata) -> AbstractAsyncContextManager[Call]:
        return begin(self.connection, path, metadata)


class Sessions:
    def __init__(self) -> None:
        self._open: dict[str, ClientSession] = {}
        self._changed = asyncio.Event()

    def connect(self, headers: Mapping[str, str], methods: Iterable[str]) -> Connection:
        """The protocol for a connection on which we call a client, which says in ``headers`` who it is and which
        ``methods`` it answers: a session as long as it lasts."""
        connection = Connection(on_lost=lambda: self._remove(session))
        session = ClientSession(headers, frozenset(methods), connection)
        self._open[session.id] = session
        self._changed.set()
        return connection

    async def find(self, session_id: str) -> Session:
        """Waits a little for one that is not there yet. CallFailed."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while (session := self._open.get(session_id)) is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            text = f"no active session for {session_id}: context deadline exceeded"
            raise CallFailed(Code.DEADLINE_EXCEEDED, text) from None
        return session

    def _remove(self, session: ClientSession) -> None:
        if self._open.get(session.id) is session:
            del self._open[session.id]

    def close(self) -> None:
        for session in tuple(self._open.values()):
            session.connection.close()
