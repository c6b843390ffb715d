"""Patterns of shells in ``${x#pattern}`` and ``${x/pattern/…}``: ``*``, ``?`` and backslashes (POSIX, 2.13.1).

A star but for the last one takes the first match of what follows it and never tries another (an atomic group): that
finds a match wherever there is one, and nobody's pattern keeps us busy.
"""

import re

from wherry.errors import InvalidArgument

_STAR = "*"
_ESCAPABLE = frozenset("*?\\}/")


def trimmed(value: str, pattern: str, kind: str) -> str:
    """Without what matches at its beginning (``kind`` is ``#``) or its end (``%``), the shortest there is; a pattern
    that begins with ``kind`` once more takes the longest."""
    longest = pattern.startswith(kind)
    tokens = _tokens(pattern[1:] if longest else pattern)
    if kind == "#":
        return _without(value, tokens, longest)
    return _without(value[::-1], tokens[::-1], longest)[::-1]


def replaced(value: str, pattern: str, replacement: str, *, everywhere: bool) -> str:
    """With the longest match, the first or each, replaced."""
    expression = _expression(_tokens(pattern), longest=True)
    return expression.sub(lambda _: replacement, value, count=0 if everywhere else 1)


def _without(value: str, tokens: list[str], longest: bool) -> str:
    match = _expression(tokens, longest=longest).match(value)
    return value[match.end() :] if match else value


def _tokens(pattern: str) -> list[str]:
    """One expression for each character that is to match, or a star."""
    tokens: list[str] = []
    escaped = False
    for character in pattern:
        if escaped and character not in _ESCAPABLE:
            raise InvalidArgument(f"invalid pattern ({pattern}) in substitution: invalid escape '\\{character}'")
        if character == "\\" and not escaped:
            escaped = True
            continue
        is_special = character in "*?" and not escaped
        tokens.append({"*": _STAR, "?": "."}[character] if is_special else re.escape(character))
        escaped = False
    if escaped:
        raise InvalidArgument(f"invalid pattern ({pattern}) in substitution: invalid escape '\\'")
    return tokens


def _expression(tokens: list[str], *, longest: bool) -> re.Pattern[str]:
    segments = [""]
    for token in tokens:
        if token == _STAR:
            segments.append("")
        else:
            segments[-1] += token
    first, *others = segments
    ending = f".*{others.pop()}" if longest and others else ""
    return re.compile(first + "".join(f"(?>.*?{segment})" for segment in others) + ending, re.DOTALL)
