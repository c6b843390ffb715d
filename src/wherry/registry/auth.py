"""The Authorization header of a request: Basic, or a bearer token fetched from the registry's token server.

Sources: distribution's "Token Authentication Specification" and "Token Authentication with OAuth2". Credentials are
used and forgotten; only tokens are kept, each until it ends, and for whoever it was given to.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from os import urandom
from urllib.parse import urlencode

import msgspec

from wherry.errors import RegistryError
from wherry.model.malformed import MALFORMED
from wherry.model.registry import Credentials
from wherry.registry.answers import error_of, refusal
from wherry.registry.challenges import Challenge
from wherry.registry.connection import Request
from wherry.registry.reasons import NoCredentials
from wherry.registry.transport import Transport
from wherry.registry.urls import split

_CLIENT_ID = "wherry"
_MIN_LIFETIME = 60.0
_USABLE_PART = 0.9
_MAX_TOKENS = 256


class _TokenAnswer(msgspec.Struct):
    token: str | None = None
    access_token: str | None = None
    refresh_token: str | None = None
    expires_in: float | None = None


class Authorizer:
    """``clock`` gives seconds that never go back; ``is_insecure`` says whether a host may hear secrets over HTTP."""

    def __init__(
        self, transport: Transport, clock: Callable[[], float], is_insecure: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._transport, self._clock, self._is_insecure = transport, clock, is_insecure
        self._tokens: dict[bytes, tuple[str, float]] = {}
        self._key = urandom(16)

    async def authorize(
        self,
        challenges: tuple[Challenge, ...],
        scopes: tuple[str, ...],
        credentials: Credentials | None,
        fresh: bool = False,
    ) -> str | None:
        """The header's value, or None where nothing is asked. ``fresh`` passes over a token that was kept.

        Raises Unauthorized, RegistryError, ConnectionFailed.
        """
        by_scheme = _by_scheme(challenges)
        if credentials is not None and credentials.registry_token:
            return f"Bearer {credentials.registry_token}"
        if "bearer" in by_scheme:
            return f"Bearer {await self._token(by_scheme['bearer'], scopes, credentials, fresh)}"
        if "basic" in by_scheme:
            if credentials is None or not credentials.username:
                raise NoCredentials("no basic auth credentials")
            return basic(credentials)
        return None

    async def identity_token(self, challenges: tuple[Challenge, ...], credentials: Credentials) -> str:
        """What may be kept in the place of a password, "" if the registry gives no such thing. Raises as above."""
        challenge = _by_scheme(challenges).get("bearer")
        if challenge is None:
            return ""
        return (await self._fetch(challenge, (), credentials, offline=True)).refresh_token or ""

    async def _token(
        self, challenge: Challenge, scopes: tuple[str, ...], credentials: Credentials | None, fresh: bool
    ) -> str:
        token, end = self._tokens.get(self._cache_key(challenge, scopes, credentials), ("", 0.0))
        if token and not fresh and self._clock() < end:
            return token
        answer = await self._fetch(challenge, scopes, credentials)
        return answer.token or answer.access_token or ""

    async def _fetch(
        self, challenge: Challenge, scopes: tuple[str, ...], credentials: Credentials | None, offline: bool = False
    ) -> _TokenAnswer:
        """Ask for a token, and keep it."""
        asked = self._clock()
        answer = await self._ask(_token_request(challenge, scopes, credentials, offline), challenge, credentials)
        token = answer.token or answer.access_token or ""
        if not token:
            raise RegistryError("authorization server did not include a token in the response")
        self._forget_old()
        end = asked + max(answer.expires_in or 0.0, _MIN_LIFETIME) * _USABLE_PART
        self._tokens[self._cache_key(challenge, scopes, credentials)] = (token, end)
        return answer

    async def _ask(self, request: Request, challenge: Challenge, credentials: Credentials | None) -> _TokenAnswer:
        host = split(request.url).netloc
        insecure = await self._is_insecure(host)
        if credentials is not None and request.url.startswith("http:") and not insecure:
            raise RegistryError(f"credentials are not sent to {challenge.realm}, since it does not use HTTPS")
        answer = await self._transport.send(msgspec.structs.replace(request, verify=not insecure))
        body = await answer.finish()
        if answer.status != 200:
            raise error_of(refusal(answer.status, answer.reason, answer.content_type, body))
        try:
            return msgspec.json.decode(body, type=_TokenAnswer)
        except MALFORMED as error:
            raise RegistryError(f"unable to decode token response: {error}") from error

    def _cache_key(self, challenge: Challenge, scopes: tuple[str, ...], credentials: Credentials | None) -> bytes:
        """Tokens are of one user: the key is a keyed hash, which does not give the password away."""
        parts = (challenge.realm, challenge.service, scopes, msgspec.structs.astuple(credentials or Credentials()))
        return blake2b(msgspec.json.encode(parts), key=self._key, digest_size=16).digest()

    def _forget_old(self) -> None:
        now = self._clock()
        self._tokens = {key: kept for key, kept in self._tokens.items() if kept[1] > now}
        while len(self._tokens) >= _MAX_TOKENS:
            del self._tokens[next(iter(self._tokens))]


def _by_scheme(challenges: tuple[Challenge, ...]) -> dict[str, Challenge]:
    """The first challenge of each scheme."""
    return {challenge.scheme: challenge for challenge in reversed(challenges)}


def _token_request(
    challenge: Challenge, scopes: tuple[str, ...], credentials: Credentials | None, offline: bool
) -> Request:
    """``offline`` asks for an identity token as well."""
    scopes = scopes or ((challenge.scope,) if challenge.scope else ())
    fields = [("service", challenge.service)] if challenge.service else []
    if credentials is not None and credentials.identity_token:
        fields += [("scope", " ".join(scopes))] if scopes else []
        fields += [("client_id", _CLIENT_ID), ("grant_type", "refresh_token")]
        return Request(
            method="POST",
            url=challenge.realm,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode([*fields, ("refresh_token", credentials.identity_token)]).encode(),
        )
    headers = {}
    fields += [("scope", scope) for scope in scopes]
    if offline:
        fields += [("offline_token", "true"), ("client_id", _CLIENT_ID)]
    if credentials is not None and credentials.username:
        fields += [("account", credentials.username)]
        headers["Authorization"] = basic(credentials)
    separator = "&" if split(challenge.realm).query else "?"
    return Request(method="GET", url=f"{challenge.realm}{separator}{urlencode(fields)}", headers=headers)


def basic(credentials: Credentials) -> str:
    """The header's value that is name and password."""
    return "Basic " + b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
