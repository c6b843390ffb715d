"""Expressions of Go's syntax, found as Python finds them, and soon."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.plan.regexp import finder


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("web", "my-web-1", True),
        ("^web$", "web1", False),
        ("^web[0-9]+$", "web12", True),
        ("^(web|db)_?[^a-z]{2,3}$", "db_12", True),
        ("^(web|db)_?[^a-z]{2,3}$", "db1", False),
        ("(?i)WEB", "web", True),
        ("(?i:W)EB", "web", False),
        ("(?P<name>a)(?:b)?c", "ac", True),
        (r"\bdb\b", "my.db.1", True),
        (r"\d{3}", "a12b", False),
        ("a{,3}", "a{,3}", True),
        ("a*?b|", "c", True),
        (r"[a\]&&|b-]", "&", True),
        ("[[]", "[", True),
        (r"\.", "a", False),
    ],
)
def test_what_is_found(pattern: str, text: str, found: bool) -> None:
    assert finder(pattern)(text) is found


NO_EXPRESSIONS = ["*", "a**", "(", ")", "[a", "a{3,2}", "a{1001}", "(a{100}){100}", "(" * 60 + ")" * 60, "a\\", r"\y"]


@pytest.mark.parametrize("pattern", NO_EXPRESSIONS)
def test_what_is_no_expression(pattern: str) -> None:
    with pytest.raises(ValueError) as caught:
        finder(pattern)
    assert str(caught.value) == f"error parsing regexp: invalid expression: `{pattern}`"


@pytest.mark.parametrize(
    "pattern", ["(a+)+!", "(a|a)*!", "(a*)*(a*)*(a*)*!", "a?" * 200 + "a" * 200 + "!", "(((a{0,10}){0,10}){0,10})*!"]
)
def test_no_expression_keeps_us_busy(pattern: str) -> None:
    assert not finder(pattern)("a" * 200)


PIECES = r"[ab.]|\[\^?[ab.]{1,2}\]|\((\?:)?[ab|]{0,3}\)[*+?]?|[ab][*+?]\??|[ab]\{[0-3]\}|[$^]"


@given(st.from_regex(f"({PIECES}){{0,6}}", fullmatch=True), st.text("abc", max_size=6))
def test_the_same_is_found_as_by_python(pattern: str, text: str) -> None:
    assert finder(pattern)(text) == (re.search(pattern.replace("$", r"\Z"), text) is not None)
