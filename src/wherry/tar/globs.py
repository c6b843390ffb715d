"""Patterns of Go's ``filepath.Match`` as regular expressions: ``*``, ``?``, ``[a-z]``, ``[^a-z]``, backslashes."""

import re


def component(pattern: str) -> str:
    """The expression of a pattern that is matched against one name. ValueError for a malformed one."""
    parts, at = list[str](), 0
    while at < len(pattern):
        if pattern[at] == "*":
            text, at = ".*", at + 1
        else:
            text, at = token(pattern, at, ".")
        parts.append(text)
    return "".join(parts)


def token(pattern: str, at: int, anything: str) -> tuple[str, int]:
    """The expression of what stands at ``at``, and where that ends; ``anything`` is what ``?`` stands for.

    ValueError for what is malformed.
    """
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
