"""URLs: what Go's ``net/url`` takes for one, and what of one is shown."""

import json
import re
from urllib.parse import urlsplit

from wherry.errors import InvalidArgument

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_IN_HOST = re.compile(r'[ "<>\\^`{|}]')
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_HIDDEN = "xxxxx:xxxxx"
_PORT = re.compile(r"(:[0-9]*)?")


def check_url(url: str) -> None:
    """InvalidArgument, in the words of ``net/url``, for what is no URL."""
    reason = _problem(url)
    if reason:
        raise InvalidArgument(f"parse {_quoted(url)}: {reason}")


def masked(url: str) -> str:
    """A URL without the name and the password in it, as dockerd shows it."""
    place = urlsplit(url).netloc
    credentials, at, host = place.rpartition("@")
    return url.replace(place, f"{_HIDDEN}@{host}", 1) if at and credentials else url


def _problem(url: str) -> str:
    if _CONTROL.search(url):
        return "net/url: invalid control character in URL"
    host = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0].rpartition("@")[2]
    if found := _NOT_IN_HOST.search(host):
        return f"invalid character {_quoted(found[0])} in host name"
    if found := _NO_ESCAPE.search(url):
        return f'invalid URL escape "{found[0]}"'
    if host.startswith("[") and "]" not in host:
        return "missing ']' in host"
    port = host.rpartition("]")[2] if host.startswith("[") else "".join(host.partition(":")[1:])
    return "" if _PORT.fullmatch(port) else f"invalid port {_quoted(port)} after host"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
