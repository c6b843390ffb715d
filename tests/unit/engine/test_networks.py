import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace
from tests.fakes.faults import Fault
from tests.fakes.host import FakeChance, FakeClock
from tests.fakes.name_servers import FakeNameServers
from tests.fakes.networking import FakeNetworking
from tests.fakes.store import FakeRecords

from wherry.engine.events import Events
from wherry.engine.networks import Networks
from wherry.errors import (
    Conflict,
    Forbidden,
    InternalError,
    InvalidArgument,
    NoSuchNetwork,
    NotFound,
    WherryError,
)
from wherry.model.container import Container, ContainerSpec, ContainerState, HostSpec, Status
from wherry.model.network import (
    Endpoint,
    EndpointSpec,
    Network,
    NetworkRequest,
    NetworkSettings,
    PortSpec,
    Subnet,
)
from wherry.plan.endpoints import specs

SANDBOX = "/netns/"
USER_SUBNET = Subnet(subnet="10.88.0.0/24")


class World:
    """One engine's networks; ``reborn`` is the next engine on the same rows and the same host."""

    def __init__(self, records: FakeRecords | None = None, host: FakeNetworking | None = None, bip: str = "") -> None:
        self.records = records or FakeRecords()
        self.host = host or FakeNetworking()
        self.name_servers = FakeNameServers()
        clock = FakeClock()
        self.events = Events(clock)
        self.networks = Networks(
            records=self.records,
            networking=self.host,
            clock=clock,
            chance=FakeChance() if records is None else NextChance(),
            events=self.events,
            settings=NetworkSettings(bip=bip),
            containers=self.records.containers.all,
            name_servers=self.name_servers,
            host_resolv_conf=lambda: "nameserver 9.9.9.9\nnameserver 127.0.0.53\n",
        )

    async def reborn(self, bip: str = "") -> "World":
        self.host.published.clear()
        world = World(self.records, self.host, bip)
        await world.networks.start()
        return world

    async def start(self, container: Container) -> Container:
        """What a start does with networks."""
        endpoints = self.networks.plan(container)
        await self.networks.join(container, endpoints, sandbox(container))
        state = ContainerState(status=Status.RUNNING)
        container = replace(container, endpoints=endpoints, state=state)
        await self.records.containers.put(container)
        return container

    async def connect(self, container: Container, name: str, spec: EndpointSpec | None = None) -> Container:
        network = self.networks.find(name)
        return await self._change(
            container, self.networks.plan_connect(container, network, spec or EndpointSpec(network=name))
        )

    async def disconnect(self, container: Container, name: str) -> Container:
        return await self._change(container, self.networks.plan_disconnect(container, self.networks.find(name)))

    async def _change(self, before: Container, after: Container) -> Container:
        if before.state.alive:
            await self.networks.change(before, after, sandbox(before))
        await self.records.containers.put(after)
        return after

    async def stop(self, container: Container) -> Container:
        await self.networks.leave(container, sandbox(container))
        container = replace(container, endpoints=(), state=ContainerState(status=Status.EXITED))
        await self.records.containers.put(container)
        return container

    def happened(self) -> list[tuple[str, dict[str, str]]]:
        return [(event.action, event.attributes) for event in self.events._past]

    def state(self) -> object:
        return (
            dict(self.host.pinned),
            set(self.host.published),
            set(self.host.bridged),
            {network.id for network in self.networks.all()},
        )


class NextChance(FakeChance):
    """Ids that an earlier engine did not give."""

    def new_id(self) -> str:
        return f"b{super().new_id()[1:]}"


async def started(bip: str = "") -> World:
    world = World(bip=bip)
    await world.networks.start()
    return world


def sandbox(container: Container) -> str:
    return SANDBOX + container.name


def container(
    name: str, *, ports: Iterable[PortSpec] = (), ends: Iterable[EndpointSpec] = (), **host: Any
) -> Container:
    spec = ContainerSpec(
        image="i",
        host=HostSpec(ports=tuple(ports), **host),
        endpoints=tuple(ends),
    )
    spec = replace(spec, endpoints=specs(spec))
    return Container(id=f"id-{name}", name=name, image_id="", chain_id="", created=0, spec=spec)


