"""Any filter is one, or is refused; no pattern keeps the engine busy."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import InvalidArgument
from wherry.model.container import Container, ContainerSpec
from wherry.model.event import Event
from wherry.model.image import Image, ImageConfig, Platform
from wherry.model.reference import Reference
from wherry.plan.filters import (
    ContainerFilter,
    ImageFilter,
    SearchFilter,
    matches,
    matches_reference,
    parse_filters,
    parse_labels,
    parse_until,
)

BOX = Container(id="c0ffee", name="box", image_id="sha256:aa", chain_id="", created=1, spec=ContainerSpec(image="i"))
IMAGE = Image(
    id="sha256:aa",
    platform=Platform(os="linux", architecture="amd64"),
    config=ImageConfig(),
    diff_ids=(),
    chain_id="",
    history=(),
    created=1,
)
NAME = Reference.parse("registry.example/team/web:1")
KEYS = st.sampled_from(
    [
        "ancestor", "before", "dangling", "driver", "event", "exited", "expose", "health", "id", "image", "is-official",
        "is-task", "label", "label!", "name", "network", "publish", "reference", "since", "stars", "status", "type",
        "until", "volume",
    ]
)  # fmt: skip
VALUES = st.sampled_from(["true", "1", "running", "80-90/tcp", "a=b", "^b(o|x)+$", "*/web:*", "10m", "none", "9" * 30])
FILTERS = st.dictionaries(KEYS, st.lists(VALUES | st.text(max_size=6), max_size=2), max_size=3)
TEXTS = FILTERS.map(json.dumps) | st.dictionaries(KEYS, st.dictionaries(VALUES, st.booleans())).map(json.dumps)


@given(TEXTS | st.text(max_size=20))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    try:
        found = parse_filters(text)
    except InvalidArgument as error:
        assert str(error)
        return
    for work in (
        lambda: ContainerFilter.read(found).matches(BOX),
        lambda: ImageFilter.read(found).matches(IMAGE, (NAME,)),
        lambda: SearchFilter.read(found),
        lambda: matches(Event(kind="container", action="die", actor="c0ffee", time=1), found),
        lambda: (parse_labels(found), parse_until(found, now=1)),
    ):
        try:
            work()
        except InvalidArgument as error:
            assert str(error)


@given(st.text(alphabet="ab*?[]^-\\/|&~!.:", max_size=20))
def test_any_pattern_of_names_is_one_or_refused(pattern: str) -> None:
    try:
        matches_reference(pattern, NAME)
    except InvalidArgument as error:
        assert str(error) == "syntax error in pattern"


@pytest.mark.parametrize("pattern", ["*a" * 40, "*a?" * 40 + "!", "[a]*" * 40 + "!"])
def test_no_pattern_of_names_keeps_us_busy(pattern: str) -> None:
    assert not matches_reference(pattern, Reference.parse("a" * 200 + "b"))


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("*/*/web:*", True),
        ("*/web*", False),
        ("*ex*e/*m/w?[a-c]", True),
        ("registry.*/*:2", False),
        ("r*y.*e/t*m/*b", True),
    ],
)
def test_stars_stop_at_slashes(pattern: str, matched: bool) -> None:
    assert matches_reference(pattern, NAME) is matched
