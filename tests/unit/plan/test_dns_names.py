"""Whom names mean."""

import pytest

from wherry.model.network import Endpoint
from wherry.plan.names.answering import addresses, called, name_at
from wherry.plan.names.message import Kind


def end(network: str, name: str, ipv4: str, *names: str, ipv6: str = "", **links: str) -> Endpoint:
    return Endpoint(
        id=f"{name}-{network}",
        network_id=f"id-of-{network}",
        network=network,
        container_id=name,
        ipv4=ipv4,
        ipv6=ipv6,
        names=(name, *names),
        links=links,
    )


OWN = (end("front", "box", "10.1.0.2", W="web"), end("Back.Net", "box", "10.2.0.2"))
OTHERS = (
    end("front", "web", "10.1.0.3", "pool", "a.b", ipv6="fd00::3"),
    end("front", "api", "10.1.0.4", "pool"),
    end("Back.Net", "web", "10.2.0.3"),
    end("Back.Net", "store", "10.2.0.4"),
    end("elsewhere", "far", "10.3.0.3"),
)


class World:
    def named(self, network_id: str, name: str) -> tuple[Endpoint, ...]:
        return tuple(each for each in (*OWN, *OTHERS) if each.network_id == network_id and name in each.names)

    def at(self, network_id: str, address: str) -> Endpoint | None:
        ends = (each for each in (*OWN, *OTHERS) if each.network_id == network_id)
        return next((each for each in ends if address in (each.ipv4, each.ipv6)), None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("web", ["10.1.0.3"]),
        ("pool", ["10.1.0.3", "10.1.0.4"]),
        ("store", ["10.2.0.4"]),
        ("web.front", ["10.1.0.3"]),
        ("web.back.net", ["10.2.0.3"]),
        ("a.b", ["10.1.0.3"]),
        ("a.b.front", ["10.1.0.3"]),
        ("w", ["10.1.0.3"]),
        ("w.front", ["10.1.0.3"]),
        ("w.back.net", []),
        ("box", ["10.1.0.2"]),
        ("far", []),
        ("far.elsewhere", []),
        ("store.front", []),
        ("", []),
    ],
)
def test_names(name: str, expected: list[str]) -> None:
    assert [each.ipv4 for each in called(World(), OWN, name)] == expected


@pytest.mark.parametrize(
    ("reverse", "expected"),
    [
        ("3.0.1.10.in-addr.arpa", "web.front"),
        ("4.0.2.10.in-addr.arpa", "store.Back.Net"),
        ("3.0.3.10.in-addr.arpa", ""),
        (f"3.0.0.0.{'0.' * 24}0.0.d.f.ip6.arpa", "web.front"),
        ("1.2.3.in-addr.arpa", ""),
        ("x.y.z.w.in-addr.arpa", ""),
        ("1.ip6.arpa", ""),
        ("web.front", ""),
    ],
)
def test_addresses_back_to_names(reverse: str, expected: str) -> None:
    assert name_at(World(), OWN, reverse) == expected


def test_each_kind_of_record_has_its_addresses() -> None:
    pool = called(World(), OWN, "pool")
    assert addresses(pool, Kind.A) == ["10.1.0.3", "10.1.0.4"]
    assert addresses(pool, Kind.AAAA) == ["fd00::3"]
    assert addresses(pool, 16) == []