def fixed(host_port: str, port: int = 80, host_ip: str = "") -> PortSpec:
    return PortSpec(container_port=port, host_port=host_port, host_ip=host_ip)


def host_ports(endpoints: tuple[Endpoint, ...]) -> list[int]:
    return [port.host_port for endpoint in endpoints for port in endpoint.ports]


# --- start ---


async def test_the_builtin_networks_are_there_and_keep_their_ids() -> None:
    world = await started()
    first = {network.name: (network.id, network.driver) for network in world.networks.all()}
    assert {name: driver for name, (_id, driver) in first.items()} == {
        "none": "null",
        "host": "host",
        "bridge": "bridge",
    }
    again = await world.reborn()
    assert {network.name: (network.id, network.driver) for network in again.networks.all()} == first


async def test_the_default_bridge_has_dockers_address() -> None:
    world = await started()
    plan = world.host.bridged["docker0"]
    assert (plan.addresses, plan.mac, plan.mtu) == (("172.17.0.1/16",), "02:42:ac:11:00:01", 1500)
    assert world.networks.find("bridge") in world.host.ruled


async def test_the_default_bridge_avoids_a_network_of_the_host() -> None:
    world = World()
    world.host.host_routes.append("172.17.3.0/24")
    await world.networks.start()
    assert world.host.bridged["docker0"].addresses == ("172.18.0.1/16",)


async def test_the_default_bridges_address_can_be_set_and_changed() -> None:
    world = await started(bip="10.5.0.1/24")
    known = world.networks.find("bridge")
    assert world.host.bridged["docker0"].addresses == ("10.5.0.1/24",)
    again = await world.reborn(bip="10.6.0.1/24")
    assert again.host.bridged["docker0"].addresses == ("10.6.0.1/24",)
    assert again.networks.find("bridge").id == known.id


async def test_what_runs_keeps_addresses_and_ports_over_a_restart_of_the_engine() -> None:
    world = await started()
    web = await world.start(container("web", ports=[fixed("8080")]))
    await world.stop(await world.start(container("gone", ports=[fixed("9090")])))

    again = await world.reborn()

    assert {(port.host_port, port.container_ip) for port in again.host.published} == {(8080, "172.17.0.2")}
    other = again.networks.plan(container("other", ports=[fixed("9090")]))
    assert other[0].ipv4 == "172.17.0.3"
    with pytest.raises(InternalError, match="port is already allocated"):
        again.networks.plan(container("third", ports=[fixed("8080")]))
    await again.stop(web)
    assert not again.host.published
    assert again.networks.plan(container("third", ports=[fixed("8080")]))[0].ipv4 == "172.17.0.2"


async def test_namespaces_of_nobody_are_swept() -> None:
    world = await started()
    web = await world.start(container("web"))
    await world.start(container("lost"))
    await world.networks.sweep({web.id: sandbox(web)})
    assert world.host.namespaces() == (sandbox(web),)


# --- plan and join ---


async def test_containers_get_the_lowest_free_addresses() -> None:
    world = await started()
    first, second = await world.start(container("a")), await world.start(container("b"))
    assert [each.endpoints[0].ipv4 for each in (first, second)] == ["172.17.0.2", "172.17.0.3"]
    await world.stop(first)
    assert (await world.start(container("c"))).endpoints[0].ipv4 == "172.17.0.2"


async def test_an_endpoint_tells_all_that_is_made() -> None:
    world = await started()
    web = await world.start(container("web", ports=[fixed("8080"), PortSpec(container_port=81)]))
    (end,) = web.endpoints
    assert (end.network, end.interface, end.ipv4_prefix, end.ipv4_gateway) == ("bridge", "eth0", 16, "172.17.0.1")
    assert end.mac == "02:42:ac:11:00:02"
    assert host_ports((end,)) == [8080, 32768]
    interface = world.host.pinned[sandbox(web)]["eth0"]
    assert (interface.bridge, interface.addresses) == ("docker0", ("172.17.0.2/16",))
    assert world.host.defaults[sandbox(web)] == "172.17.0.1"
    assert {(port.host_port, port.container_ip, port.container_port) for port in world.host.published} == {
        (8080, "172.17.0.2", 80),
        (32768, "172.17.0.2", 81),
    }


