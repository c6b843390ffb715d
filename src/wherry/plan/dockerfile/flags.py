"""``--flag=value`` between an instruction's name and its arguments."""

from collections.abc import Iterable

from wherry.errors import InvalidArgument
from wherry.plan.dockerfile.suggestions import did_you_mean
from wherry.plan.dockerfile.words import spans, unquoted


def split_flags(rest: str, escape: str) -> tuple[tuple[str, ...], str]:
    """The flags at the beginning of a line's arguments, without their quotes, and what follows them.

    A word ``--`` ends them, and belongs to neither.
    """
    flags: list[str] = []
    for start, end in spans(rest, escape):
        word = rest[start:end]
        if word == "--":
            return tuple(flags), rest[end:].strip()
        if not word.startswith("--"):
            return tuple(flags), rest[start:].strip()
        flags.append(unquoted(word, escape))
    return tuple(flags), ""


class Flags:
    """The flags of one instruction, held against what it may have: values, lists of values, and switches.

    InvalidArgument in Docker's words for any other.
    """

    def __init__(
        self, given: Iterable[str], values: Iterable[str] = (), lists: Iterable[str] = (), switches: Iterable[str] = ()
    ) -> None:
        self._found: dict[str, list[str]] = {}
        repeatable, optional = set(lists), set(switches)
        known = {*values, *repeatable, *optional}
        for flag in given:
            name, equals, value = flag.removeprefix("--").partition("=")
            if name not in known:
                raise InvalidArgument(f"unknown flag: {name}{did_you_mean(name, known)}")
            if name in self._found and name not in repeatable:
                raise InvalidArgument(f"duplicate flag specified: {name}")
            if not equals and name not in optional:
                raise InvalidArgument(f"missing a value on flag: {name}")
            self._found.setdefault(name, []).append(value if equals else "true")

    def value(self, name: str) -> str:
        """ "" if it was not given."""
        return self._found.get(name, [""])[0]

    def values(self, name: str) -> tuple[str, ...]:
        return tuple(self._found.get(name, ()))

    def switch(self, name: str) -> bool | None:
        """None if it was not given."""
        if name not in self._found:
            return None
        text = self.value(name).lower()
        if text not in ("true", "false"):
            raise InvalidArgument(f"expecting boolean value for flag {name}, not: {self.value(name)}")
        return text == "true"
