import pytest

from wherry.errors import InternalError, PortInUse
from wherry.model.network import PortBinding, PortSpec
from wherry.plan.networks import ports

Taken = set[tuple[str, str, int]]


def bind(
    *specs: PortSpec,
    leased: Taken = set(),  # noqa: B006
    refused: Taken = set(),  # noqa: B006
    anywhere: tuple[str, ...] = ("0.0.0.0",),
    ipv6: bool = True,
) -> list[tuple[str, int]]:
    """Host address and port of each of ``specs``."""

    def is_leased(protocol: str, address: str, port: int) -> bool:
        return any((protocol, port) == (p, n) and ports.clash(address, a) for p, a, n in leased)

    bound = ports.bind(
        specs,
        leased=is_leased,
        refused=lambda *key: key in refused,
        ephemeral=ports.rotated(range(32768, 32772), 0),
        anywhere=anywhere,
        ipv6=ipv6,
    )
    return [(binding.host_ip, binding.host_port) for binding in bound]


def test_a_fixed_port_is_taken_on_all_addresses_or_on_one() -> None:
    wanted = (
        PortSpec(container_port=80, host_port="8080"),
        PortSpec(container_port=81, host_ip="127.0.0.1", host_port="81"),
    )
    assert bind(*wanted) == [("0.0.0.0", 8080), ("127.0.0.1", 81)]


@pytest.mark.parametrize(
    ("mine", "theirs"), [("", "0.0.0.0"), ("127.0.0.1", "0.0.0.0"), ("", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")]
)
def test_a_port_of_another_container_is_refused(mine: str, theirs: str) -> None:
    with pytest.raises(PortInUse, match=r"^Bind for (0\.0\.0\.0|127\.0\.0\.1):80 failed: port is already allocated$"):
        bind(PortSpec(container_port=80, host_ip=mine, host_port="80"), leased={("tcp", theirs, 80)})


@pytest.mark.parametrize("other", [("udp", "0.0.0.0", 80), ("tcp", "192.0.2.1", 80), ("tcp", "0.0.0.0", 81)])
def test_ports_of_other_protocols_addresses_and_numbers_do_not_matter(other: tuple[str, str, int]) -> None:
    wanted = PortSpec(container_port=80, host_ip="127.0.0.1", host_port="80")
    assert bind(wanted, leased={other}) == [("127.0.0.1", 80)]


def test_one_container_cannot_have_a_port_twice() -> None:
    with pytest.raises(PortInUse):
        bind(PortSpec(container_port=80, host_port="80"), PortSpec(container_port=81, host_port="80"))


def test_ports_that_are_named_are_chosen_before_those_that_may_be_any() -> None:
    asked = (PortSpec(container_port=80), PortSpec(container_port=8080, host_port="32768"))

    wanted = ports.wanted(asked, (), publish_all=False)

    assert sorted(bind(*wanted)) == [("0.0.0.0", 32768), ("0.0.0.0", 32769)]


def test_the_first_free_port_of_a_range_is_taken() -> None:
    wanted = PortSpec(container_port=80, host_port="80-82")
    assert bind(wanted) == [("0.0.0.0", 80)]
    assert bind(wanted, leased={("tcp", "0.0.0.0", 80)}, refused={("tcp", "0.0.0.0", 81)}) == [("0.0.0.0", 82)]
    assert bind(wanted, wanted, wanted) == [("0.0.0.0", 80), ("0.0.0.0", 81), ("0.0.0.0", 82)]


def test_a_full_range_is_told() -> None:
    with pytest.raises(InternalError, match=r"^all ports are allocated$"):
        bind(
            PortSpec(container_port=80, host_port="80-81"),
            leased={("tcp", "0.0.0.0", 80)},
            refused={("tcp", "0.0.0.0", 81)},
        )


def test_any_port_is_the_next_ephemeral_one_that_is_free() -> None:
    wanted = (PortSpec(container_port=80), PortSpec(container_port=81), PortSpec(container_port=82))
    taken = bind(*wanted[:2], leased={("tcp", "0.0.0.0", 32769)}, refused={("tcp", "0.0.0.0", 32768)})
    assert taken == [("0.0.0.0", 32770), ("0.0.0.0", 32771)]
    with pytest.raises(InternalError, match=r"^all ports are allocated$"):
        bind(*wanted, leased={("tcp", "0.0.0.0", 32769)}, refused={("tcp", "0.0.0.0", 32768)})


def test_the_host_is_not_asked_about_a_port_of_which_there_is_no_choice() -> None:
    assert bind(PortSpec(container_port=80, host_port="80"), refused={("tcp", "0.0.0.0", 80)}) == [("0.0.0.0", 80)]


def test_no_address_means_both_ip_versions_with_one_port() -> None:
    anywhere = ("0.0.0.0", "::")
    wanted = (PortSpec(container_port=80), PortSpec(container_port=81, host_ip="0.0.0.0", host_port="81"))

    assert bind(*wanted, anywhere=anywhere) == [("0.0.0.0", 32768), ("::", 32768), ("0.0.0.0", 81)]
    assert bind(*wanted, anywhere=anywhere, refused={("tcp", "::", 32768)})[0] == ("0.0.0.0", 32769)
    assert bind(*wanted, anywhere=anywhere, ipv6=False) == [("0.0.0.0", 32768), ("0.0.0.0", 81)]


def test_ip_versions_do_not_clash() -> None:
    wanted = PortSpec(container_port=80, host_ip="::1", host_port="80")

    assert bind(wanted, leased={("tcp", "0.0.0.0", 80)}) == [("::1", 80)]
    with pytest.raises(PortInUse, match=r"^Bind for ::1:80 failed: port is already allocated$"):
        bind(wanted, leased={("tcp", "::", 80)})


def test_the_protocol_stays() -> None:
    bound = ports.bind(
        (PortSpec(container_port=53, protocol="udp", host_port="53"),),
        leased=lambda *_: False,
        refused=lambda *_: False,
        ephemeral=iter(()),
    )
    assert bound == (PortBinding(host_ip="0.0.0.0", host_port=53, container_port=53, protocol="udp"),)


def test_ephemeral_ports_go_on_where_the_last_was() -> None:
    assert list(ports.rotated(range(5, 9), 6)) == [7, 8, 5, 6]
    assert list(ports.rotated(range(5, 9), 8)) == [5, 6, 7, 8]
    assert list(ports.rotated(range(5, 9), 0)) == [5, 6, 7, 8]


def test_exposed_ports_are_published_only_if_all_are() -> None:
    asked = (PortSpec(container_port=443, host_port="443"),)
    exposed = ("80/tcp", "443/tcp", "443/udp", "53", "80/odd")
    assert ports.wanted(asked, exposed, publish_all=False) == asked
    assert ports.wanted(asked, exposed, publish_all=True) == (
        PortSpec(container_port=443, host_port="443"),
        PortSpec(container_port=53),
        PortSpec(container_port=80),
        PortSpec(container_port=443, protocol="udp"),
    )
