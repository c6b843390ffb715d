"""Requests with authorization, at the first endpoint of a repository that gives an answer."""

import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager

from msgspec import Struct
from msgspec.structs import replace

from wherry.errors import AccessRefused, RegistryError, Unauthorized, WherryError
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.registry.answers import Refusal, pause_asked, pull_error, push_error, refusal
from wherry.registry.auth import Authorizer
from wherry.registry.challenges import Challenge, parse_challenges
from wherry.registry.connection import Request
from wherry.registry.dial import Origin
from wherry.registry.endpoints import Endpoint, Endpoints
from wherry.registry.reasons import ConnectionFailed, NoCredentials, NotAuthorized, NotGranted, Unreachable
from wherry.registry.transport import Answer, Transport

_log = logging.getLogger(__name__)

Body = Callable[[], AsyncGenerator[bytes, None]]


class Ask(Struct, frozen=True, kw_only=True):
    """A request for ``path`` under ``/v2/``, or for the URL ``location`` that a registry gave.

    ``scopes`` are what the token server is asked to permit, () for nothing but to log in. A ``stream`` begins a body
    anew at each call; its Content-Length is among the headers.
    """

    method: str = "GET"
    path: str = ""
    location: str = ""
    scopes: tuple[str, ...] = ()
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    stream: Body | None = None


def pull_ask(reference: Reference, path: str, headers: Mapping[str, str] | None = None) -> Ask:
    """A request for ``path`` of the reference's repository."""
    return Ask(
        method="GET",
        path=f"{reference.path}/{path}",
        scopes=(f"repository:{reference.path}:pull",),
        headers=headers or {},
    )


def push_scopes(reference: Reference) -> tuple[str, ...]:
    """What a token must permit to push to the reference's repository."""
    return (f"repository:{reference.path}:pull,push",)


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
                _log.warning("registry mirror %s: %s", mirror.url, error)
        endpoint = await self._endpoints.of(reference.domain)
        return endpoint, await self._expect(reference, endpoint, ask, credentials)

    async def _expect(
        self, reference: Reference, endpoint: Endpoint, ask: Ask, credentials: Credentials | None
    ) -> Answer:
        answer = await self.send(endpoint, ask, credentials)
        if 200 <= answer.status < 300:
            return answer
        refused = _refusal(answer, await answer.finish())
        if refused.passes:
            raise Unreachable(ask.method, _url(endpoint, ask), str(refused), refused.pause)
        raise pull_error(refused, reference)

    async def push(self, reference: Reference, ask: Ask, credentials: Credentials | None) -> Answer:
        """The registry's own success; its body is read. Raises Unreachable, Unauthorized, RegistryError, their texts
        without the request: they are about the whole push."""
        endpoint = await self._endpoints.of(reference.domain)
        try:
            answer = await self.send(endpoint, ask, credentials)
            body = await answer.finish()
        except NotAuthorized as error:
            raise AccessRefused(error.reason) from error
        except NotGranted as error:
            raise RegistryError(error.reason) from error
        except ConnectionFailed as error:
            raise Unreachable(ask.method, _url(endpoint, ask), error.reason) from error
        if 200 <= answer.status < 300:
            return answer
        refused = _refusal(answer, body)
        if refused.passes:
            raise Unreachable(ask.method, _url(endpoint, ask), str(refused), refused.pause)
        raise push_error(refused)

    async def url(self, reference: Reference, ask: Ask) -> str:
        """Where ``ask`` goes at the registry itself."""
        return _url(await self._endpoints.of(reference.domain), ask)

    async def send(self, endpoint: Endpoint, ask: Ask, credentials: Credentials | None) -> Answer:
        """Whatever the endpoint answers, once the credentials have done what they can.

        Raises Unreachable, and Unauthorized or RegistryError when no authorization can be had.
        """
        url = _url(endpoint, ask)
        authorization = await self._authorize_first(endpoint, ask, url, credentials)
        answer = await self._try(endpoint, ask, authorization)
        asked = _challenges(answer)
        if answer.status != 401 or not asked:
            return answer
        await answer.finish()
        if _ways(asked) != _ways(endpoint.challenges):
            self._endpoints.forget(endpoint)
        again = await self._authorize(asked, ask, url, credentials, fresh=True)
        if again == authorization:
            return answer
        return await self._try(endpoint, ask, again)

    async def identity_token(self, endpoint: Endpoint, ask: Ask, credentials: Credentials) -> str:
        """What may be kept in the place of the password, "" for nothing; told as a failure of ``ask``."""
        with _told_of(ask, _url(endpoint, ask)):
            return await self._authorizer.identity_token(endpoint.challenges, credentials)

    async def _authorize_first(
        self, endpoint: Endpoint, ask: Ask, url: str, credentials: Credentials | None
    ) -> str | None:
        """What the endpoint wanted when it was found. Without credentials for that, ask it what it wants now."""
        try:
            return await self._authorize(endpoint.challenges, ask, url, credentials)
        except (NotAuthorized, RegistryError) as error:
            self._endpoints.forget(endpoint)  # it may have another token server by now, or none
            if not isinstance(error.__cause__, NoCredentials):
                raise
            return None

    async def _authorize(
        self,
        challenges: tuple[Challenge, ...],
        ask: Ask,
        url: str,
        credentials: Credentials | None,
        fresh: bool = False,
    ) -> str | None:
        with _told_of(ask, url):
            return await self._authorizer.authorize(challenges, ask.scopes, credentials, fresh)

    async def _try(self, endpoint: Endpoint, ask: Ask, authorization: str | None) -> Answer:
        request = _request(endpoint, ask, authorization)
        try:
            if ask.stream is None:
                return await self._transport.send(request)
            async with aclosing(ask.stream()) as chunks:
                return await self._transport.upload(request, chunks)
        except ConnectionFailed as error:
            self._endpoints.forget(endpoint)
            raise Unreachable(ask.method, request.url, error.reason) from error


@contextmanager
def _told_of(ask: Ask, url: str) -> Iterator[None]:
    """Failures to be authorized name the request that is not made for lack of it."""
    try:
        yield
    except Unauthorized as error:
        raise NotAuthorized(ask.method, url, str(error)) from error
    except RegistryError as error:
        raise NotGranted(ask.method, url, str(error)) from error
    except ConnectionFailed as error:
        raise Unreachable(ask.method, url, error.reason) from error


def _ways(challenges: tuple[Challenge, ...]) -> set[tuple[str, str, str]]:
    """How one can be authorized, whatever for."""
    return {(challenge.scheme, challenge.realm, challenge.service) for challenge in challenges}


def _challenges(answer: Answer) -> tuple[Challenge, ...]:
    return parse_challenges(answer.headers.get_all("WWW-Authenticate", []))


def _refusal(answer: Answer, body: bytes) -> Refusal:
    refused = refusal(answer.status, answer.reason, answer.content_type, body, _challenges(answer))
    return replace(refused, pause=pause_asked(answer.headers.get("Retry-After", "")))


def _request(endpoint: Endpoint, ask: Ask, authorization: str | None) -> Request:
    """What is asked of another host goes there without authorization, and only to one with a good certificate."""
    url = _url(endpoint, ask)
    is_home = Origin.of(url, True).is_host_of(Origin.of(endpoint.url, True))
    headers = {**ask.headers, "Authorization": authorization} if authorization and is_home else ask.headers
    return Request(method=ask.method, url=url, headers=headers, body=ask.body, verify=endpoint.verify or not is_home)


def _url(endpoint: Endpoint, ask: Ask) -> str:
    return ask.location or f"{endpoint.url}/v2/{ask.path}"
