"""What ``ENV`` and ``LABEL`` of dockerd 26.1.5 make of the same words was asked of it; ``/`` is BuildKit's."""

from fnmatch import fnmatchcase

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


def test_nesting_and_growth_have_an_end() -> None:
    nested = "${a:-" * 1000 + "}" * 1000
    long = {"v": "x" * (1 << 20)}
    for word, variables in ((nested, {}), ("$v" * 100, long)):
        with pytest.raises(InvalidArgument):
            expand(word, variables)


def test_no_pattern_takes_long() -> None:
    value = {"v": "a" * 5000}
    assert expand("${v##" + "*a" * 30 + "b}${v%%" + "b*a" * 30 + "}${v/" + "*a" * 30 + "b/}", value) == value["v"] * 3


@given(st.text(alphabet="ab"), st.text(alphabet="ab*?", max_size=6))
def test_trimming_is_what_every_part_says(value: str, pattern: str) -> None:
    parts = [size for size in range(len(value) + 1) if fnmatchcase(value[:size], pattern)]
    ends = [size for size in range(len(value) + 1) if fnmatchcase(value[len(value) - size :], pattern)]
    assert expand("${v#" + pattern + "}", {"v": value}) == value[min(parts, default=0) :]
    assert expand("${v##" + pattern + "}", {"v": value}) == value[max(parts, default=0) :]
    assert expand("${v%" + pattern + "}", {"v": value}) == value[: len(value) - min(ends, default=0)]
    assert expand("${v%%" + pattern + "}", {"v": value}) == value[: len(value) - max(ends, default=0)]


@given(st.text(alphabet="ab$\"'{}:-+?#%/* \\", max_size=20))
def test_any_text_is_expanded_or_refused(word: str) -> None:
    try:
        expand(word, VARIABLES)
    except InvalidArgument as error:
        assert str(error).startswith("failed to process ")


@given(st.text())
def test_single_quotes_keep_everything(text: str) -> None:
    assert expand("'" + text.replace("'", "'\"'\"'") + "'", VARIABLES) == text
