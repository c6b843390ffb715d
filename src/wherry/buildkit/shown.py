"""A client's files as a build asks for them, shown among what the build does."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from wherry.build.client import CONTEXT, DOCKERFILE, IGNORE_FILE, Offer
from wherry.buildkit.offers.offering import SessionClient
from wherry.buildkit.progress import Part, Progress
from wherry.buildkit.session import Session


class ShownClient(SessionClient):
    """``filename`` is the Dockerfile's."""

    def __init__(self, session: Session, filename: str, progress: Progress) -> None:
        super().__init__(session)
        self._filename = filename
        self._progress = progress

    @asynccontextmanager
    async def files(
        self, name: str, *, follow: tuple[str, ...] = (), exclude: tuple[str, ...] = ()
    ) -> AsyncIterator[Offer]:
        with self._progress.doing(self._title(name, follow)) as activity:
            part = activity.part(f"transferring {name}:")
            async with super().files(name, follow=follow, exclude=exclude) as offer:
                yield _ShownOffer(offer, part)
            part.end()

    def _title(self, name: str, follow: tuple[str, ...]) -> str:
        if name == DOCKERFILE:
            return f"[internal] load build definition from {self._filename}"
        is_ignore_file = follow == (IGNORE_FILE,)
        if name == CONTEXT:
            return f"[internal] load {IGNORE_FILE if is_ignore_file else 'build context'}"
        return f"[context {name}] load {IGNORE_FILE if is_ignore_file else 'from client'}"


class _ShownOffer:
    def __init__(self, offer: Offer, part: Part) -> None:
        self.told = offer.told
        self._offer = offer
        self._part = part

    async def contents(self, wanted: Sequence[int]) -> AsyncGenerator[tuple[int, bytes], None]:
        size = self._size_told
        async with aclosing(self._offer.contents(wanted)) as contents:
            async for number, piece in contents:
                size += len(piece)
                self._part.go_on(size)
                yield number, piece

    async def packets(self, wanted: Sequence[int]) -> AsyncGenerator[bytes, None]:
        size = self._size_told
        async with aclosing(self._offer.packets(wanted)) as packets:
            async for data in packets:
                size += len(data)
                self._part.go_on(size)
                yield data

    @property
    def _size_told(self) -> int:
        return sum(map(len, self.told.tokens))
