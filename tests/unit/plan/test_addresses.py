import pytest

from wherry.errors import Forbidden, InternalError, InvalidArgument, NotFound
from wherry.model.network import Network, Subnet
from wherry.plan.networks import addresses

SMALL = Subnet(subnet="10.9.0.0/29", gateway="10.9.0.1")
NETWORK = Network(id="abc", name="small", bridge="br", subnets=(SMALL,))


def test_the_default_subnets_come_in_dockers_order() -> None:
    taken: list[str] = []
    for _ in range(31):
        taken.append(addresses.choose_subnet(taken).subnet)
    assert taken[:2] == ["172.17.0.0/16", "172.18.0.0/16"]
    assert taken[14:17] == ["172.31.0.0/16", "192.168.0.0/20", "192.168.16.0/20"]
    with pytest.raises(NotFound, match="could not find an available, non-overlapping IPv4 address pool"):
        addresses.choose_subnet(taken)


@pytest.mark.parametrize(
    ("taken", "chosen"),
    [
        (("172.17.5.0/24",), "172.18.0.0/16"),
        (("172.16.0.0/12",), "192.168.0.0/20"),
        (("0.0.0.0/0", "::/0", "fe80::/64"), "172.17.0.0/16"),
    ],
)
def test_a_subnet_is_chosen_that_no_route_of_the_host_leads_to(taken: tuple[str, ...], chosen: str) -> None:
    assert addresses.choose_subnet(taken).subnet == chosen


def test_a_chosen_subnet_has_its_first_address_as_gateway() -> None:
    assert addresses.choose_subnet(()).gateway == "172.17.0.1"


@pytest.mark.parametrize("other", ["10.9.0.0/16", "10.9.0.4/30", "10.9.0.0/29"])
def test_subnets_that_share_addresses_are_refused(other: str) -> None:
    with pytest.raises(Forbidden, match=r"^Pool overlaps with other one on this address space$"):
        addresses.check_overlap((SMALL,), (other,))


def test_subnets_beside_each_other_are_fine() -> None:
    addresses.check_overlap((SMALL,), ("10.9.0.8/29", "fd00::/64"))


def test_the_lowest_free_address_is_chosen_and_a_freed_one_again() -> None:
    leased: list[str] = []
    for _ in range(5):
        leased.append(addresses.choose_address(NETWORK, SMALL, leased))
    assert leased == ["10.9.0.2", "10.9.0.3", "10.9.0.4", "10.9.0.5", "10.9.0.6"]
    with pytest.raises(
        InternalError, match=r"^no available IPv4 addresses on this network's address pools: small \(abc\)$"
    ):
        addresses.choose_address(NETWORK, SMALL, leased)
    leased.remove("10.9.0.4")
    assert addresses.choose_address(NETWORK, SMALL, leased) == "10.9.0.4"


@pytest.mark.parametrize("wanted", ["10.9.0.0", "10.9.0.1", "10.9.0.5", "10.9.0.7"])
def test_an_address_that_is_taken_or_nobodys_to_have_is_refused(wanted: str) -> None:
    with pytest.raises(Forbidden, match=r"^Address already in use$"):
        addresses.choose_address(NETWORK, SMALL, {"10.9.0.5"}, wanted)


def test_a_wanted_address_is_given() -> None:
    assert addresses.choose_address(NETWORK, SMALL, {"10.9.0.2"}, "10.9.0.6") == "10.9.0.6"


def test_addresses_come_from_the_range_but_the_gateway_need_not() -> None:
    subnet = Subnet(
        subnet="10.94.0.0/24", ip_range="10.94.0.128/25", gateway="10.94.0.254", auxiliary={"a": "10.94.0.129"}
    )
    leased = [addresses.choose_address(NETWORK, subnet, ())]
    leased.append(addresses.choose_address(NETWORK, subnet, leased))
    assert leased == ["10.94.0.128", "10.94.0.130"]
    assert addresses.choose_address(NETWORK, subnet, leased, "10.94.0.5") == "10.94.0.5"


@pytest.mark.parametrize(
    ("subnet", "gateway"),
    [
        (Subnet(subnet="10.92.0.0/24"), "10.92.0.1"),
        (Subnet(subnet="10.92.0.0/24", gateway="10.92.0.9"), "10.92.0.9"),
        (Subnet(subnet="10.92.0.0/24", ip_range="10.92.0.128/25"), "10.92.0.128"),
    ],
)
def test_the_gateway_is_as_asked_or_the_first_that_is_free(subnet: Subnet, gateway: str) -> None:
    assert addresses.gateway(subnet) == gateway


def test_a_mac_address_is_made_of_the_address() -> None:
    assert addresses.mac_of("172.17.0.2") == "02:42:ac:11:00:02"


def test_a_bridges_address_tells_its_subnet() -> None:
    assert addresses.subnet_of("10.1.2.3/20") == Subnet(subnet="10.1.0.0/20", gateway="10.1.2.3")


@pytest.mark.parametrize("text", ["foo", "10.1.2.300/16", "fd00::1/64"])
def test_what_is_no_address_of_a_bridge_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match=f"^invalid CIDR address: {text}$"):
        addresses.subnet_of(text)


def test_ipv6_addresses_are_chosen_alike() -> None:
    subnet = Subnet(subnet="fd00:9::/64", auxiliary={"a": "fd00:9::2"})
    network = Network(id="abc", name="six", bridge="br", subnets=(SMALL, subnet), ipv6=True)
    assert addresses.gateway(subnet) == "fd00:9::1"
    assert addresses.choose_address(network, subnet, {"fd00:9::3"}) == "fd00:9::4"
    assert addresses.choose_address(network, subnet, (), "fd00:9:0::0009") == "fd00:9::9"
    with pytest.raises(Forbidden, match=r"^Address already in use$"):
        addresses.choose_address(network, subnet, {"fd00:9::9"}, "fd00:9:0::0009")


def test_without_ipv6_its_subnet_is_of_no_use() -> None:
    subnet = Subnet(subnet="fd00:9::/64")
    network = Network(id="abc", name="six", bridge="br", subnets=(SMALL, subnet))
    assert addresses.subnet_of_version(network, addresses.IPV4) == SMALL
    assert addresses.subnet_of_version(network, addresses.IPV6) is None


def test_ipv6_subnets_that_share_addresses_are_refused() -> None:
    with pytest.raises(Forbidden, match="Pool overlaps"):
        addresses.check_overlap((Subnet(subnet="fd00:9::/64"),), ("10.0.0.0/8", "fd00::/16"))
