"""What a client of a build offers: its files, secrets, credentials, as gRPC services that the daemon calls."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

Metadata = Mapping[str, tuple[str, ...]]
"""Headers of a call by name, in lower case; a name may have several values."""


class Stream(Protocol):
    """A call under way. Its messages are encoded protobuf, without gRPC's prefix."""

    async def send(self, *messages: bytes) -> None:
        """Waits while the peer does not take them. Raises CallFailed once the peer has ended the call."""
        ...

    async def receive(self) -> bytes | None:
        """The next message; None when the peer has ended the call well. Raises CallFailed."""
        ...

    async def unread(self) -> bytes:
        """What has come of messages that follow, as gRPC frames them, waiting for the first; b"" when the peer has sent
        its last. Raises CallFailed."""
        ...

    async def end(self) -> None:
        """Say that no more will be sent."""
        ...


class Session(Protocol):
    """``POST /session``: the connection is turned around, and its client answers calls.

    ``name`` and ``shared_key`` are what it calls itself: of one working directory they stay the same from build to
    build. ``methods`` are the paths that it answers, as ``/moby.filesync.v1.FileSync/DiffCopy``.
    """

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def shared_key(self) -> str: ...

    @property
    def methods(self) -> frozenset[str]: ...

    async def call(self, path: str, request: bytes) -> bytes:
        """One message for one. Raises CallFailed, also when the client is gone."""
        ...

    def stream(self, path: str, metadata: Metadata) -> AbstractAsyncContextManager[Stream]:
        """A call of messages both ways; leaving the block before its end cancels it."""
        ...