@pytest.mark.parametrize("mode", ["host", "container:other"])
async def test_who_shares_a_namespace_gets_none(mode: str) -> None:
    world = await started()
    before = world.state()
    shared = await world.start(container("a", network=mode, ports=[fixed("80")]))
    assert shared.endpoints == ()
    assert world.state() == before
    await world.stop(shared)
    assert world.state() == before


@pytest.mark.parametrize(("mode", "disabled"), [("none", False), ("default", True)])
async def test_without_a_network_there_is_loopback_alone(mode: str, disabled: bool) -> None:
    world = await started()
    alone = container("a", ports=[fixed("80")], network=mode)
    if disabled:
        alone = replace(alone, spec=replace(alone.spec, network_disabled=True, endpoints=()))
    assert (await world.start(alone)).endpoints == ()
    assert world.host.pinned == {sandbox(alone): {}}
    assert not world.host.published


async def test_a_port_of_another_container_is_refused_in_dockers_words_and_nothing_is_leased() -> None:
    world = await started()
    await world.start(container("web", ports=[fixed("8080")]))
    with pytest.raises(
        InternalError,
        match=r"^driver failed programming external connectivity on endpoint late \(\w+\): "
        r"Bind for 0\.0\.0\.0:8080 failed: port is already allocated$",
    ) as caught:
        world.networks.plan(container("late", ports=[fixed("8081"), fixed("8080", 81)]))
    assert caught.value.status == 500
    assert world.networks.plan(container("next", ports=[fixed("8081")]))[0].ipv4 == "172.17.0.3"


async def test_a_port_of_a_process_is_refused_in_dockers_words_and_all_is_freed() -> None:
    world = await started()
    before = world.state()
    world.host.host_ports.add(("tcp", "0.0.0.0", 8080))
    late = container("late", ports=[fixed("8081", 81), fixed("8080")])
    planned = world.networks.plan(late)
    with pytest.raises(
        InternalError,
        match=r"^driver failed programming external connectivity on endpoint late \(\w+\): "
        r"Error starting userland proxy: listen tcp4 0\.0\.0\.0:8080: bind: address already in use$",
    ):
        await world.networks.join(late, planned, sandbox(late))
    assert world.state() == before
    assert world.networks.plan(container("next", ports=[fixed("8081")]))[0].ipv4 == "172.17.0.2"


async def test_ephemeral_ports_pass_by_those_of_the_host_and_are_not_given_again_at_once() -> None:
    world = await started()
    world.host.host_ports.add(("tcp", "0.0.0.0", 32768))
    first = await world.start(container("a", ports=[PortSpec(container_port=80)]))
    assert host_ports(first.endpoints) == [32769]
    await world.stop(first)
    assert host_ports(world.networks.plan(container("b", ports=[PortSpec(container_port=80)]))) == [32770]


async def test_all_exposed_ports_are_published_if_asked() -> None:
    world = await started()
    web = container("web", publish_all=True)
    web = replace(web, spec=replace(web.spec, exposed_ports=("80/tcp", "53/udp")))
    (end,) = world.networks.plan(web)
    assert [(port.container_port, port.protocol) for port in end.ports] == [(53, "udp"), (80, "tcp")]


async def test_leaving_is_idempotent_and_takes_nothing_from_a_successor() -> None:
    world = await started()
    first = await world.start(container("a", ports=[fixed("80")]))
    await world.networks.leave(first, sandbox(first))
    second = await world.start(container("b", ports=[fixed("80")]))
    await world.networks.leave(first, sandbox(first))  # its row still has the endpoints
    assert [port.host_port for port in world.host.published] == [80]
    assert second.endpoints[0].ipv4 == "172.17.0.2"
    assert world.host.cut_off == [first.endpoints[0].host_interface]


@pytest.mark.parametrize("act", ["create_namespace", "publish"])
@pytest.mark.parametrize("failure", [Fault, asyncio.CancelledError])
async def test_a_join_that_fails_leaves_the_host_as_it_was(act: str, failure: type[BaseException]) -> None:
    world = await started()
    before = world.state()
    web = container("web", ports=[fixed("80")])
    world.host.failures[act] = failure()
    with pytest.raises(failure):
        await world.networks.join(web, world.networks.plan(web), sandbox(web))
    assert world.state() == before
    world.host.failures.clear()
    assert (await world.start(container("next", ports=[fixed("80")]))).endpoints[0].ipv4 == "172.17.0.2"


