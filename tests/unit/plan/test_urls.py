"""URLs that Go refuses, in its words (asked of dockerd 26.1: ``POST /auth`` with such an address)."""

import pytest

from wherry.errors import InvalidArgument
from wherry.plan.urls import check_url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://a\bb", r'parse "https://a\bb": net/url: invalid control character in URL'),
        ("https://a/b\bc", r'parse "https://a/b\bc": net/url: invalid control character in URL'),
        ("https://a b", 'parse "https://a b": invalid character " " in host name'),
        ("https://a|b", 'parse "https://a|b": invalid character "|" in host name'),
        ("https://a%zz", 'parse "https://a%zz": invalid URL escape "%zz"'),
        ("https://[::1", "parse \"https://[::1\": missing ']' in host"),
        ("https://[::1]x", 'parse "https://[::1]x": invalid port "x" after host'),
        ("https://é:x", 'parse "https://é:x": invalid port ":x" after host'),
    ],
)
def test_what_is_no_url(url: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_url(url)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "url", ["https://é", "http://[::1]:80/a b", "https://user:p|w@host:5000/x?y#z", "http://h:/%41"]
)
def test_what_is_one(url: str) -> None:
    check_url(url)
