"""The Authorization header of a request: Basic, or a bearer token fetched from the registry's token server.

Sources: distribution's "Token Authentication Specification" and "Token Authentication with OAuth2". Credentials are
used and forgotten; only tokens are kept, each until it ends, and for whoever it was given to.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from os import urandom
from urllib.parse import urlencode, urlsplit

import msgspec

from wherry.errors import RegistryError, Unauthorized
from wherry.model.registry import Credentials
from wherry.registry.answers import error_of, refusal
from wherry.registry.challenges import Challenge
from wherry.registry.transport import Request, Transport

CLIENT_ID = "wherry"
MIN_LIFETIME = 60.0
USABLE_PART = 0.9
MAX_TOKENS = 256


class _TokenAnswer(msgspec.Struct):
    token: str | None = None
    access_token: str | None = None
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
        self, challenges: tuple[Challenge, ...], scope: str, credentials: Credentials | None, fresh: bool = False
    ) -> str | None:
        """The header's value, or None where nothing is asked. ``fresh`` passes over a token that was kept.

        Raises Unauthorized, RegistryError, ConnectionFailed.
        """
        by_scheme = {challenge.scheme: challenge for challenge in reversed(challenges)}
        if credentials is not None and credentials.registry_token:
            return f"Bearer {credentials.registry_token}"
        if "bearer" in by_scheme:
            return f"Bearer {await self._token(by_scheme['bearer'], scope, credentials, fresh)}"
        if "basic" in by_scheme:
            if credentials is None or not credentials.username:
                raise Unauthorized("no basic auth credentials")
            return _basic(credentials)
        return None

    async def _token(self, challenge: Challenge, scope: str, credentials: Credentials | None, fresh: bool) -> str:
        key = self._cache_key(challenge, scope, credentials)
        token, end = self._tokens.get(key, ("", 0.0))
        if token and not fresh and self._clock() < end:
            return token
        asked = self._clock()
        answer = await self._ask(challenge, scope, credentials)
        token = answer.token or answer.access_token or ""
        if not token:
            raise RegistryError("authorization server did not include a token in the response")
        self._forget_old()
        self._tokens[key] = (token, asked + max(answer.expires_in or 0.0, MIN_LIFETIME) * USABLE_PART)
        return token

    async def _ask(self, challenge: Challenge, scope: str, credentials: Credentials | None) -> _TokenAnswer:
        request = _token_request(challenge, scope, credentials)
        host = urlsplit(request.url).netloc
        insecure = await self._is_insecure(host)
        if credentials is not None and request.url.startswith("http:") and not insecure:
            raise RegistryError(f"credentials are not sent to {challenge.realm}, since it does not use HTTPS")
        answer = await self._transport.send(msgspec.structs.replace(request, verify=not insecure))
        body = await answer.finish()
        if answer.status != 200:
            raise error_of(refusal(answer.status, answer.reason, answer.content_type, body))
        try:
            return msgspec.json.decode(body, type=_TokenAnswer)
        except msgspec.DecodeError as error:
            raise RegistryError(f"unable to decode token response: {error}") from error

    def _cache_key(self, challenge: Challenge, scope: str, credentials: Credentials | None) -> bytes:
        """Tokens are of one user: the key is a keyed hash, which does not give the password away."""
        parts = (challenge.realm, challenge.service, scope, msgspec.structs.astuple(credentials or Credentials()))
        return blake2b(msgspec.json.encode(parts), key=self._key, digest_size=16).digest()

    def _forget_old(self) -> None:
        now = self._clock()
        self._tokens = {key: kept for key, kept in self._tokens.items() if kept[1] > now}
        while len(self._tokens) >= MAX_TOKENS:
            del self._tokens[next(iter(self._tokens))]


def _token_request(challenge: Challenge, scope: str, credentials: Credentials | None) -> Request:
    fields = {"service": challenge.service} if challenge.service else {}
    if scope or challenge.scope:
        fields["scope"] = scope or challenge.scope
    if credentials is not None and credentials.identity_token:
        fields |= {"client_id": CLIENT_ID, "grant_type": "refresh_token", "refresh_token": credentials.identity_token}
        return Request(
            method="POST",
            url=challenge.realm,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(fields).encode(),
        )
    headers = {}
    if credentials is not None and credentials.username:
        fields["account"] = credentials.username
        headers["Authorization"] = _basic(credentials)
    separator = "&" if urlsplit(challenge.realm).query else "?"
    return Request(method="GET", url=f"{challenge.realm}{separator}{urlencode(fields)}", headers=headers)


def _basic(credentials: Credentials) -> str:
    return "Basic " + b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
