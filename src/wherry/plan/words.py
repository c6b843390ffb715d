"""Words of an instruction's line: split at spaces, unquoted, variables filled in (Dockerfile reference, "ENV")."""

import re
from collections.abc import Mapping

from wherry.errors import InvalidArgument

_QUOTES = "\"'"
_VARIABLE = re.compile(
    r"\$(?:(?P<plain>[A-Za-z_]\w*|\d)|\{(?P<name>[A-Za-z_]\w*)(?::?(?P<kind>[-+])(?P<word>[^{}]*))?\})"
)


def split(line: str) -> list[str]:
    """The words of a line as they stand, with their quotes and backslashes; spaces within quotes do not split."""
    words: list[str] = []
    current, quote, position = "", "", 0
    while position < len(line):
        character = line[position]
        if character == "\\" and quote != "'":
            current += line[position : position + 2]
            position += 2
            continue
        if character in _QUOTES and quote in ("", character):
            quote = "" if quote else character
        if character.isspace() and not quote:
            words += [current] if current else []
            current = ""
        else:
            current += character
        position += 1
    return words + ([current] if current else [])


def expand(word: str, variables: Mapping[str, str]) -> str:
    """A word without its quotes, with ``$name``, ``${name}``, ``${name:-word}`` and ``${name:+word}`` filled in.

    Nothing is filled in within single quotes. InvalidArgument for a quote without its end.
    """
    result, quote, position = "", "", 0
    while position < len(word):
        character = word[position]
        if character == "\\" and quote != "'":
            result += _escaped(word[position + 1 : position + 2], quote)
            position += 2
            continue
        if character in _QUOTES and quote in ("", character):
            quote = "" if quote else character
        elif character == "$" and quote != "'" and (match := _VARIABLE.match(word, position)):
            result += _value(match, variables)
            position = match.end()
            continue
        else:
            result += character
        position += 1
    if quote:
        kind = "double" if quote == '"' else "single"
        raise InvalidArgument(f"unexpected end of statement while looking for matching {kind}-quote")
    return result


def _escaped(character: str, quote: str) -> str:
    """In double quotes a backslash is for ``"``, ``$`` and itself alone."""
    return "\\" + character if quote and character not in '"$\\' else character


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    value = variables.get(match["plain"] or match["name"], "")
    if match["kind"] == "-":
        return value or expand(match["word"], variables)
    if match["kind"] == "+":
        return expand(match["word"], variables) if value else ""
    return value
