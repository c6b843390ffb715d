"""Words of an instruction's line as they stand: with their quotes and escapes, nothing filled in."""

import re
from collections.abc import Iterator

_BLANK = re.compile(r"[ \t\v\f\r]+")
_QUOTES = "\"'"


def head(line: str) -> tuple[str, str]:
    """The first word of a line, and the rest without the space around it."""
    keyword, *rest = _BLANK.split(line.strip(), maxsplit=1)
    return keyword, rest[0].strip() if rest else ""


def blank_separated(line: str) -> tuple[str, ...]:
    """Split at space, whatever the quotes say."""
    return tuple(_BLANK.split(line)) if line else ()


def split_words(line: str, escape: str) -> tuple[str, ...]:
    """Split at space that is neither quoted nor escaped."""
    return tuple(line[start:end] for start, end in spans(line, escape))


def spans(line: str, escape: str) -> Iterator[tuple[int, int]]:
    """Where the words of `split_words` begin and end."""
    start = 0
    while start < len(line):
        if line[start].isspace():
            start += 1
            continue
        end = _end(line, start, escape)
        yield start, end
        start = end


def _end(line: str, start: int, escape: str) -> int:
    quote, at = "", start
    while at < len(line):
        character = line[at]
        if character == escape and quote != "'":
            at += 1
        elif quote:
            quote = "" if character == quote else quote
        elif character in _QUOTES:
            quote = character
        elif character.isspace():
            return at
        at += 1
    return len(line)


def unquoted(word: str, escape: str) -> str:
    """A word without its quotes and escapes."""
    result, quote, at = "", "", 0
    while at < len(word):
        character = word[at]
        if character == escape and quote != "'":
            result += word[at + 1 : at + 2]
            at += 1
        elif character == quote:
            quote = ""
        elif not quote and character in _QUOTES:
            quote = character
        else:
            result += character
        at += 1
    return result
