"""The sessions that are open, by their IDs."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final

from wherry.buildkit.arrivals import Arrivals
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
        self._open: Arrivals[ClientSession] = Arrivals(_PATIENCE)

    def connect(self, headers: Mapping[str, str], methods: Iterable[str]) -> Connection:
        """The protocol for a connection on which we call a client, which says in ``headers`` who it is and which
        ``methods`` it answers: a session as long as it lasts."""
        connection = Connection(on_lost=lambda: self._open.discard(session.id, session))
        session = ClientSession(headers, frozenset(methods), connection)
        self._open.add(session.id, session)
        return connection

    async def find(self, session_id: str) -> Session:
        """Waits a little for one that is not there yet. CallFailed."""
        try:
            return await self._open.find(session_id)
        except TimeoutError:
            text = f"no active session for {session_id}: context deadline exceeded"
            raise CallFailed(Code.DEADLINE_EXCEEDED, text) from None

    def close(self) -> None:
        for session in self._open.all():
            session.connection.close()
