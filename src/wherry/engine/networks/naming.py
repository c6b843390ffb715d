"""The name service of networks: containers are found by their names, all else by asking other servers.

A container has it while it is in a network of users. What it answers is derived from the leases, so that there is
nothing to keep up to date.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from msgspec import Struct

from wherry.engine.networks.leases import Leases
from wherry.engine.ports import Chance, NameServers
from wherry.model.container import NO_SETTINGS, Container, ContainerDefaults
from wherry.model.network import Endpoint, NameServer
from wherry.plan.names import answering as names
from wherry.plan.names import message, resolv_conf
from wherry.plan.names.message import Code, Kind, Query

_PATIENCE = 4.0  # seconds for each server, as Docker's
_ASKING_AT_ONCE = 256  # of a container; each takes a socket
_ALL_ASKING_AT_ONCE = 2048


class _Client(Struct, frozen=True, kw_only=True):
    """A container that asks, and what its start said about it."""

    container_id: str
    sandbox: str
    servers: tuple[NameServer, ...]
    searches_first: bool


class Naming:
    def __init__(
        self,
        *,
        leases: Leases,
        name_servers: NameServers,
        chance: Chance,
        host_resolv_conf: Callable[[], str],
        defaults: ContainerDefaults = NO_SETTINGS,
    ) -> None:
        self._leases = leases
        self._name_servers = name_servers
        self._chance = chance
        self._host_resolv_conf = host_resolv_conf
        self._defaults = defaults
        self._served: set[str] = set()
        self._asking: dict[str, int] = {}

    async def follow(self, container: Container, endpoints: tuple[Endpoint, ...], sandbox: str) -> None:
        """A container that is in networks with names, and has no name service yet, gets one."""
        if sandbox in self._served or not any(endpoint.names for endpoint in endpoints):
            return
        spec, host_text = resolv_conf.resolving(container.spec, self._defaults), self._host_resolv_conf()
        client = _Client(
            container_id=container.id,
            sandbox=sandbox,
            servers=resolv_conf.upstreams(spec, host_text),
            searches_first=resolv_conf.searches_first(spec, host_text),
        )
        await self._name_servers.serve(sandbox, partial(self._respond, client))
        self._served.add(sandbox)

    async def stop(self, sandbox: str) -> None:
        """Idempotent."""
        if sandbox in self._served:
            self._served.discard(sandbox)
            await self._name_servers.stop(sandbox)

    def _respond(self, client: _Client, packet: bytes, streamed: bool) -> bytes | Awaitable[bytes | None] | None:
        query = message.read(packet, streamed=streamed)
        if query is None:
            return None
        if query.problem:
            return message.answer(query, code=query.problem)
        ends = self._leases.of(client.container_id)
        data = self._known(ends, query)
        if data is not None:
            return message.answer(query, data)
        return self._unknown(client, ends, query, packet, streamed)

    def _known(self, ends: tuple[Endpoint, ...], query: Query) -> tuple[bytes, ...] | None:
        """What the networks know: nothing for other kinds of records of a name that is known; None if it is not."""
        if query.kind == Kind.PTR:
            name = names.name_at(self._leases, ends, query.name)
            data = message.name_data(name) if name else None
            return (data,) if data else None
        found = names.called(self._leases, ends, query.name)
        if not found:
            return None
        addresses = self._chance.shuffled(names.addresses(found, query.kind))
        return tuple(message.address_data(address) for address in addresses)

    def _unknown(
        self, client: _Client, ends: tuple[Endpoint, ...], query: Query, packet: bytes, streamed: bool
    ) -> bytes | Awaitable[bytes | None]:
        """Ask others; not for a name that the container itself will ask for again with a search domain behind it, and
        not for a container that has no way out."""
        if client.searches_first and query.kind in (Kind.A, Kind.AAAA) and "." not in query.name:
            return message.answer(query)
        asking = self._asking.get(client.sandbox, 0)
        may_ask = asking < _ASKING_AT_ONCE and sum(self._asking.values()) < _ALL_ASKING_AT_ONCE
        if not may_ask or not any(end.ipv4_gateway or end.ipv6_gateway for end in ends):
            return message.answer(query, code=Code.SERVER_FAILURE)
        return self._ask(client, query, packet, streamed)

    async def _ask(self, client: _Client, query: Query, packet: bytes, streamed: bool) -> bytes:
        self._asking[client.sandbox] = self._asking.get(client.sandbox, 0) + 1
        try:
            for server in client.servers:
                answer = await self._name_servers.exchange(
                    client.sandbox,
                    server,
                    packet,
                    streamed=streamed,
                    accepts=partial(message.is_answer_to, query=query),
                    seconds=_PATIENCE,
                )
                if answer is not None and message.settles(answer):
                    return answer
        finally:
            self._asking[client.sandbox] -= 1
            if not self._asking[client.sandbox]:
                del self._asking[client.sandbox]
        return message.answer(query, code=Code.SERVER_FAILURE)
