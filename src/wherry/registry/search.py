"""Searching a registry's index: the one request that is left of Docker's first registry protocol."""

from urllib.parse import urlencode

import msgspec

from wherry.errors import RegistryError
from wherry.model.malformed import MALFORMED
from wherry.model.registry import Credentials, Found
from wherry.registry.auth import basic
from wherry.registry.connection import Request
from wherry.registry.reasons import ConnectionFailed, Unreachable
from wherry.registry.transport import Transport

INDEX_URL = "https://index.docker.io"
_MAX_ANSWER = 4 << 20


class _Result(msgspec.Struct):
    name: str | None = None
    description: str | None = None
    star_count: int | None = None
    is_official: bool | None = None

    def record(self) -> Found:
        return Found(
            name=self.name or "",
            description=self.description or "",
            stars=self.star_count or 0,
            is_official=bool(self.is_official),
        )


class _Results(msgspec.Struct):
    results: list[_Result] | None = None


async def search(
    transport: Transport, index: str, term: str, limit: int, credentials: Credentials | None
) -> tuple[Found, ...]:
    """The first ``limit`` repositories that fit. Raises RegistryError in Docker's words."""
    url = f"{index}/v1/search?{urlencode({'q': term, 'n': limit})}"
    headers = {"X-Docker-Token": "true"}
    if credentials is not None and credentials.username:
        headers["Authorization"] = basic(credentials)
    try:
        answer = await transport.send(Request(method="GET", url=url, headers=headers))
        body = await answer.body(_MAX_ANSWER)
    except ConnectionFailed as error:
        raise Unreachable("GET", url, error.reason) from error
    if answer.status != 200:
        raise RegistryError(f"Unexpected status code {answer.status}")
    try:
        return tuple(result.record() for result in msgspec.json.decode(body, type=_Results).results or ())
    except MALFORMED as error:
        raise RegistryError(f"error decoding registry search results: {error}") from error