async def test_a_leave_that_fails_can_be_done_again() -> None:
    world = await started()
    before = world.state()
    web = await world.start(container("web", ports=[fixed("80")]))
    world.host.failures["withdraw"] = Fault()
    with pytest.raises(Fault):
        await world.networks.leave(web, sandbox(web))
    with pytest.raises(InternalError, match="port is already allocated"):
        world.networks.plan(container("b", ports=[fixed("80")]))
    world.host.failures.clear()
    await world.networks.leave(web, sandbox(web))
    assert world.state() == before


async def test_joining_and_leaving_are_told() -> None:
    world = await started()
    web = await world.start(container("web"))
    await world.stop(web)
    attributes = {"container": "id-web", "name": "bridge", "type": "bridge"}
    assert world.happened() == [("connect", attributes), ("disconnect", attributes)]


# --- networks of users ---


async def user_network(world: World, name: str = "mine", **more: Any) -> Network:
    return await world.networks.create(NetworkRequest(name=name, **more))


async def test_a_network_is_made_with_a_bridge_and_a_subnet() -> None:
    world = await started()
    network = await user_network(world, labels={"a": "b"})
    assert network.subnets == (Subnet(subnet="172.18.0.0/16", gateway="172.18.0.1", chosen=True),)
    assert network.bridge == f"br-{network.id[:12]}"
    assert world.host.bridged[network.bridge].addresses == ("172.18.0.1/16",)
    assert network in world.host.ruled
    assert world.networks.find("mine") == world.networks.find(network.id) == network
    assert world.happened() == [("create", {"name": "mine", "type": "bridge"})]
    again = await world.reborn()
    assert again.networks.find("mine") == network


async def test_options_of_a_bridge_are_heeded() -> None:
    world = await started()
    options = {
        "com.docker.network.bridge.name": "wb0",
        "com.docker.network.bridge.enable_icc": "false",
        "com.docker.network.bridge.enable_ip_masquerade": "0",
        "com.docker.network.driver.mtu": "1400",
    }
    network = await user_network(world, options=options, internal=True, subnets=(USER_SUBNET,))
    assert (network.bridge, network.icc, network.masquerade, network.mtu) == ("wb0", False, False, 1400)
    assert world.host.bridged["wb0"].addresses == ("10.88.0.1/24",)
    (end,) = world.networks.plan(container("a", network="mine", ports=[fixed("80")]))
    assert (end.ipv4_gateway, end.ports) == ("", ())


BAD_REQUESTS = [
    (NetworkRequest(name=""), InvalidArgument, "invalid name: "),
    (NetworkRequest(name="bridge"), Forbidden, "operation is not permitted on predefined bridge network"),
    (NetworkRequest(name="n", driver="host"), Forbidden, 'only one instance of "host" network is allowed'),
    (NetworkRequest(name="n", driver="foo"), NotFound, 'plugin "foo" not found'),
    (NetworkRequest(name="mine"), Conflict, "network with name mine already exists"),
    (
        NetworkRequest(name="n", subnets=(Subnet(subnet="10.88.0.0/16"),)),
        Forbidden,
        "Pool overlaps with other one on this address space",
    ),
    (
        NetworkRequest(name="n", subnets=(Subnet(subnet="10.89.0.5/24"),)),
        InvalidArgument,
        "invalid network config:\ninvalid subnet 10.89.0.5/24: it should be 10.89.0.0/24",
    ),
    (
        NetworkRequest(name="n", subnets=(Subnet(subnet="foo"),)),
        InvalidArgument,
        "invalid network config:\ninvalid subnet foo: invalid CIDR block notation",
    ),
    (
        NetworkRequest(
            name="n",
            subnets=(Subnet(subnet="10.90.0.0/24", ip_range="10.91.0.0/24", gateway="x", auxiliary={"a": "1.2.3.4"}),),
        ),
        InvalidArgument,
        "invalid network config:\n"
        "* invalid ip-range 10.91.0.0/24: parent subnet 10.90.0.0/24 doesn't contain ip-range\n"
        "* invalid gateway x: invalid address\n"
        "* invalid auxiliary address a: parent subnet 10.90.0.0/24 doesn't contain this address",
    ),
    (
        NetworkRequest(name="n", options={"com.docker.network.bridge.enable_icc": "maybe"}),
        InvalidArgument,
        "failed to parse com.docker.network.bridge.enable_icc value: maybe "
        '(strconv.ParseBool: parsing "maybe": invalid syntax)',
    ),
]


