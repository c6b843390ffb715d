"""Networks that users make, and what containers ask of them."""

import pytest
from tests.fakes.faults import Fault
from tests.unit.engine.networking import USER_SUBNET, container, fixed, host_ports, sandbox, started, user_network

from wherry.errors import (
    Conflict,
    Forbidden,
    InvalidArgument,
    NoSuchNetwork,
    NotFound,
    WherryError,
)
from wherry.model.network import (
    EndpointSpec,
    NetworkRequest,
    Subnet,
)


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
        "com.docker.network.host_ipv4": "203.0.113.7",
    }
    network = await user_network(world, options=options, internal=True, subnets=(USER_SUBNET,))
    assert (network.bridge, network.icc, network.masquerade, network.mtu) == ("wb0", False, False, 1400)
    assert (network.host_ipv4, network.host_ipv6) == ("203.0.113.7", "")
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
    (
        NetworkRequest(name="n", options={"com.docker.network.host_ipv4": "1.2.3.4; flush ruleset"}),
        InvalidArgument,
        "failed to parse com.docker.network.host_ipv4 value: 1.2.3.4; flush ruleset (nil ip)",
    ),
    (
        NetworkRequest(name="n", options={"com.docker.network.host_ipv4": "::1"}),
        InvalidArgument,
        "failed to parse com.docker.network.host_ipv4 value: ::1 (another version of IP)",
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
