"""Documents in a Dockerfile: which of them a line opens (Dockerfile reference, "Here-Documents")."""

import re

from msgspec import Struct

from wherry.plan.dockerfile.words import head, split_words

_OPENING = re.compile(r"\d*<<(-?)([^<]+)")
_QUOTING = re.compile(r"[\"'\\]")
_TAKING = frozenset(("ADD", "COPY", "RUN"))


class Opening(Struct, frozen=True):
    """``<<name``. ``strips``: tabs at the beginning of its lines do not count. ``expand``: variables count."""

    name: str
    strips: bool
    expand: bool


def opening(word: str) -> Opening | None:
    """What a word opens; None for any other word."""
    match = _OPENING.fullmatch(word)
    if match is None:
        return None
    name = _QUOTING.sub("", match[2])
    return Opening(name, strips=bool(match[1]), expand=name == match[2]) if name else None


def openings(line: str, escape: str) -> tuple[Opening, ...]:
    """All documents that an instruction's line opens, in their order."""
    keyword, rest = head(line)
    if keyword.upper() == "ONBUILD":
        keyword, rest = head(rest)
    if keyword.upper() not in _TAKING or rest.startswith("["):
        return ()
    return tuple(found for word in split_words(rest, escape) if (found := opening(word)))
