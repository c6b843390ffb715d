"""An instruction's line in its parts, and the shapes that arguments come in."""

from typing import Any, TypedDict

import msgspec
from msgspec import Struct

from wherry.errors import InvalidArgument
from wherry.model.malformed import MALFORMED
from wherry.plan.dockerfile.flags import split_flags
from wherry.plan.dockerfile.instructions import CommandLine, Pair, Position
from wherry.plan.dockerfile.source import Line
from wherry.plan.dockerfile.words import blank_separated, head, split_words


class Place(TypedDict):
    """What all instructions have."""

    position: Position
    text: str


class Statement(Struct, frozen=True, kw_only=True):
    """``word`` is what the line begins with, ``keyword`` the same in capitals; ``flags`` are as they were given,
    ``rest`` is all behind them.

    The methods raise InvalidArgument in Docker's words.
    """

    line: Line
    word: str
    flags: tuple[str, ...]
    rest: str
    escape: str

    @property
    def keyword(self) -> str:
        return self.word.upper()

    @property
    def place(self) -> Place:
        return Place(position=self.line.position, text=self.line.text)

    def listed(self) -> tuple[str, ...] | None:
        """The arguments as JSON; None for what is no JSON list."""
        return json_list(self.rest)

    def words(self) -> tuple[str, ...]:
        """A JSON list, or words between spaces."""
        listed = self.listed()
        return blank_separated(self.rest) if listed is None else listed

    def some(self) -> tuple[str, ...]:
        """Words, one at least."""
        words = self.words()
        if not words:
            raise InvalidArgument(f"{self.keyword} requires at least one argument")
        return words

    def one(self) -> str:
        if not self.rest:
            raise InvalidArgument(f"{self.keyword} requires exactly one argument")
        return self.rest

    def command(self) -> CommandLine:
        return command_line(self.rest)

    def pairs(self) -> tuple[Pair, ...]:
        """``name=value …``, or in its old form ``name value``."""
        words = split_words(self.rest, self.escape)
        if not words:
            raise InvalidArgument(f"{self.keyword} requires at least one argument")
        pairs = tuple(map(_pair, words)) if "=" in words[0] else (self._old_pair(),)
        if not all(pair.name for pair in pairs):
            raise InvalidArgument(f"{self.keyword} names can not be blank")
        return pairs

    def _old_pair(self) -> Pair:
        name, value = head(self.rest)
        if not value:
            raise InvalidArgument(f"{self.keyword} must have two arguments")
        return Pair(name, value)


def statement(line: Line, escape: str) -> Statement:
    word, rest = head(line.text)
    flags, rest = split_flags(rest, escape)
    return Statement(line=line, word=word, flags=flags, rest=rest, escape=escape)


def command_line(text: str) -> CommandLine:
    """A JSON list is a program and its arguments, all else a line for the shell."""
    listed = json_list(text)
    return CommandLine((text,), shell=True) if listed is None else CommandLine(listed, shell=False)


def json_list(text: str) -> tuple[str, ...] | None:
    """None for what is no JSON list: Docker takes that for plain text without a word. A list of others is an error."""
    if not text.startswith("["):
        return None
    try:
        found: list[Any] = msgspec.json.decode(text, type=list[Any])
    except MALFORMED:
        return None
    if not all(isinstance(word, str) for word in found):
        raise InvalidArgument("when using JSON array syntax, arrays must be comprised of strings only")
    return tuple(found)


def _pair(word: str) -> Pair:
    name, equals, value = word.partition("=")
    if not equals:
        quoted = msgspec.json.encode(word).decode()
        raise InvalidArgument(f"Syntax error - can't find = in {quoted}. Must be of the form: name=value")
    return Pair(name, value)
