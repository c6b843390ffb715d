"""What ``ENV`` and ``LABEL`` of dockerd 26.1.5 make of the same words was asked of it; ``/`` is BuildKit's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import InvalidArgument
from wherry.plan.dockerfile.expansion import expand, expand_words

VARIABLES = {"v": "foo.bar.baz", "empty": "", "two": "a b"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("$v-${v}", "foo.bar.baz-foo.bar.baz"),
        ("$none-$1-$@", "--"),
        ("$ $", "$ $"),
        ("${none:-w}${none-w}${empty:-w}${empty-w}", "www"),
        ("${v:+w}${v+w}${empty:+w}${empty+w}${none+w}", "www"),
        ("${none:-$v}", "foo.bar.baz"),
        ('${none:-"q r"}', "q r"),
        ("\"${none:-'}'}\"", "}"),
        ("${none:-a}b}", "ab}"),
        ("${v#*.}|${v##*.}|${v%.*}|${v%%.*}", "bar.baz|baz|foo.bar|foo"),
        ("${v/ba?/X}|${v//ba?/X}", "foo.X.baz|foo.X.X"),
        ("'$v'", "$v"),
        ('"\\$v\\x"', "$v\\x"),
        ("\\$v\\x", "$vx"),
        ("a\\ b", "a b"),
        ("'g\\h'", "g\\h"),
        ('"it\'s"', "it's"),
        ("'a\"b'", 'a"b'),
    ],
)
def test_variables_and_quotes(word: str, expected: str) -> None:
    assert expand(word, VARIABLES) == expected


def test_quotes_are_letters_in_documents() -> None:
    assert expand("echo \"$v\" '${two}'", VARIABLES, quotes=False) == "echo \"foo.bar.baz\" 'a b'"


def test_another_escape() -> None:
    assert expand("c:\\$two`$v", VARIABLES, "`") == "c:\\a b$v"


def test_words_are_split_after_expansion_and_not_within_quotes() -> None:
    assert expand_words('80 "8 1" $two "$two"', VARIABLES) == ("80", "8 1", "a", "b", "a b")


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("'x", "unexpected end of statement while looking for matching single-quote"),
        ('"x', "unexpected end of statement while looking for matching double-quote"),
        ("${", "syntax error: missing '}'"),
        ("${x:-y", "syntax error: missing '}'"),
        ("${}", "syntax error: bad substitution"),
        ("${x^y}", "unsupported modifier (^) in substitution"),
        ("${x:?no}", "x: no"),
        ("${x?}", "x: is not allowed to be unset"),
        ("${empty:?}", "empty: is not allowed to be empty"),
        ("${v/foo}", "syntax error: missing '/' in ${}"),
    ],
)
def test_what_cannot_be_expanded_is_told(word: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        expand(word, VARIABLES)
    assert str(caught.value).endswith(f": {reason}")
    assert str(caught.value).startswith("failed to process ")


@given(st.text())
def test_single_quotes_keep_everything(text: str) -> None:
    assert expand("'" + text.replace("'", "'\"'\"'") + "'", VARIABLES) == text
