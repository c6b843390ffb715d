"""Patterns of Go's ``filepath.Match`` as regular expressions: ``*``, ``?``, ``[a-z]``, ``[^a-z]``, backslashes.

Whoever wrote a pattern must not be able to keep us busy with it: a star but for the last one takes the first match of
what follows it and never tries another (an atomic group), which finds a match wherever there is one.
"""

import re

_STAR = "*"


def component(pattern: str) -> str:
    """The expression of a pattern that is matched against the whole of one name. ValueError for a malformed one."""
    return starred(tokens(pattern, "."), ".")


def tokens(pattern: str, anything: str) -> list[str]:
    """The expressions of a pattern's parts, in which ``?`` is ``anything``; a star is `_STAR`. ValueError."""
    found, at = list[str](), 0
    while at < len(pattern):
        if pattern[at] == "*":
            found.append(_STAR)
            at += 1
        else:
            text, at = _token(pattern, at, anything)
            found.append(text)
    return found


def starred(parts: list[str], anything: str, *, last: bool = True) -> str:
    """The expression of tokens; a star stands for any number of ``anything``. ``last``: nothing but the end follows."""
    first, *others = _segments(parts)
    if not others:
        return first
    firmly = others[:-1] if last else others
    ending = f"{anything}*{others[-1]}" if last else ""
    return first + "".join(f"(?>{anything}*?{segment})" for segment in firmly) + ending


def _segments(parts: list[str]) -> list[str]:
    """What is between the stars."""
    segments = [""]
    for part in parts:
        if part == _STAR:
            segments.append("")
        else:
            segments[-1] += part
    return segments


def _token(pattern: str, at: int, anything: str) -> tuple[str, int]:
    """The expression of what stands at ``at``, and where that ends."""
    letter, at = _next(pattern, at)
    if letter == "?":
        return anything, at
    if letter == "[":
        return _class(pattern, at)
    if letter == "\\":
        letter, at = _next(pattern, at)
    return re.escape(letter), at


def _class(pattern: str, at: int) -> tuple[str, int]:
    """A class as a regular expression, and where it ends; ``at`` is behind its bracket."""
    negated = pattern.startswith("^", at)
    at += negated
    ranges = list[str]()
    while not ranges or not pattern.startswith("]", at):
        low, at = _letter(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _letter(pattern, at + 1)
        if low <= high:
            ranges.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            raise ValueError(pattern)
    return f"[{'^' * negated}{''.join(ranges)}]", at + 1


def _letter(pattern: str, at: int) -> tuple[str, int]:
    letter, at = _next(pattern, at)
    if letter in "-]":
        raise ValueError(pattern)
    return _next(pattern, at) if letter == "\\" else (letter, at)


def _next(pattern: str, at: int) -> tuple[str, int]:
    if at == len(pattern):
        raise ValueError(pattern)
    return pattern[at], at + 1
