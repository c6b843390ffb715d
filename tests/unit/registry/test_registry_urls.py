"""Addresses that a user or a registry names, and that lead nowhere."""

import pytest

from wherry.registry.dial import Origin
from wherry.registry.reasons import ConnectionFailed
from wherry.registry.urls import join, quoted, split, target_of


@pytest.mark.parametrize(
    "url", ["https://[::1", "https://a b/", "https://a\x7fb/", "https://a:b/", "https://" + "é" * 80]
)
def test_no_connection_to_what_is_no_host(url: str) -> None:
    with pytest.raises(ConnectionFailed):
        Origin.of(url, True)


def test_a_host_beyond_ascii() -> None:
    assert Origin.of("https://É.example:5000/", True)[1:4] == ("xn--9ca.example", 5000, "xn--9ca.example:5000")


@pytest.mark.parametrize("location", ["//[", "https://[x"])
def test_a_redirect_to_no_url(location: str) -> None:
    with pytest.raises(ConnectionFailed):
        join("https://registry/v2/", location)


def test_a_realm_that_is_no_url() -> None:
    with pytest.raises(ConnectionFailed):
        split("https://[token")


def test_a_target_fits_a_request_line() -> None:
    assert quoted("/a b\r\n/é?x=%41&y[]=1") == "/a%20b%0D%0A/%C3%A9?x=%41&y[]=1"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://host", "/"),
        ("http://host?service=registry", "/?service=registry"),
        ("http://host/v2/a b#part", "/v2/a%20b"),
    ],
)
def test_what_a_request_line_has_of_a_url(url: str, target: str) -> None:
    assert target_of(url) == target
