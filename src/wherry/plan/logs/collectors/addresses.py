"""Addresses of collectors, which are URLs."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from wherry.errors import InvalidArgument
from wherry.plan.urls import check_url

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def split_url(address: str) -> SplitResult:
    """ValueError for what Go's ``net/url`` does not read."""
    try:
        check_url(address)
    except InvalidArgument as error:
        raise ValueError(str(error)) from None
    if not _SCHEME.match(address) and ":" in address.partition("/")[0]:
        raise ValueError(f'parse "{address}": first path segment in URL cannot contain colon')
    return urlsplit(address)


def port_of(text: str) -> int:
    """ValueError for what is no number of 16 bits."""
    if len(text) > 20 or int(text) > 65535:
        raise ValueError(f'invalid port: strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def host_and_port(url: SplitResult) -> tuple[str, str]:
    """As they are written, without brackets; "" for what is not."""
    authority = url.netloc.rpartition("@")[2]
    host, bracket, port = authority.rpartition("]")
    if not bracket:
        host, _, port = authority.partition(":")
    return host.removeprefix("["), port.removeprefix(":")
