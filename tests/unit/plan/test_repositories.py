"""Where blobs are known to be, and where to search."""

import pytest

from wherry.errors import InvalidArgument
from wherry.model.image import Layer
from wherry.model.reference import Reference
from wherry.model.registry import Found
from wherry.plan.filters import SearchFilter
from wherry.plan.images.repositories import MAX_REMEMBERED, known_at, mountable, search_target

LAYER = Layer(chain_id="c", diff_id="d", directory="x")


def test_the_latest_repositories_are_remembered() -> None:
    layer = LAYER
    for number in range(MAX_REMEMBERED + 2):
        layer = known_at(layer, (f"r.example/{number}",))
    layer = known_at(layer, ("r.example/5",))
    assert layer.repositories[0] == "r.example/2"
    assert layer.repositories[-1] == "r.example/5"
    assert len(layer.repositories) == MAX_REMEMBERED


def test_a_blob_is_mounted_from_other_repositories_of_the_same_registry() -> None:
    target = Reference.parse("r.example/target:1")
    known = ("r.example/a", "other.example/b", "r.example/target", "r.example/c/d", "r.example/a", "r.example/e")
    assert mountable(known, target) == ("e", "a", "c/d")


@pytest.mark.parametrize(
    ("term", "target"),
    [
        ("busybox", ("docker.io", "busybox")),
        ("library/busybox", ("docker.io", "busybox")),
        ("some/thing", ("docker.io", "some/thing")),
        ("docker.io/library/x", ("docker.io", "x")),
        ("index.docker.io/x", ("docker.io", "x")),
        ("localhost/x", ("localhost", "x")),
        ("r.example:5000/some/thing", ("r.example:5000", "some/thing")),
    ],
)
def test_where_a_search_goes(term: str, target: tuple[str, str]) -> None:
    assert search_target(term) == target


def test_a_search_for_a_url_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"repository name \(http://x/a\) should not have a scheme"):
        search_target("http://x/a")


def test_what_a_search_shows() -> None:
    found = Found(name="x", stars=5, is_official=True)
    assert SearchFilter.read({}).matches(found)
    assert SearchFilter.read({"is-official": ("true",), "stars": ("3", "5")}).matches(found)
    assert not SearchFilter.read({"stars": ("6",)}).matches(found)
    assert not SearchFilter.read({"is-official": ("false",)}).matches(found)
    assert not SearchFilter.read({"is-automated": ("true",)}).matches(found)


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ({"stars": ("x",)}, "invalid filter 'stars=x': strconv.Atoi: parsing \"x\": invalid syntax"),
        ({"is-official": ("x",)}, "invalid filter 'is-official=[x]'"),
        ({"is-official": ("true", "false")}, "invalid filter 'is-official=[true false]'"),
    ],
)
def test_filters_that_make_no_sense(filters: dict[str, tuple[str, ...]], text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        SearchFilter.read(filters)
    assert str(caught.value) == text
