"""The name service: what is answered at once, what others are asked, and when nobody is."""

import struct
from collections.abc import Callable

import pytest
from tests.fakes.host import FakeChance
from tests.fakes.name_servers import FakeNameServers

from wherry.engine.networks.leases import Leases
from wherry.engine.networks.naming import Naming
from wherry.model.container import Container, ContainerSpec, HostSpec
from wherry.model.network import Endpoint, NameServer

BOX = "/netns/box"
TXT = 16


class World:
    def __init__(self, *, gateway: str = "10.1.0.1", **host: object) -> None:
        self.servers = FakeNameServers()
        self.leases = Leases()
        self.naming = Naming(
            leases=self.leases,
            name_servers=self.servers,
            chance=FakeChance(),
            host_resolv_conf=lambda: "nameserver 9.9.9.1\nnameserver 9.9.9.2\n",
        )
        spec = ContainerSpec(image="i", host=HostSpec(**host))  # type: ignore[arg-type]
        self.box = Container(id="box", name="box", image_id="", chain_id="", created=0, spec=spec)
        self.end = endpoint("box", "10.1.0.2", gateway)
        self.leases.take("box", (self.end,))
        self.leases.take("web", (endpoint("web", "10.1.0.3", gateway),))

    async def ask(self, name: str, kind: int = 1) -> tuple[int, int]:
        """Code and number of records of what the container is answered."""
        await self.naming.follow(self.box, (self.end,), BOX)
        answer = await self.servers.ask(BOX, query(name, kind))
        assert answer is not None
        _id, flags, _questions, records, _authorities, _additional = struct.unpack_from(">6H", answer)
        return flags & 0xF, records

    @property
    def asked(self) -> list[str]:
        return [server.address for _path, server in self.servers.asked]


def endpoint(name: str, ipv4: str, gateway: str) -> Endpoint:
    return Endpoint(
        id=name, network_id="n", network="mine", container_id=name, ipv4=ipv4, ipv4_gateway=gateway, names=(name,)
    )


def query(name: str, kind: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def replies(code: int) -> Callable[[bytes], bytes]:
    return lambda message: message[:2] + struct.pack(">H", 0x8180 | code) + message[4:]


async def test_who_is_known_is_found_without_asking() -> None:
    world = World()
    assert await world.ask("web") == (0, 1)
    assert await world.ask("WEB.mine") == (0, 1)
    assert await world.ask("web", TXT) == (0, 0)
    assert world.asked == []


async def test_who_has_left_is_not_found() -> None:
    world = World()
    world.servers.answers["9.9.9.1"] = replies(3)
    world.leases.free("web")
    assert await world.ask("web") == (3, 0)


@pytest.mark.parametrize(("first", "asked"), [(0, 1), (3, 1), (2, 2), (5, 2), (None, 2)])
async def test_servers_are_asked_in_turn_until_one_knows(first: int | None, asked: int) -> None:
    world = World()
    if first is not None:
        world.servers.answers["9.9.9.1"] = replies(first)
    world.servers.answers["9.9.9.2"] = replies(0)
    code, _records = await world.ask("example.org")
    assert code == (first if asked == 1 else 0)
    assert world.asked == ["9.9.9.1", "9.9.9.2"][:asked]


async def test_without_any_answer_the_failure_is_told() -> None:
    world = World()
    world.servers.answers["9.9.9.1"] = lambda _message: b"nonsense"
    assert await world.ask("example.org") == (2, 0)


async def test_servers_that_were_asked_for_come_instead_and_are_asked_from_the_container() -> None:
    world = World(dns=("127.0.0.1",))
    await world.ask("example.org")
    assert world.servers.asked == [(BOX, NameServer(address="127.0.0.1"))]


async def test_nobody_is_asked_from_a_network_without_a_way_out() -> None:
    world = World(gateway="")
    assert await world.ask("web") == (0, 1)
    assert await world.ask("example.org") == (2, 0)
    assert world.asked == []


async def test_with_ndots_short_names_stay_at_home() -> None:
    world = World(dns_options=("ndots:1",))
    assert await world.ask("nobody") == (0, 0)
    assert world.asked == []


async def test_a_container_on_the_default_network_costs_nothing() -> None:
    world = World()
    nameless = Endpoint(id="e", network_id="b", network="bridge", container_id="box", ipv4="172.17.0.2")
    await world.naming.follow(world.box, (nameless,), BOX)
    assert world.servers.served == {}


async def test_it_ends_with_the_sandbox_and_begins_anew() -> None:
    world = World()
    await world.ask("web")
    await world.naming.stop(BOX)
    await world.naming.stop(BOX)
    assert world.servers.served == {}
    assert await world.ask("web") == (0, 1)
