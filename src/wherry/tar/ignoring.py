""".dockerignore: which paths of a context stay where they are (Dockerfile reference, ".dockerignore file").

Patterns are those of Go's ``filepath.Match``, and ``**`` for any number of directories. A pattern that matches a
directory matches all that is in it; the last pattern that matches a path decides; ``!`` takes paths back in.
"""

import posixpath
import re
from collections.abc import Iterable

from .globs import token

IGNORE_FILE = ".dockerignore"

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
    lines = text.removeprefix("\ufeff").split("\n")
    return Ignored(line for line in lines if not line.startswith("#"))


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
    parts, at = list[str](), 0
    while at < len(pattern):
        if pattern.startswith("**", at):
            at += 3 if pattern.startswith("/", at + 2) else 2
            parts.append("(?:.*/)?" if at < len(pattern) else ".*")
        elif pattern[at] == "*":
            at += 1
            parts.append("[^/]*")
        else:
            try:
                text, at = token(pattern, at, "[^/]")
            except ValueError:
                raise ValueError("syntax error in pattern") from None
            parts.append(text)
    return re.compile(f"{''.join(parts)}(?:/.*)?", re.DOTALL)


def _literal(pattern: str) -> tuple[str, ...]:
    """The first components, which are no patterns."""
    parts = pattern.split("/")
    wild = (at for at, part in enumerate(parts) if _WILD & set(part))
    return tuple(parts[: next(wild, len(parts))])
