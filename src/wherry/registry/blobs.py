"""Downloading a blob: read ahead, never longer than its descriptor says, taken up again where it broke."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from wherry.errors import RegistryError
from wherry.model.image import Descriptor
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.registry.patience import Patience, Pausing
from wherry.registry.reasons import ConnectionFailed, Unreachable
from wherry.registry.session import Session, pull_ask
from wherry.registry.transport import Answer

_CHUNK = 1 << 20


class Blobs:
    def __init__(self, session: Session, patience: Patience) -> None:
        self._session, self._patience = session, patience

    async def download(
        self,
        reference: Reference,
        descriptor: Descriptor,
        credentials: Credentials | None,
        pausing: Pausing | None,
    ) -> AsyncGenerator[bytes, None]:
        received = failures = 0
        while received < descriptor.size:
            before = received
            try:
                async with aclosing(self._download_from(received, reference, descriptor, credentials)) as stream:
                    async for chunk in stream:
                        received += len(chunk)
                        yield chunk
            except Unreachable as error:
                failures = 1 if received > before else failures + 1
                await self._patience.bear(error, failures, pausing)

    async def _download_from(
        self, start: int, reference: Reference, descriptor: Descriptor, credentials: Credentials | None
    ) -> AsyncGenerator[bytes, None]:
        """What is left from byte ``start`` on. Raises Unreachable if it breaks off, RegistryError if there is more."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        ask = pull_ask(reference, f"blobs/{descriptor.digest}", headers=headers)
        async with self._session.fetch(reference, ask, credentials) as answer:
            position = _position(answer, start)
            async with aclosing(read_ahead(answer)) as chunks:
                async for chunk in chunks:
                    unseen = chunk[max(0, start - position) :]
                    position += len(chunk)
                    if position > descriptor.size:
                        raise RegistryError(
                            f"{descriptor.digest} is longer than the {descriptor.size} bytes it should be"
                        )
                    if unseen:
                        yield unseen
            if position < descriptor.size:
                raise ConnectionFailed("unexpected EOF")


def _position(answer: Answer, start: int) -> int:
    """Where in the blob the answer begins: servers may pass over a Range."""
    if answer.status != 206:
        return 0
    stated = answer.headers.get("Content-Range", "")
    if not stated.startswith(f"bytes {start}-"):
        raise RegistryError(f'asked for bytes from {start} on, got "{stated}"')
    return start


async def read_ahead(answer: Answer) -> AsyncGenerator[bytes, None]:
    """The body in chunks of 1 MiB, the next one read while the last one is used.

    Wakes the thread that reads, however the generator ends. Raises ConnectionFailed.
    """
    ahead = asyncio.ensure_future(answer.read(_CHUNK))
    try:
        while chunk := await ahead:
            ahead = asyncio.ensure_future(answer.read(_CHUNK))
            yield chunk
    finally:
        ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)