@pytest.mark.parametrize(("request_", "kind", "text"), BAD_REQUESTS)
async def test_what_cannot_be_made_is_refused_in_dockers_words(
    request_: NetworkRequest, kind: type[WherryError], text: str
) -> None:
    world = await started()
    await user_network(world, subnets=(USER_SUBNET,))
    before = world.state()
    with pytest.raises(kind) as caught:
        await world.networks.create(request_)
    assert str(caught.value) == text
    assert world.state() == before


async def test_two_networks_cannot_share_a_bridge() -> None:
    world = await started()
    with pytest.raises(Forbidden, match="networks have same bridge name"):
        await user_network(world, options={"com.docker.network.bridge.name": "docker0"})


async def test_a_network_that_could_not_be_made_is_not_there() -> None:
    world = await started()
    before = world.state()
    world.host.failures["ensure_bridge"] = Fault()
    with pytest.raises(Fault):
        await user_network(world)
    assert world.state() == before


async def test_networks_are_found_by_the_beginning_of_an_id() -> None:
    world = await started()
    network = await user_network(world)
    assert world.networks.find(network.id[:12]) == network
    with pytest.raises(NoSuchNetwork, match=r"^network nope not found$"):
        world.networks.find("nope")
    with pytest.raises(InvalidArgument, match=r"^4 matches found based on ID prefix: network a is ambiguous$"):
        world.networks.find("a")


async def test_a_network_is_removed_with_its_bridge_once_nobody_is_in_it() -> None:
    world = await started()
    before = world.state()
    network = await user_network(world)
    web = await world.start(container("web", network="mine"))
    with pytest.raises(Forbidden) as caught:
        await world.networks.remove("mine")
    assert str(caught.value) == (f"error while removing network: network mine id {network.id} has active endpoints")
    await world.stop(web)
    await world.networks.remove("mine")
    assert world.state() == before
    assert network not in world.host.ruled
    assert world.happened()[-1] == ("destroy", {"name": "mine", "type": "bridge"})


@pytest.mark.parametrize("name", ["bridge", "host", "none"])
async def test_builtin_networks_stay(name: str) -> None:
    world = await started()
    with pytest.raises(Forbidden, match=f"^{name} is a pre-defined network and cannot be removed$"):
        await world.networks.remove(name)


async def test_unused_networks_are_pruned() -> None:
    world = await started()
    for name, labels in (("used", {}), ("unused", {}), ("labelled", {"keep": "1"})):
        await user_network(world, name, labels=labels)
    await world.start(container("web", network="used"))
    assert await world.networks.prune(labels=("!keep",)) == ("unused",)
    assert {network.name for network in world.networks.all()} == {"none", "host", "bridge", "used", "labelled"}


async def test_a_container_may_be_in_several_networks() -> None:
    world = await started()
    await user_network(world, "b", subnets=(USER_SUBNET,))
    await user_network(world, "a")
    ends = (
        EndpointSpec(network="b", ipv4="10.88.0.9", mac="02:00:00:00:00:09", aliases=("x",)),
        EndpointSpec(network="a"),
    )
    web = await world.start(container("web", network="b", ends=ends, ports=[fixed("80")]))
    assert [(end.network, end.interface, end.ipv4) for end in web.endpoints] == [
        ("b", "eth0", "10.88.0.9"),
        ("a", "eth1", "172.18.0.2"),
    ]
    assert (web.endpoints[0].mac, web.endpoints[0].names) == ("02:00:00:00:00:09", ("web", "x", "id-web"))
    assert world.host.defaults[sandbox(web)] == "172.18.0.1"
    assert [host_ports((end,)) for end in web.endpoints] == [[], [80]]


