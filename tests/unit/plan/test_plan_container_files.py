"""hosts and hostname; the texts were read in containers of dockerd 26.1.5."""

from typing import Any

import pytest

from wherry.model.container import Container, ContainerSpec, HostSpec
from wherry.model.network import Endpoint
from wherry.plan.names.etc_hosts import changed_hosts, hostname, hosts

LOOPBACK = """\
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""


def spec(name: str = "web", domain: str = "", **host: Any) -> ContainerSpec:
    return ContainerSpec(image="img", hostname=name, domainname=domain, host=HostSpec(**host))


def endpoint(ipv4: str, ipv6: str = "") -> Endpoint:
    gateway = "172.17.0.1"
    return Endpoint(
        id="e", network_id="n", network="bridge", container_id="c", ipv4=ipv4, ipv4_gateway=gateway, ipv6=ipv6
    )


@pytest.mark.parametrize(
    ("name", "domain", "line"),
    [
        ("web", "", "web"),
        ("a", "b.c", "a.b.c a"),
        ("a.b.c", "", "a.b.c a"),
        ("a.b.c", "d.e", "a.b.c.d.e a"),
    ],
)
def test_own_names(name: str, domain: str, line: str) -> None:
    text = hosts(spec(name, domain), "172.17.0.1", (endpoint("172.17.0.6"),))
    assert text == LOOPBACK + f"172.17.0.6\t{line}\n"


def test_all_own_addresses() -> None:
    text = hosts(spec(), "172.17.0.1", (endpoint("172.17.0.6", "fd00::2"), endpoint("10.0.0.2")))
    assert text == LOOPBACK + "172.17.0.6\tweb\nfd00::2\tweb\n10.0.0.2\tweb\n"


def test_extra_hosts_come_before_own_addresses() -> None:
    asked = spec(extra_hosts=("x:1.2.3.4", "y:::1", "z:host-gateway", "z:5.6.7.8"))
    text = hosts(asked, "172.17.0.1", (endpoint("172.17.0.6"),))
    assert text == LOOPBACK + "1.2.3.4\tx\n::1\ty\n172.17.0.1\tz\n5.6.7.8\tz\n172.17.0.6\tweb\n"


def test_without_a_network() -> None:
    assert hosts(spec(), "172.17.0.1", ()) == LOOPBACK


def test_hostname_is_one_line() -> None:
    assert hostname(spec("a.b", "c")) == "a.b\n"


def test_lines_of_networks_come_and_go_and_others_stay() -> None:
    first, second = endpoint("172.17.0.6"), endpoint("10.0.0.2")
    before, after = (
        Container(id="c", name="web", image_id="", chain_id="", created=0, spec=spec(), endpoints=ends)
        for ends in ((first,), (second,))
    )
    text = hosts(spec(), "", (first,)) + "1.2.3.4\tmine\n"

    assert changed_hosts(text, before, after) == LOOPBACK + "1.2.3.4\tmine\n10.0.0.2\tweb\n"
