"""Networks when an engine starts, and when containers do."""

import asyncio

import pytest
from msgspec.structs import replace
from tests.fakes.faults import Fault
from tests.unit.engine.networking import (
    World,
    container,
    fixed,
    host_ports,
    sandbox,
    started,
)

from wherry.errors import (
    InternalError,
)
from wherry.model.network import (
    PortSpec,
)

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


@pytest.mark.parametrize(("mode", "members"), [("host", [("host", "", "")]), ("container:other", [])])
async def test_who_shares_a_namespace_gets_none(mode: str, members: list[tuple[str, str, str]]) -> None:
    world = await started()
    before = world.state()
    shared = await world.start(container("a", network=mode, ports=[fixed("80")]))
    assert [(end.network, end.interface, end.host_interface) for end in shared.endpoints] == members
    assert world.state() == before
    await world.stop(shared)
    assert world.state() == before


@pytest.mark.parametrize(("mode", "disabled", "members"), [("none", False, ["none"]), ("default", True, [])])
async def test_without_a_network_there_is_loopback_alone(mode: str, disabled: bool, members: list[str]) -> None:
    world = await started()
    alone = container("a", ports=[fixed("80")], network=mode)
    if disabled:
        alone = replace(alone, spec=replace(alone.spec, network_disabled=True, endpoints=()))
    assert [end.network for end in (await world.start(alone)).endpoints] == members
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