async def test_an_unknown_network_is_told_at_the_start_only() -> None:
    world = await started()
    lost = container("a", network="nope")
    assert world.networks.named(lost.spec) == lost.spec
    with pytest.raises(NoSuchNetwork):
        world.networks.plan(lost)


@pytest.mark.parametrize(
    ("network", "ipv4", "text"),
    [
        ("own", "10.99.0.2", "no configured subnet or ip-range contain the IP address 10.99.0.2"),
        (
            "given",
            "172.18.0.9",
            "user specified IP address is supported only when connecting to networks with user configured subnets",
        ),
    ],
)
async def test_an_address_that_cannot_be_had_is_told_at_creation(network: str, ipv4: str, text: str) -> None:
    world = await started()
    await user_network(world, "own", subnets=(USER_SUBNET,))
    await user_network(world, "given")
    spec = container("a", network=network, ends=(EndpointSpec(network=network, ipv4=ipv4),)).spec
    with pytest.raises(InvalidArgument) as caught:
        world.networks.named(spec)
    assert str(caught.value) == f"invalid config for network {network}: invalid endpoint settings:\n{text}"


async def test_an_ipv6_address_is_fine_where_it_is_of_no_use() -> None:
    world = await started()
    await user_network(world, "own", subnets=(Subnet(subnet="fd00:7::/64"),))
    ends = (EndpointSpec(network="own", ipv6="fd00:7::9"),)
    asked = container("a", network="own", ends=ends)
    assert world.networks.named(asked.spec) == asked.spec
    assert world.networks.plan(asked)[0].ipv6 == ""


async def test_a_taken_address_is_refused() -> None:
    world = await started()
    await user_network(world, "own", subnets=(USER_SUBNET,))
    ends = (EndpointSpec(network="own", ipv4="10.88.0.2"),)
    await world.start(container("a", network="own", ends=ends))
    with pytest.raises(Forbidden, match=r"^Address already in use$"):
        world.networks.plan(container("b", network="own", ends=ends))


# --- connect and disconnect ---


async def test_a_running_container_is_put_into_a_network_and_taken_out() -> None:
    world = await started()
    await user_network(world, "mine")
    web = await world.start(container("web", ports=[fixed("80")]))

    web = await world.connect(web, "mine", EndpointSpec(network="mine", aliases=("w",)))
    end = web.endpoints[1]
    assert (end.interface, end.ipv4, end.names) == ("eth1", "172.18.0.2", ("web", "w", "id-web"))
    assert world.host.pinned[sandbox(web)]["eth1"].addresses == ("172.18.0.2/16",)
    assert world.host.defaults[sandbox(web)] == "172.17.0.1"

    web = await world.disconnect(web, "bridge")
    assert [each.network for each in web.endpoints] == [spec.network for spec in web.spec.endpoints] == ["mine"]
    assert list(world.host.pinned[sandbox(web)]) == ["eth1"]
    assert world.host.defaults[sandbox(web)] == "172.18.0.1"
    assert world.networks.plan(container("next", ports=[fixed("81")]))[0].ipv4 == "172.17.0.2"

    await world.stop(web)
    await world.networks.remove("mine")


async def test_the_default_route_and_published_ports_move_with_the_first_network_by_name() -> None:
    world = await started()
    await user_network(world, "aaa")
    web = await world.start(container("web", ports=[fixed("80"), PortSpec(container_port=81)]))
    ports = host_ports(web.endpoints)

    web = await world.connect(web, "aaa")
    assert world.host.defaults[sandbox(web)] == "172.18.0.1"
    assert {port.container_ip for port in world.host.published} == {"172.18.0.2"}
    assert host_ports(web.endpoints) == ports

    web = await world.disconnect(web, "aaa")
    assert world.host.defaults[sandbox(web)] == "172.17.0.1"
    assert {port.container_ip for port in world.host.published} == {"172.17.0.2"}
    assert host_ports(web.endpoints) == ports


