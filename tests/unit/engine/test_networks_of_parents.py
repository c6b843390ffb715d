"""Networks whose interfaces share one of the host's: macvlan and ipvlan. Texts were asked of dockerd 26.1.5."""

from typing import Any

import pytest
from tests.unit.engine.networking import World, container, fixed, sandbox, started

from wherry.errors import Forbidden, InternalError
from wherry.model.network import EndpointSpec, Interface, Network, NetworkRequest, Parent, Subnet

LAN = Subnet(subnet="10.77.0.0/24", gateway="10.77.0.254")


async def lan(world: World, name: str = "lan", *, driver: str = "macvlan", **asked: Any) -> Network:
    asked.setdefault("subnets", (LAN,))
    asked.setdefault("options", {"parent": "eth9"})
    return await world.networks.create(NetworkRequest(name=name, driver=driver, **asked))


async def with_eth9() -> World:
    world = await started()
    world.host.host_interfaces.add("eth9")
    return world


async def test_a_container_gets_a_share_of_the_parent_and_the_way_out_of_its_network() -> None:
    world = await with_eth9()
    network = await lan(world)
    web = await world.start(container("web", network="lan", ports=[fixed("80")]))

    parent = Parent(kind="macvlan", name="eth9", mode="bridge")
    assert (network.bridge, network.parent) == ("", parent)
    assert world.host.pinned[sandbox(web)] == {
        "eth0": Interface(
            name="eth0",
            mac="02:42:0a:4d:00:01",
            parent=parent,
            addresses=("10.77.0.1/24",),
            gateways=("10.77.0.254",),
        )
    }
    assert (web.endpoints[0].host_interface, web.endpoints[0].ports, world.host.published) == ("", (), set())


async def test_a_parent_that_was_there_stays() -> None:
    world = await with_eth9()
    await lan(world)
    await world.networks.remove("lan")
    assert world.host.host_interfaces == {"eth9"}


@pytest.mark.parametrize(
    ("options", "made", "gateway"),
    [({"parent": "eth9.10"}, "eth9.10", "10.77.0.254"), ({}, "dm-{id}", "")],
)
async def test_a_vlan_or_a_dummy_is_made_and_goes_with_its_network(
    options: dict[str, str], made: str, gateway: str
) -> None:
    world = await with_eth9()
    network = await lan(world, options=options)
    name = made.format(id=network.id[:12])
    assert world.host.host_interfaces == {"eth9", name}
    (end,) = world.networks.plan(container("a", network="lan"))
    assert end.ipv4_gateway == gateway

    world.host.host_interfaces.discard(name)  # the machine lost its power
    world = await world.reborn()
    assert world.host.host_interfaces == {"eth9", name}

    await world.networks.remove("lan")
    assert world.host.host_interfaces == {"eth9"}


async def test_a_vlan_that_was_there_and_is_lost_is_made_from_then_on() -> None:
    world = await with_eth9()
    world.host.host_interfaces.add("eth9.10")
    await lan(world, options={"parent": "eth9.10"})

    world.host.host_interfaces.discard("eth9.10")
    world = await world.reborn()
    assert world.host.host_interfaces == {"eth9", "eth9.10"}

    await world.networks.remove("lan")
    assert world.host.host_interfaces == {"eth9"}


async def test_a_bridge_leads_out_before_a_parent_that_routes() -> None:
    world = await with_eth9()
    await lan(world, "all", driver="ipvlan", options={"parent": "eth9", "ipvlan_mode": "l3"})
    both = [EndpointSpec(network="all"), EndpointSpec(network="bridge")]
    ends = world.networks.plan(container("web", network="all", ends=both, ports=[fixed("80")]))
    assert [(end.network, len(end.ports)) for end in ends] == [("all", 0), ("bridge", 1)]


async def test_a_network_whose_parent_went_keeps_nobody_from_starting() -> None:
    world = await with_eth9()
    await lan(world, options={"parent": "eth9.10"})
    world.host.failures["ensure_parent"] = InternalError("-o parent interface was not found on the host: eth9")
    world = await world.reborn()
    assert world.networks.find("lan").name == "lan"


async def test_a_network_whose_parent_cannot_be_made_is_not_there() -> None:
    world = await with_eth9()
    world.host.failures_once["ensure_parent"] = InternalError("operation not supported")
    with pytest.raises(InternalError, match="operation not supported"):
        await lan(world, options={})
    assert [network.name for network in world.networks.all() if network.parent] == []


