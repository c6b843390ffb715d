"""Requests with authorization, at the first endpoint of a repository that gives an answer."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from msgspec import Struct

from wherry.errors import RegistryError, Unauthorized, WherryError
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.registry.answers import pull_error, refusal
from wherry.registry.auth import Authorizer
from wherry.registry.challenges import Challenge, parse_challenges
from wherry.registry.endpoints import Endpoint, Endpoints
from wherry.registry.reasons import ConnectionFailed, Unreachable
from wherry.registry.transport import Answer, Request, Transport

log = logging.getLogger(__name__)


class Ask(Struct, frozen=True, kw_only=True):
    """A request under ``/v2/``. ``scope`` is what the token server is asked to permit, "" for nothing but to log in."""

    method: str = "GET"
    path: str
    scope: str = ""
    headers: Mapping[str, str] = {}


def pull_ask(reference: Reference, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Ask:
    """A request for ``path`` of the reference's repository."""
    return Ask(
        method=method,
        path=f"{reference.path}/{path}",
        scope=f"repository:{reference.path}:pull",
        headers=headers or {},
    )


class Session:
    def __init__(self, transport: Transport, endpoints: Endpoints, authorizer: Authorizer) -> None:
        self._transport, self._endpoints, self._authorizer = transport, endpoints, authorizer

    @asynccontextmanager
    async def fetch(
        self, reference: Reference, ask: Ask, credentials: Credentials | None
    ) -> AsyncGenerator[Answer, None]:
        """A mirror's success, else the registry's. Inside, a broken answer raises Unreachable.

        Raises Unreachable, NoSuchManifest, NotFound, Unauthorized, RegistryError.
        """
        endpoint, answer = await self._first(reference, ask, credentials)
        try:
            yield answer
        except ConnectionFailed as error:
            raise Unreachable(ask.method, _url(endpoint, ask), error.reason) from error
        finally:
            answer.close()

    async def _first(self, reference: Reference, ask: Ask, credentials: Credentials | None) -> tuple[Endpoint, Answer]:
        for mirror in await self._endpoints.mirrors_of(reference.domain):
            try:
                # The credentials are the user's for the registry, and no business of its mirrors.
                return mirror, await self._expect(reference, mirror, ask, None)
            except WherryError as error:
                log.warning("registry mirror %s: %s", mirror.url, error)
        endpoint = await self._endpoints.of(reference.domain)
        return endpoint, await self._expect(reference, endpoint, ask, credentials)

    async def _expect(
        self, reference: Reference, endpoint: Endpoint, ask: Ask, credentials: Credentials | None
    ) -> Answer:
        answer = await self.send(endpoint, ask, credentials)
        if 200 <= answer.status < 300:
            return answer
        refused = refusal(answer.status, answer.reason, answer.content_type, await answer.finish())
        if refused.status >= 500:
            raise Unreachable(ask.method, _url(endpoint, ask), str(refused))
        raise pull_error(refused, reference)

    async def send(self, endpoint: Endpoint, ask: Ask, credentials: Credentials | None) -> Answer:
        """Whatever the endpoint answers, once the credentials have done what they can.

        Raises Unreachable, and Unauthorized or RegistryError when no authorization can be had.
        """
        url = _url(endpoint, ask)
        authorization = await self._authorize(endpoint.challenges, ask, url, credentials)
        answer = await self._try(endpoint, ask, authorization)
        asked = parse_challenges(answer.headers.get_all("WWW-Authenticate", []))
        if answer.status != 401 or not asked:
            return answer
        await answer.finish()
        again = await self._authorize(asked, ask, url, credentials, fresh=True)
        if again == authorization:
            return answer
        return await self._try(endpoint, ask, again)

    async def _authorize(
        self,
        challenges: tuple[Challenge, ...],
        ask: Ask,
        url: str,
        credentials: Credentials | None,
        fresh: bool = False,
    ) -> str | None:
        try:
            return await self._authorizer.authorize(challenges, ask.scope, credentials, fresh)
        except Unauthorized as error:
            raise Unauthorized(f'{ask.method.capitalize()} "{url}": {error}') from error
        except RegistryError as error:
            raise RegistryError(f'{ask.method.capitalize()} "{url}": {error}') from error
        except ConnectionFailed as error:
            raise Unreachable(ask.method, url, error.reason) from error

    async def _try(self, endpoint: Endpoint, ask: Ask, authorization: str | None) -> Answer:
        headers = {**ask.headers, "Authorization": authorization} if authorization else ask.headers
        request = Request(method=ask.method, url=_url(endpoint, ask), headers=headers, verify=endpoint.verify)
        try:
            return await self._transport.send(request)
        except ConnectionFailed as error:
            self._endpoints.forget(endpoint)
            raise Unreachable(ask.method, request.url, error.reason) from error


def _url(endpoint: Endpoint, ask: Ask) -> str:
    return f"{endpoint.url}/v2/{ask.path}"
