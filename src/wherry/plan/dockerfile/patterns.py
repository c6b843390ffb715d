"""Patterns of shells in ``${x#pattern}`` and ``${x/pattern/…}``: ``*``, ``?`` and backslashes (POSIX, 2.13.1)."""

import re

from wherry.errors import InvalidArgument


def trimmed(value: str, pattern: str, kind: str) -> str:
    """Without what matches at its beginning (``kind`` is ``#``) or its end (``%``), the shortest there is; a pattern
    that begins with ``kind`` once more takes the longest."""
    longest = pattern.startswith(kind)
    expression = _expression(pattern[1:] if longest else pattern)
    ends = range(len(value) + 1)
    for size in reversed(ends) if longest else ends:
        part = value[:size] if kind == "#" else value[len(value) - size :]
        if expression.fullmatch(part):
            return value[size:] if kind == "#" else value[: len(value) - size]
    return value


def replaced(value: str, pattern: str, replacement: str, *, everywhere: bool) -> str:
    """With the longest match, the first or each, replaced."""
    return _expression(pattern).sub(lambda _: replacement, value, count=0 if everywhere else 1)


def _expression(pattern: str) -> re.Pattern[str]:
    result, at = "", 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            at += 1
            character = pattern[at : at + 1]
            if character not in ("*", "?", "\\", "}", "/"):
                raise InvalidArgument(f"invalid pattern ({pattern}) in substitution: invalid escape '\\{character}'")
            result += re.escape(character)
        else:
            result += {"*": ".*", "?": "."}.get(character, re.escape(character))
        at += 1
    return re.compile(result, re.DOTALL)
