""".dockerignore: which paths of a context stay where they are (Dockerfile reference, ".dockerignore file").

Patterns are those of Go's ``filepath.Match``, and ``**`` for any number of directories. A pattern that matches a
directory matches all that is in it; the last pattern that matches a path decides; ``!`` takes paths back in.
"""

import posixpath
import re
from collections.abc import Iterable

from .globs import starred, tokens

IGNORE_FILE = ".dockerignore"

_MOST = 16  # alternatives of one pattern
_BELOW = "(?:/.*)?"
_DIRECTORIES = re.compile(r"(?:(?<![^/])\*\*/)+|(?<![^/])\*\*$")
_WILD = frozenset("*?[\\")


class Ignored:
    """What patterns leave out. Paths are relative, without a leading slash."""

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        """As lines of a file, where each is a pattern. ValueError for a malformed one, with Docker's text."""
        self._rules: list[tuple[bool, re.Pattern[str]]] = []
        self._exceptions: list[tuple[str, ...]] = []
        for pattern in filter(None, map(_cleaned, patterns)):
            taken_back, path = pattern.startswith("!"), pattern.removeprefix("!")
            self._rules.append((not taken_back, _compiled(path)))
            if taken_back:
                self._exceptions.append(_literal(path))

    def __contains__(self, path: str) -> bool:
        """Whether a path, or a directory that it is in, is left out."""
        ignored = False
        for ignores, matches in self._rules:
            if ignores != ignored and matches.fullmatch(path):
                ignored = ignores
        return ignored

    def has_exceptions_below(self, path: str) -> bool:
        """Whether something below a directory that is left out may be taken back in."""
        parts = tuple(path.split("/"))
        return any(first[: len(parts)] == parts[: len(first)] for first in self._exceptions)


def read_ignored(text: str) -> Ignored:
    """A whole file. Lines that begin with ``#`` are comments. ValueError for a malformed pattern."""
    return Ignored(read_patterns(text))


def read_patterns(text: str) -> list[str]:
    """The patterns of a whole file, cleaned. ValueError for one that is none."""
    lines = text.removeprefix("\ufeff").split("\n")
    return list(filter(None, map(_cleaned, (line for line in lines if not line.startswith("#")))))


def _cleaned(line: str) -> str:
    """A pattern without space around it, slashes at its ends, and what a path can do without; "" for none."""
    line = line.strip()
    mark = "!" if line.startswith("!") else ""
    pattern = line.removeprefix("!").strip()
    if mark and not pattern:
        raise ValueError('illegal exclusion pattern: "!"')
    path = posixpath.normpath(pattern).replace("//", "/") if pattern else ""
    return mark + (path.removeprefix("/") if len(path) > 1 else path) if path else ""


def _compiled(pattern: str) -> re.Pattern[str]:
    """As Go's patternmatcher: ``**`` is any number of whole directories, at the end anything at all."""
    try:
        return re.compile("|".join(map(_expression, _alternatives(pattern, 0))), re.DOTALL)
    except ValueError:
        raise ValueError("syntax error in pattern") from None


def _alternatives(pattern: str, start: int) -> list[str]:
    """The same in patterns that have ``**/`` only where a component begins: ``a**b`` is ``ab`` or ``a*/**/b``."""
    while (at := pattern.find("**", start)) >= 0:
        before, behind = pattern[:at], pattern[at + 2 :].removeprefix("/")
        if before.endswith("\\"):  # the first star means itself
            start = at + 1
        elif behind and (not before or before.endswith("/")):
            pattern, start = f"{before}**/{behind}", at + 3
        else:
            return _without_part(before, behind)
    return [pattern]


def _without_part(before: str, behind: str) -> list[str]:
    """For a ``**`` between the two, or at the end."""
    if not behind:
        return [f"{before}**" if not before or before.endswith("/") else f"{before}*"]
    found = _alternatives(before + behind, len(before)) + _alternatives(f"{before}*/**/{behind}", len(before) + 5)
    if len(found) > _MOST:
        raise ValueError(before)
    return found


def _expression(pattern: str) -> str:
    """As with stars, what stands between two ``**`` takes the first match that it finds."""
    first, *others = (tokens(block, "[^/]") for block in _DIRECTORIES.split(pattern))
    if not others:
        return f"{starred(first, '[^/]')}{_BELOW}"
    *middle, last = others
    begin = starred(first, "[^/]", last=False)
    firmly = "".join(f"(?>(?:.*?/)??{starred(block, '[^/]', last=False)})" for block in middle)
    return begin + firmly + (f"(?:.*/)?{starred(last, '[^/]')}{_BELOW}" if last else ".*")


def _literal(pattern: str) -> tuple[str, ...]:
    """The first components, which are no patterns."""
    parts = pattern.split("/")
    wild = (at for at, part in enumerate(parts) if _WILD & set(part))
    return tuple(parts[: next(wild, len(parts))])
