"""The sessions that are open, by their IDs."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final

from wherry.buildkit.arrivals import Arrivals
from wherry.buildkit.grpc.client import Call, ask, begin
from wherry.buildkit.http2 import Connection
from wherry.buildkit.session import Metadata, Session
from wherry.buildkit.status import CallFailed, Code
from wherry.errors import InvalidArgument

SESSION_METHOD: Final = "x-docker-expose-session-grpc-method"
"""The header that names a method; there are several of it."""
_ID: Final = "x-docker-expose-session-uuid"
_PATIENCE: Final = 5.0
"""Seconds that a build waits for the session of its client: the two come on different connections."""


class ClientSession:
    """A `Session` over a connection."""

    def __init__(self, headers: Mapping[str, str], methods: frozenset[str], connection: Connection) -> None:
        self.id = headers.get(_ID, "")
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
        ``methods`` it answers: a session as long as it lasts. InvalidArgument if there is one of its ID."""
        connection = Connection(on_lost=lambda: self._open.discard(session.id, session))
        session = ClientSession(headers, frozenset(methods), connection)
        self.require_new(headers)
        self._open.add(session.id, session)
        return connection

    def require_new(self, headers: Mapping[str, str]) -> None:
        """InvalidArgument for an ID that is taken: whoever came first goes on being asked for secrets and files."""
        if (session_id := headers.get(_ID, "")) in self._open:
            raise InvalidArgument(f"session {session_id} already exists")

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
