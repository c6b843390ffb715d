"""Where a registry is: https or http, its mirrors, and how it wants to be asked."""

import asyncio
import logging
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from wherry.model.reference import DEFAULT_DOMAIN, HUB_HOST
from wherry.registry.challenges import Challenge, parse_challenges
from wherry.registry.connection import Request
from wherry.registry.insecure import Address, InsecurePolicy
from wherry.registry.reasons import ConnectionFailed, Unreachable
from wherry.registry.transport import Transport

_log = logging.getLogger(__name__)


class Endpoint(Struct, frozen=True, kw_only=True):
    """``url`` is what ``/v2/…`` is appended to; ``challenges`` are what ``/v2/`` answered to a stranger."""

    url: str
    verify: bool
    challenges: tuple[Challenge, ...] = ()


class Endpoints:
    """Finds endpoints by asking ``/v2/``, and remembers those that answered."""

    def __init__(self, transport: Transport, insecure: InsecurePolicy, mirrors: tuple[str, ...]) -> None:
        self._transport, self._insecure, self._mirrors = transport, insecure, mirrors
        self._known: dict[str, Endpoint] = {}

    def configure(self, insecure: InsecurePolicy, mirrors: tuple[str, ...]) -> None:
        self._insecure, self._mirrors = insecure, mirrors
        self._known.clear()

    async def of(self, domain: str) -> Endpoint:
        """The registry that ``domain`` of a reference means. Raises Unreachable."""
        return await self._find(_place(domain))

    async def find(self, domain: str) -> Endpoint:
        """As `of`, as it is now. Raises Unreachable."""
        self._known.pop(_place(domain), None)
        return await self.of(domain)

    async def mirrors_of(self, domain: str) -> tuple[Endpoint, ...]:
        """The mirrors that answer: only Docker Hub has any."""
        found = []
        for mirror in self._mirrors if domain == DEFAULT_DOMAIN else ():
            try:
                found.append(await self._find(mirror.rstrip("/")))
            except Unreachable as error:
                _log.warning("registry mirror %s: %s", mirror, error)
        return tuple(found)

    def forget(self, endpoint: Endpoint) -> None:
        """Look for it anew next time: it may have moved from http to https, or back."""
        self._known = {place: known for place, known in self._known.items() if known.url != endpoint.url}

    async def is_insecure(self, host: str) -> bool:
        """Whether ``host`` or ``host:port`` needs no verified certificate, by its name or by where its name leads."""
        if host == HUB_HOST:
            return False
        return self._insecure.covers(host, await _addresses(_hostname(host)))

    async def _find(self, place: str) -> Endpoint:
        if place not in self._known:
            self._known[place] = await self._probe(place)
        return self._known[place]

    async def _probe(self, place: str) -> Endpoint:
        """Ask ``host[:port]`` or a URL: https, and then http if the host may be spoken to like that."""
        scheme, given, rest = place.rpartition("://")
        insecure = await self.is_insecure(rest.partition("/")[0])
        schemes = (scheme,) if given else ("https", "http") if insecure else ("https",)
        *fallible, last = (Endpoint(url=f"{scheme}://{rest}", verify=not insecure) for scheme in schemes)
        for endpoint in fallible:
            try:
                return await self._ping(endpoint)
            except ConnectionFailed as error:
                _log.debug("%s: %s", endpoint.url, error)
        try:
            return await self._ping(last)
        except ConnectionFailed as error:
            raise Unreachable("GET", f"{last.url}/v2/", _advised(error, rest)) from error

    async def _ping(self, endpoint: Endpoint) -> Endpoint:
        answer = await self._transport.send(
            Request(method="GET", url=f"{endpoint.url}/v2/", verify=endpoint.verify),
        )
        await answer.finish()
        challenges = parse_challenges(answer.headers.get_all("WWW-Authenticate", []))
        return Endpoint(url=endpoint.url, verify=endpoint.verify, challenges=challenges)


def _place(domain: str) -> str:
    return HUB_HOST if domain == DEFAULT_DOMAIN else domain


def _advised(error: ConnectionFailed, host: str) -> str:
    if not error.plain_http:
        return error.reason
    return f'{error.reason} (to use it without TLS, add "{host}" to "insecure-registries" in daemon.json)'


def _hostname(host: str) -> str:
    """Without the port; "" for what is none, like ``a]``, which Go takes for a host that is not found."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


async def _addresses(host: str) -> tuple[Address, ...]:
    """The addresses of a name, none if it has none: the connection will then say why."""
    try:
        return (ip_address(host),)
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        _log.debug("looking up %s: %s", host, error)
        return ()
    return tuple(ip_address(address[4][0]) for address in found)
