"""Containers into networks and out of them while they run."""

import asyncio

import pytest
from tests.fakes.faults import Fault
from tests.unit.engine.networking import container, fixed, host_ports, sandbox, started, user_network

from wherry.errors import (
    Forbidden,
    InternalError,
    InvalidArgument,
)
from wherry.model.network import (
    EndpointSpec,
    PortSpec,
)
from wherry.plan.networks import endpoints


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
    ],
)
async def test_what_cannot_be_connected_is_refused(mode: str, network: str, text: str) -> None:
    world = await started()
    web = await world.start(container("web", network=mode))
    with pytest.raises(InvalidArgument) as caught:
        await world.connect(web, network)
    assert str(caught.value) == text


async def test_a_network_is_joined_once() -> None:
    world = await started()
    web = await world.start(container("web"))
    with pytest.raises(Forbidden, match=r"^endpoint with name web already exists in network bridge$"):
        await world.connect(web, "bridge")


async def test_who_is_not_in_a_network_cannot_leave_it() -> None:
    world = await started()
    await user_network(world, "mine")
    with pytest.raises(InternalError, match=r"^container id-web is not connected to the network mine$"):
        await world.disconnect(container("web"), "mine")
    web = await world.start(container("web"))
    with pytest.raises(InternalError, match=r"^container id-web is not connected to network mine$"):
        await world.disconnect(web, "mine")


async def turns() -> None:
    """As many of the loop as what was begun needs."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_what_others_take_away_comes_back_while_nothing_starts() -> None:
    world = await started()
    web = await world.start(container("web", ports=[fixed("80")]))
    before = world.state()
    await world.host.remove_bridge("docker0")
    world.host.published.clear()

    world.host.taken_away.set()

    await turns()
    assert world.state() == before
    assert world.host.interfaces()[web.endpoints[0].host_interface] == "docker0"
    await world.networks.close()


@pytest.mark.parametrize("turn", range(8))
async def test_ports_that_come_and_go_while_rules_are_made_anew(turn: int) -> None:
    world = await started()
    old = await world.start(container("old", ports=[fixed("80")]))
    world.host.has_table = False
    world.host.firewall_turns = 8
    world.host.taken_away.set()
    for _ in range(turn):
        await asyncio.sleep(0)

    new, _ = await asyncio.gather(world.start(container("new", ports=[fixed("81")])), world.stop(old))
    await turns()

    assert world.host.published == set(endpoints.published(new.endpoints))
    await world.networks.close()


async def test_what_could_not_be_made_anew_is_tried_again_for_the_next_container() -> None:
    world = await started()
    await world.host.remove_bridge("docker0")
    world.host.failures_once["ensure_bridge"] = OSError("busy")
    world.host.taken_away.set()
    await turns()
    assert "docker0" not in world.host.bridged

    await world.start(container("web"))

    assert "docker0" in world.host.bridged
    await world.networks.close()


async def test_what_others_took_away_is_made_anew_for_the_next_container() -> None:
    world = await started()
    first = await world.start(container("first", ports=[fixed("80")]))
    published = set(world.host.published)
    await world.host.remove_bridge("docker0")
    world.host.has_table = False
    world.host.published.clear()
    world.host.taken_away.set()

    await world.start(container("second"))

    assert "docker0" in world.host.bridged
    assert world.host.interfaces()[first.endpoints[0].host_interface] == "docker0"
    assert world.host.published == published
