"""``WWW-Authenticate``: how a registry wants to be asked (RFC 9110 section 11, distribution's token specification)."""

import re
from collections.abc import Iterable

from msgspec import Struct

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PART = re.compile(rf'\s*(?P<name>{_TOKEN})(?:\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,"]+)))?\s*,?')


class Challenge(Struct, frozen=True, kw_only=True):
    """``scheme`` is in lower case: ``basic`` or ``bearer``."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""
    error: str = ""
    error_description: str = ""


_KNOWN = frozenset(Challenge.__struct_fields__) - {"scheme"}


def parse_challenges(values: Iterable[str]) -> tuple[Challenge, ...]:
    """The challenges of all the headers of one answer, in order. What is no challenge is left out."""
    return tuple(challenge for value in values for challenge in _parse(value))


def _parse(value: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str]]] = []
    position = 0
    while (match := _PART.match(value, position)) is not None:
        position = match.end()
        text = match["quoted"] if match["quoted"] is not None else match["plain"]
        if text is None:
            found.append((match["name"].lower(), {}))
        elif found:
            found[-1][1].setdefault(match["name"].lower(), re.sub(r"\\(.)", r"\1", text))
    return [
        Challenge(scheme=scheme, **{name: text for name, text in given.items() if name in _KNOWN})
        for scheme, given in found
    ]