async def test_ports_are_published_once_there_is_a_way_out() -> None:
    world = await started()
    await user_network(world, "inside", internal=True)
    web = await world.start(container("web", network="inside", ports=[fixed("80")]))
    assert not world.host.published

    web = await world.connect(web, "bridge")
    assert {(port.host_port, port.container_ip) for port in world.host.published} == {(80, "172.17.0.2")}

    await world.disconnect(web, "bridge")
    assert not world.host.published


@pytest.mark.parametrize("act", ["connect", "route", "publish"])
async def test_a_connect_that_fails_leaves_all_as_it_was(act: str) -> None:
    world = await started()
    await user_network(world, "aaa")
    web = await world.start(container("web", ports=[fixed("80")]))
    before = world.state()
    world.host.failures_once[act] = Fault()

    with pytest.raises(Fault):
        await world.connect(web, "aaa")

    assert world.state() == before
    assert world.host.defaults[sandbox(web)] == "172.17.0.1"
    await world.networks.remove("aaa")


async def test_what_runs_not_is_connected_with_its_next_start() -> None:
    world = await started()
    await user_network(world, "mine")
    web = await world.connect(container("web"), "mine")
    web = await world.disconnect(web, "bridge")
    assert web.endpoints == ()

    web = await world.start(web)

    assert [(end.network, end.interface) for end in web.endpoints] == [("mine", "eth0")]


async def test_an_interrupted_connect_is_finished() -> None:
    world = await started()
    await user_network(world, "mine")
    web = await world.start(container("web"))
    network = world.networks.find("mine")
    web = world.networks.plan_connect(web, network, EndpointSpec(network="mine"))
    await world.records.containers.put(web)  # and here it died

    again = await world.reborn()
    await again.networks.resume(web, sandbox(web))

    assert world.host.pinned[sandbox(web)]["eth1"].addresses == ("172.18.0.2/16",)


async def test_an_interrupted_disconnect_is_finished() -> None:
    world = await started()
    await user_network(world, "mine")
    web = await world.start(container("web"))
    web = await world.connect(web, "mine")
    web = world.networks.plan_disconnect(web, world.networks.find("bridge"))
    await world.records.containers.put(web)  # and here it died

    again = await world.reborn()
    await again.networks.resume(web, sandbox(web))
    await again.networks.sweep({web.id: sandbox(web)})

    assert list(world.host.pinned[sandbox(web)]) == ["eth1"]
    assert world.host.defaults[sandbox(web)] == "172.18.0.1"


@pytest.mark.parametrize(
    ("mode", "network", "text"),
    [
        ("bridge", "host", "container cannot be disconnected from host network or connected to host network"),
        (
            "bridge",
            "none",
            "container cannot be connected to multiple networks with one of the networks in private (none) mode",
        ),
        (
            "none",
            "bridge",
            "container cannot be connected to multiple networks with one of the networks in private (none) mode",
        ),
        (
            "host",
            "bridge",
            "container sharing network namespace with another container or host cannot be connected to any other "
            "network",
        ),
        ("bridge", "bridge", "endpoint with name web already exists in network bridge"),
    ],
)
async def test_what_cannot_be_connected_is_refused(mode: str, network: str, text: str) -> None:
    world = await started()
    web = await world.start(container("web", network=mode))
    with pytest.raises(Forbidden) as caught:
        await world.connect(web, network)
    assert str(caught.value) == text


async def test_who_is_not_in_a_network_cannot_leave_it() -> None:
    world = await started()
    await user_network(world, "mine")
    with pytest.raises(InternalError, match=r"^container id-web is not connected to the network mine$"):
        await world.disconnect(container("web"), "mine")
    web = await world.start(container("web"))
    with pytest.raises(InternalError, match=r"^container id-web is not connected to network mine$"):
        await world.disconnect(web, "mine")


async def test_what_others_took_away_is_made_anew_for_the_next_container() -> None:
    world = await started()
    first = await world.start(container("first", ports=[fixed("80")]))
    published = set(world.host.published)
    await world.host.remove_bridge("docker0")
    world.host.has_table = False
    world.host.published.clear()

    await world.start(container("second"))

    assert "docker0" in world.host.bridged
    assert world.host.interfaces()[first.endpoints[0].host_interface] == "docker0"
    assert world.host.published == published
