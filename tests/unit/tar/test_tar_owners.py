import pytest

from wherry.tar.format.header import TarError
from wherry.tar.trees.owners import Owners

OWNERS = Owners([(0, 100000, 100), (100, 310000, 200)], [(0, 200000, 65536)])


@pytest.mark.parametrize(("inside", "outside"), [((0, 0), (100000, 200000)), ((101, 7), (310001, 200007))])
def test_owners_inside_and_outside(inside: tuple[int, int], outside: tuple[int, int]) -> None:
    assert OWNERS.outside(inside) == outside
    assert OWNERS.inside(outside) == inside


def test_who_is_nobody_outside_cannot_own_a_file() -> None:
    with pytest.raises(TarError, match="Container ID 300 cannot be mapped to a host ID"):
        OWNERS.outside((300, 0))
    with pytest.raises(TarError, match="Container ID 70000 cannot be mapped to a host ID"):
        OWNERS.outside((0, 70000))


def test_who_is_nobody_inside_is_nobody() -> None:
    assert OWNERS.inside((0, 200001)) == (65534, 1)


def test_owners_travel_as_text() -> None:
    assert Owners.parse(str(OWNERS)).outside((101, 1)) == (310001, 200001)


def test_without_ranges_all_are_the_same() -> None:
    same = Owners.parse(str(Owners()))
    assert (same.outside((5, 6)), same.inside((5, 6)), same.root) == ((5, 6), (5, 6), None)
