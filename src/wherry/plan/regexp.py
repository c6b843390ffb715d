"""Regular expressions of users, found as Go's RE2 finds them: without trying one way after the other.

Python's own matcher does that, and ``(a+)+!`` keeps it busy for years. Here an expression is a function from places in
a text, all at which it may begin, to all at which it may end. What matches one letter is left to ``re``.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

_DEEPEST = 50  # groups in groups
_MOST_REPEATS = 1000  # RE2's own bound: of one count, and of counts in counts
_REPEAT = re.compile(r"(?:([*+?])|\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\})\??")
_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|(?P<flags>[ims]*):))?")
_FLAGS = re.compile(r"\(\?([ims]+)\)")
_LETTER = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|[^\\()|*+?\[]", re.DOTALL)
_OPERATORS = re.compile(r"(\\.)|[\[&|~]|-(?=-)", re.DOTALL)
_PLACES = {"^": r"\A", "$": r"\Z", r"\A": r"\A", r"\z": r"\Z", r"\b": r"\b", r"\B": r"\B"}

Places = frozenset[int]
_NOWHERE: Places = frozenset()


class _Part(NamedTuple):
    """A part of an expression, and how often it repeats what is in it."""

    ends: Callable[[str, Places], Places]
    repeats: int = 1


@lru_cache(maxsize=64)
def finder(pattern: str) -> Callable[[str], bool]:
    """Whether an expression matches anywhere in a text. ValueError for what is no expression."""
    reader = _Reader(pattern)
    try:
        whole = reader.either("", 0)
        if not reader.ended:
            raise ValueError(pattern)
    except ValueError:
        raise ValueError(f"error parsing regexp: invalid expression: `{pattern}`") from None
    return lambda text: bool(whole.ends(text, frozenset(range(len(text) + 1))))


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    @property
    def ended(self) -> bool:
        return self._at == len(self._pattern)

    def either(self, flags: str, depth: int) -> _Part:
        """Alternatives, up to the end of the group."""
        if depth > _DEEPEST:
            raise ValueError(self._pattern)
        parts = [self._row(flags, depth)]
        while self._take("|"):
            parts.append(self._row(flags, depth))
        return _Part(
            lambda text, places: _NOWHERE.union(*(part.ends(text, places) for part in parts)),
            max(part.repeats for part in parts),
        )

    def _row(self, flags: str, depth: int) -> _Part:
        parts = list[_Part]()
        while not self.ended and self._pattern[self._at] not in "|)":
            if match := _FLAGS.match(self._pattern, self._at):
                flags, self._at = flags + match[1], match.end()
            else:
                parts.append(self._repeated(self._one(flags, depth)))

        def ends(text: str, places: Places) -> Places:
            for part in parts:
                places = part.ends(text, places)
            return places

        return _Part(ends, max((part.repeats for part in parts), default=1))

    def _repeated(self, part: _Part) -> _Part:
        match = _REPEAT.match(self._pattern, self._at)
        if match is None:
            return part
        self._at = match.end()
        sign, least, comma, most = match.groups()
        low = int(least or sign == "+")
        high = int(most) if most else None if comma or sign in ("*", "+") else 1 if sign else low
        repeats = part.repeats * max(low, high or 1)
        if repeats > _MOST_REPEATS or (high is not None and low > high):
            raise ValueError(self._pattern)
        return _Part(lambda text, places: _after(part, text, places, low, high), repeats)

    def _one(self, flags: str, depth: int) -> _Part:
        """A group, or what stands for a place or a letter."""
        if match := _GROUP.match(self._pattern, self._at):
            self._at = match.end()
            part = self.either(flags + (match["flags"] or ""), depth + 1)
            if not self._take(")"):
                raise ValueError(self._pattern)
            return part
        match = _LETTER.match(self._pattern, self._at)
        if match is None:
            raise ValueError(self._pattern)
        self._at = match.end()
        return _letter(match[0], flags)

    def _take(self, letter: str) -> bool:
        taken = self._pattern.startswith(letter, self._at)
        self._at += taken
        return taken


def plain_class(written: str) -> str:
    """A class in brackets for ``re``, which would take some letters in it for operators one day, and warns of it."""
    return "[" + _OPERATORS.sub(lambda found: found[0] if found[1] else f"\\{found[0]}", written[1:])


def _letter(written: str, flags: str) -> _Part:
    expression = plain_class(written) if written[0] == "[" else _PLACES.get(written, written)
    try:
        test = re.compile(expression, sum(re.RegexFlag[flag.upper()] for flag in set(flags)))
    except re.error as error:
        raise ValueError(written) from error
    return _Part(lambda text, places: frozenset(found.end() for at in places if (found := test.match(text, at))))


def _after(part: _Part, text: str, places: Places, low: int, high: int | None) -> Places:
    """Where ``part`` ends when it stands ``low`` to ``high`` times in a row; None for any number."""
    for _ in range(low):
        places = part.ends(text, places)
    reached = new = places
    times = low
    while new and times != high:
        new = part.ends(text, new) - reached
        reached |= new
        times += 1
    return reached
