"""A directory that a client offers in the body of its own request, and nothing else: ``POST /build/offered``, see
wire/build.py. It is the conversation of `filesync`, but that its client is asked in the answer."""

import posixpath
import stat
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from wherry.build.client import CONTEXT, DOCKERFILE, IGNORE_FILE, Offer
from wherry.buildkit.grpc.messages import Received
from wherry.buildkit.offers.filesync import Offered, told_files
from wherry.engine.ports import Wire
from wherry.errors import InvalidArgument, NotFound
from wherry.model.mirror import OfferedFile, Told
from wherry.model.registry import Credentials

Ask = Callable[[Sequence[int]], Awaitable[None]]

_NOT_HERE = "not found: only clients that build with BuildKit have any"


class DirectoryClient:
    """`build.client.Client` of it. ``key`` is the same for the same directory; ``dockerfile`` are files that are beside
    it."""

    def __init__(self, key: str, dockerfile: Mapping[str, bytes], context: Offer) -> None:
        self._key = key
        self._offers = {DOCKERFILE: _Kept(dockerfile), CONTEXT: context}

    def key(self, name: str) -> str:
        return f"{name}:{self._key}"

    @asynccontextmanager
    async def files(
        self, name: str, *, follow: tuple[str, ...] = (), exclude: tuple[str, ...] = ()
    ) -> AsyncIterator[Offer]:
        """All that the client told of, which has left out what it does not offer."""
        if name not in self._offers:
            raise NotFound("no local sources enabled")
        yield self._offers[name]

    async def credentials(self, registry: str) -> Credentials | None:
        """They came with the request."""
        return None

    async def secret(self, secret_id: str) -> bytes:
        raise NotFound(f"secret {secret_id}: {_NOT_HERE}")

    async def check_agent(self, agent_id: str) -> None:
        raise NotFound(f"SSH key {agent_id!r}: {_NOT_HERE}")

    def agent(self, agent_id: str) -> AbstractAsyncContextManager[Wire]:
        raise NotFound(f"SSH key {agent_id!r}: {_NOT_HERE}")


async def offered_directory(body: AsyncIterable[bytes], key: str, dockerfile: str, ask: Ask) -> DirectoryClient:
    """Reads what a client tells first. ``dockerfile`` is the name of that, ``ask`` asks for files. InvalidArgument."""
    pieces = aiter(body)
    messages = Received(lambda: anext(pieces, b""))
    text = await messages.receive()
    if not text:
        raise InvalidArgument(f"the Dockerfile ({dockerfile}) cannot be empty")
    beside = {dockerfile: text, f"{dockerfile}{IGNORE_FILE}": b""}  # what is left out is not told of
    return DirectoryClient(key, beside, Offered(messages, await told_files(messages), ask))


class _Kept:
    """Small files that are here."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = tuple(contents.values())
        paths = [posixpath.normpath(name).lstrip("/").encode() for name in contents]
        self.told = Told(paths, lambda number: OfferedFile(path=paths[number], mode=stat.S_IFREG))

    async def contents(self, wanted: Sequence[int]) -> AsyncGenerator[tuple[int, bytes], None]:
        for number in wanted:
            yield number, self._contents[number]
            yield number, b""

    def packets(self, wanted: Sequence[int]) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError("these are read")
