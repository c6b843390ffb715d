import pytest
from msgspec.structs import replace

from wherry.model.network import Network, PublishedPort, Subnet
from wherry.plan.networks import firewall

BRIDGE = Network(
    id="1", name="bridge", bridge="wherry0", subnets=(Subnet(subnet="172.17.0.0/16"), Subnet(subnet="fd00:17::/64"))
)
LONELY = Network(id="2", name="lonely", bridge="br-2", subnets=(Subnet(subnet="172.18.0.0/16"),), internal=True)
SILENT = Network(
    id="3", name="silent", bridge="br-3", subnets=(Subnet(subnet="172.19.0.0/16"),), icc=False, masquerade=False
)


def published(host_ip: str, container_ip: str = "172.17.0.2") -> PublishedPort:
    return PublishedPort(protocol="tcp", host_ip=host_ip, host_port=8080, container_ip=container_ip, container_port=80)


@pytest.mark.parametrize(
    ("host_ip", "container_ip", "name"),
    [
        ("0.0.0.0", "172.17.0.2", "ports4"),
        ("127.0.0.1", "172.17.0.2", "ports4_at"),
        ("::", "fd00:17::2", "ports6"),
        ("2001:db8::1", "fd00:17::2", "ports6_at"),
        ("::", "172.17.0.2", None),
        ("0.0.0.0", "fd00:17::2", None),
    ],
)
def test_each_port_has_its_map(host_ip: str, container_ip: str, name: str | None) -> None:
    assert firewall.map_of(published(host_ip, container_ip)) == name


def chain(ruleset: str, name: str) -> list[str]:
    """The rules of a chain, without the line of its hook."""
    body = ruleset.split(f"chain {name} {{\n", 1)[1].split("\n  }", 1)[0]
    return [line.strip() for line in body.splitlines() if not line.strip().startswith("type ")]


def test_forwarding_of_three_kinds_of_networks() -> None:
    assert chain(firewall.ruleset((BRIDGE, LONELY, SILENT)), "forward") == [
        'iifname . oifname { "wherry0" . "wherry0", "br-2" . "br-2" } accept',
        'iifname { "br-2" } drop',
        'oifname { "br-2" } drop',
        'oifname { "wherry0", "br-2", "br-3" } ct state established,related accept',
        'oifname { "wherry0", "br-2", "br-3" } ct status dnat accept',
        'oifname { "wherry0", "br-2", "br-3" } drop',
    ]


def test_only_networks_that_ask_for_it_are_masqueraded_to_the_outside() -> None:
    rules = chain(firewall.ruleset((BRIDGE, LONELY, SILENT)), "postrouting")
    assert [rule for rule in rules if "!=" in rule] == [
        'ip saddr 172.17.0.0/16 oifname != "wherry0" masquerade',
        'ip6 saddr fd00:17::/64 oifname != "wherry0" masquerade',
    ]


def test_what_leaves_may_have_an_address_that_was_chosen() -> None:
    chosen = replace(BRIDGE, host_ipv4="203.0.113.7", host_ipv6="2001:db8::7")
    rules = chain(firewall.ruleset((chosen,)), "postrouting")
    assert [rule for rule in rules if "!=" in rule] == [
        'ip saddr 172.17.0.0/16 oifname != "wherry0" snat ip to 203.0.113.7',
        'ip6 saddr fd00:17::/64 oifname != "wherry0" snat ip6 to 2001:db8::7',
    ]


def test_networks_without_a_bridge_leave_no_trace() -> None:
    host = Network(id="4", name="host", driver="host")
    assert firewall.ruleset((BRIDGE, host), ()) == firewall.ruleset((BRIDGE,), ())


def test_a_change_keeps_the_table_and_a_rebuild_does_not() -> None:
    change = firewall.ruleset((BRIDGE,)).splitlines()
    rebuild = firewall.ruleset((BRIDGE,), (published("0.0.0.0"), published("10.0.0.1"))).splitlines()
    assert change[:2] == ["add table inet wherry", "flush table inet wherry"]
    assert rebuild[:2] == ["add table inet wherry", "delete table inet wherry"]
    assert rebuild[-2:] == [
        "add element inet wherry ports4 { tcp . 8080 : 172.17.0.2 . 80 }",
        "add element inet wherry ports4_at { tcp . 10.0.0.1 . 8080 : 172.17.0.2 . 80 }",
    ]
    assert change[2:] == rebuild[2:-2]


def test_a_port_that_no_map_can_hold_is_left_out() -> None:
    assert firewall.ruleset((BRIDGE,), (published("::"),)) == firewall.ruleset((BRIDGE,), ())
