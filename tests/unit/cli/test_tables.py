"""Columns, quoted and cut text, port lists, image names, indented JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.cli.formats.json_text import indent
from wherry.cli.formats.ports import displayed
from wherry.cli.formats.tables import align
from wherry.cli.references import InvalidReference, familiar, parse
from wherry.cli.texts import ellipsis, quote, short_id


def test_columns_are_as_wide_as_their_widest_cell_and_ten_at_least() -> None:
    table = align(["ID\tNAME\tSIZE", "0123456789ab\tweb\t1kB", "1\t\t"])
    assert table == "ID             NAME      SIZE\n0123456789ab   web       1kB\n1                        \n"


def test_a_line_without_cells_parts_the_columns_above_from_those_below() -> None:
    assert (
        align(["a\tb", "x" * 20 + "\tb", "", "a\tb"])
        == "a                      b\n" + "x" * 20 + "   b\n\na         b\n"
    )


def test_narrow_columns_can_be_asked_for() -> None:
    assert align([" Version:\t1", " OS/Arch:\tlinux"], 20, 1) == " Version:           1\n OS/Arch:           linux\n"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("sh -c 'a'", "\"sh -c 'a'\""), ('a"\\', '"a\\"\\\\"'), ("\t\n\x01é\u200b", '"\\t\\n\\x01é\\u200b"')],
)
def test_commands_are_quoted_as_go_quotes(text: str, quoted: str) -> None:
    assert quote(text) == quoted


def test_long_text_ends_in_an_ellipsis() -> None:
    assert (ellipsis("12345", 5), ellipsis("123456", 5)) == ("12345", "1234…")


def test_short_ids_have_twelve_characters() -> None:
    assert short_id("sha256:" + "0123456789abcdef" * 4) == "0123456789ab"


def port(number: int, protocol: str = "tcp", address: str = "", public: int = 0) -> dict[str, object]:
    entry: dict[str, object] = {"PrivatePort": number, "Type": protocol}
    return {**entry, "IP": address, "PublicPort": public} if address else entry


@pytest.mark.parametrize(
    ("ports", "text"),
    [
        ([], ""),
        ([port(80)], "80/tcp"),
        ([port(80), port(81), port(83)], "80-81/tcp, 83/tcp"),
        ([port(80, address="0.0.0.0", public=8080)], "0.0.0.0:8080->80/tcp"),
        (
            [port(80 + n, address=address, public=80 + n) for n in (2, 0, 1) for address in ("::", "0.0.0.0")],
            "0.0.0.0:80-82->80-82/tcp, [::]:80-82->80-82/tcp",
        ),
        (
            [port(53, "udp", "10.0.0.9", 53), port(53, "udp", "9.0.0.9", 53), port(53, "tcp", "127.0.0.1", 5353)],
            "9.0.0.9:53->53/udp, 10.0.0.9:53->53/udp, 127.0.0.1:5353->53/tcp",
        ),
        ([port(1), port(3), port(1, "udp"), port(9, "udp")], "1/tcp, 1/udp, 3/tcp, 9/udp"),
    ],
)
def test_ports_in_a_row_become_a_range(ports: list[dict[str, object]], text: str) -> None:
    assert displayed(ports) == text


DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "whole", "name"),
    [
        ("busybox", "docker.io/library/busybox", "busybox"),
        ("busybox:1.36", "docker.io/library/busybox:1.36", "busybox"),
        ("foo/bar", "docker.io/foo/bar", "foo/bar"),
        ("library/foo/bar", "docker.io/library/foo/bar", "library/foo/bar"),
        ("index.docker.io/busybox", "docker.io/library/busybox", "busybox"),
        ("localhost/x", "localhost/x", "localhost/x"),
        ("127.0.0.1:5000/a/b:c", "127.0.0.1:5000/a/b:c", "127.0.0.1:5000/a/b"),
        ("quay.io/x@" + DIGEST, "quay.io/x@" + DIGEST, "quay.io/x"),
        ("x:1@" + DIGEST, "docker.io/library/x:1@" + DIGEST, "x"),
    ],
)
def test_references_are_completed_and_shortened(text: str, whole: str, name: str) -> None:
    reference = parse(text)
    assert (str(reference), reference.familiar_name) == (whole, name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "invalid reference format"),
        ("a//b", "invalid reference format"),
        ("-a", "invalid reference format"),
        ("a:", "invalid reference format"),
        ("a:b c", "invalid reference format"),
        ("a@sha256:45", "invalid reference format"),
        ("X:y", "invalid reference format: repository name (library/X) must be lowercase"),
        ("b" * 64, f"invalid repository name ({'b' * 64}), cannot specify 64-byte hexadecimal strings"),
    ],
)
def test_what_is_no_reference_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidReference) as caught:
        parse(text)
    assert str(caught.value) == message


def test_ps_shows_names_without_digest() -> None:
    assert (familiar(f"docker.io/library/x:1@{DIGEST}"), familiar("NO REF")) == ("x:1", "NO REF")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\{}[],: \né'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='a"\\:'), inner, max_size=4),
)


@given(VALUES, st.sampled_from([None, 2]))
def test_indented_json_says_the_same_with_an_entry_a_line(value: object, given_indent: int | None) -> None:
    text = json.dumps(value, indent=given_indent, ensure_ascii=False)
    assert indent(text) == json.dumps(value, indent=4, ensure_ascii=False)
