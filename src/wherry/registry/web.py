"""Files of the web, by their URL: over the same transport as registries, without their protocol."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from email.utils import parsedate_to_datetime

from wherry.errors import Forbidden, InternalError, InvalidArgument, NotFound, Unauthorized, WherryError
from wherry.model.download import Download
from wherry.registry.blobs import read_ahead
from wherry.registry.connection import Request
from wherry.registry.dial import Timeouts
from wherry.registry.reasons import ConnectionFailed
from wherry.registry.transport import Answer, Transport

REFUSALS: dict[int, type[WherryError]] = {400: InvalidArgument, 401: Unauthorized, 403: Forbidden, 404: NotFound}


class Web:
    """Asks nothing but GET, and follows redirects."""

    def __init__(self, *, certs_dir: str, user_agent: str, timeouts: Timeouts | None = None) -> None:
        self._transport = Transport(certs_dir=certs_dir, timeouts=timeouts or Timeouts(), user_agent=user_agent)

    def close(self) -> None:
        """End all connections. What is still read breaks off."""
        self._transport.close()

    @asynccontextmanager
    async def open(self, url: str) -> AsyncIterator[Download]:
        """A file, whose bytes come while the block runs.

        Raises InternalError if no answer comes, or a shorter one than the server said; the error of a status of 400
        and above in the words of Docker.
        """
        try:
            answer = await self._transport.send(Request(method="GET", url=url))
        except ConnectionFailed as error:
            raise InternalError(f'Get "{url}": {error.reason}') from error
        try:
            if answer.status >= 400:
                raise await _refusal(url, answer)
            async with aclosing(_whole(answer)) as chunks:
                yield Download(
                    size=answer.length, content_type=answer.content_type, modified=_modified(answer), chunks=chunks
                )
        finally:
            answer.close()


async def _whole(answer: Answer) -> AsyncGenerator[bytes, None]:
    received = 0
    try:
        async with aclosing(read_ahead(answer)) as chunks:
            async for chunk in chunks:
                received += len(chunk)
                yield chunk
    except ConnectionFailed as error:
        raise InternalError(error.reason) from error
    if received < answer.length:
        raise InternalError("unexpected EOF")


def _modified(answer: Answer) -> int:
    try:
        return int(parsedate_to_datetime(answer.headers.get("Last-Modified", "")).timestamp()) * 1_000_000_000
    except ValueError:
        return 0


async def _refusal(url: str, answer: Answer) -> WherryError:
    text = f"failed to GET {url} with status {answer.status} {answer.reason}"
    try:
        body = await answer.finish()
    except ConnectionFailed:
        return InternalError(f"{text}: error reading body")
    return REFUSALS.get(answer.status, InternalError)(f"{text}: {body.decode(errors='replace').strip()}")