async def test_where_the_parent_routes_the_interface_itself_is_the_way_out() -> None:
    world = await with_eth9()
    await lan(world, driver="ipvlan", options={"parent": "eth9", "ipvlan_mode": "l3"})
    web = await world.start(container("web", network="lan"))
    (made,) = world.host.pinned[sandbox(web)].values()
    assert (made.mac, made.gateways) == ("", ("0.0.0.0",))
    assert made.parent == Parent(kind="ipvlan", name="eth9", mode="l3", flag="bridge")


@pytest.mark.parametrize(
    ("driver", "options", "text"),
    [
        ("macvlan", {"macvlan_mode": "x"},
         "requested macvlan mode 'x' is not valid, 'bridge' mode is the macvlan driver default"),
        ("ipvlan", {"ipvlan_mode": "x"},
         "requested ipvlan mode 'x' is not valid, 'l2' mode is the ipvlan driver default"),
        ("ipvlan", {"ipvlan_flag": "x"},
         "requested ipvlan flag 'x' is not valid, 'bridge' is the ipvlan driver default"),
        ("macvlan", {"parent": "lo"}, "loopback interface is not a valid macvlan parent link"),
        ("macvlan", {"parent": "no"}, "invalid subinterface vlan name no, example formatting is eth0.10"),
        ("macvlan", {"parent": "eth9.1.2"},
         "required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received eth9.1.2"),
        ("macvlan", {"parent": "eth9.x"}, "unable to parse a valid vlan id from: x (ex. eth0.10 for vlan 10)"),
        ("macvlan", {"parent": "eth9.4095"}, "vlan id must be between 1-4094, received: 4095"),
        ("macvlan", {"parent": "eth9.0"}, "vlan id must be between 1-4094, received: 0"),
    ],
)  # fmt: skip
async def test_parents_that_make_no_sense(driver: str, options: dict[str, str], text: str) -> None:
    world = await with_eth9()
    with pytest.raises(InternalError) as caught:
        await lan(world, driver=driver, options=options)
    assert str(caught.value) == text
    assert [network.name for network in world.networks.all() if network.parent] == []


async def test_a_driver_gives_a_parent_to_one_network() -> None:
    world = await with_eth9()
    first = await lan(world)
    other = (Subnet(subnet="10.78.0.0/24"),)
    with pytest.raises(InternalError) as caught:
        await lan(world, "second", subnets=other)
    assert str(caught.value) == f"network dm-{first.id[:12]} is already using parent interface eth9"

    assert (await lan(world, "second", driver="ipvlan", subnets=other)).name == "second"


async def test_subnets_of_all_drivers_are_apart() -> None:
    world = await with_eth9()
    await lan(world)
    with pytest.raises(Forbidden, match="Pool overlaps with other one on this address space"):
        await world.networks.create(NetworkRequest(name="mine", subnets=(LAN,)))


async def test_a_container_may_choose_among_several_subnets_by_its_address() -> None:
    world = await with_eth9()
    await lan(world, subnets=(LAN, Subnet(subnet="10.78.0.0/24", gateway="10.78.0.9")))
    asked = [EndpointSpec(network="lan", ipv4=address) for address in ("", "10.78.0.5")]
    ends = [world.networks.plan(container(f"c{spec.ipv4}", network="lan", ends=[spec]))[0] for spec in asked]
    assert [(end.ipv4, end.ipv4_gateway) for end in ends] == [
        ("10.77.0.1", "10.77.0.254"),
        ("10.78.0.5", "10.78.0.9"),
    ]


async def test_shares_of_ipvlan_have_the_mac_address_of_their_parent() -> None:
    world = await with_eth9()
    await lan(world, driver="ipvlan")
    asked = EndpointSpec(network="lan", mac="02:11:22:33:44:55")
    with pytest.raises(InternalError) as caught:
        world.networks.plan(container("web", network="lan", ends=[asked]))
    assert str(caught.value) == (
        "failed to create endpoint web on network lan: ipvlan interfaces do not support custom mac address assignment"
    )


async def test_an_interrupted_disconnect_is_finished() -> None:
    world = await with_eth9()
    await lan(world)
    web = await world.start(container("web", network="lan"))
    web = await world.connect(web, "bridge")
    web = world.networks.plan_disconnect(web, world.networks.find("lan"))
    await world.records.containers.put(web)  # and here it died

    again = await world.reborn()
    await again.networks.resume(web, sandbox(web))
    await again.networks.sweep({web.id: sandbox(web)})

    assert list(world.host.pinned[sandbox(web)]) == ["eth1"]
    assert world.host.defaults[sandbox(web)] == "172.17.0.1"


async def test_networks_of_swarms_are_refused() -> None:
    world = await started()
    with pytest.raises(Forbidden, match="This node is not a swarm manager"):
        await lan(world, driver="overlay")
