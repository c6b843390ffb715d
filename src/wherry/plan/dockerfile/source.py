"""The lines of a Dockerfile: directives read, comments dropped, continued lines joined, documents collected."""

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from wherry.errors import DockerfileError
from wherry.plan.dockerfile.heredocs import Opening, openings
from wherry.plan.dockerfile.instructions import Heredoc, Position

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*")
_DIRECTIVES = frozenset(("escape", "syntax", "check"))
_LINE_END = "\r\n"
_LEADING = " \t"
_LAST_WARNING = "Empty continuation lines will become errors in a future release."


class Line(Struct, frozen=True, kw_only=True):
    """An instruction as it stands, on one line, and the documents that follow it."""

    position: Position
    text: str
    heredocs: tuple[Heredoc, ...] = ()


class Source(Struct, frozen=True, kw_only=True):
    lines: tuple[Line, ...]
    escape: str
    syntax: str
    warnings: tuple[str, ...]


def read_source(text: str, escape: str = "") -> Source:
    """``escape`` is what a file has that this is a part of; "" for a whole file. DockerfileError."""
    physical = text.removeprefix("\ufeff").split("\n")
    directives = {} if escape else _directives(physical)
    reader = _Reader(physical, escape or _escape(directives))
    lines = tuple(reader.lines())
    syntax, warnings = directives.get("syntax", ""), tuple(reader.warnings)
    if warnings:
        warnings += (_LAST_WARNING,)
    return Source(lines=lines, escape=reader.escape, syntax=syntax, warnings=warnings)


def _directives(physical: list[str]) -> dict[str, str]:
    """``# name=value`` in the first lines of the file; whatever else ends them."""
    found: dict[str, str] = {}
    for number, line in enumerate(physical, 1):
        match = _DIRECTIVE.fullmatch(line.strip())
        name = match[1].lower() if match else ""
        if match is None or name not in _DIRECTIVES:
            return found
        if name in found:
            raise DockerfileError(number, f"only one {name} parser directive can be used")
        found[name] = match[2]
    return found


def _escape(directives: dict[str, str]) -> str:
    escape = directives.get("escape", "\\")
    if escape not in ("\\", "`"):
        line = list(directives).index("escape") + 1
        raise DockerfileError(line, f"invalid escape token '{escape}' does not match ` or \\")
    return escape


class _Reader:
    def __init__(self, physical: list[str], escape: str) -> None:
        self.escape = escape
        self.warnings: list[str] = []
        self._physical = [line.rstrip(_LINE_END) for line in physical]
        self._at = 0
        mark = re.escape(escape)
        self._continued = re.compile(rf"(?:^|(?<=[^{mark}])){mark}[ \t]*$")

    def lines(self) -> Iterator[Line]:
        while self._at < len(self._physical):
            first = self._at + 1
            text = self._joined()
            if text is not None:
                line = Line(position=Position(first, self._at), text=text)
                yield self._with_documents(line, openings(text, self.escape))

    def _joined(self) -> str | None:
        """The next line with those that continue it; None for a comment or nothing."""
        line = self._next().lstrip(_LEADING)
        if not line or line.startswith("#"):
            return None
        text, more = self._without_mark(line)
        blank = False
        while more and self._at < len(self._physical):
            line = self._next()
            if line.lstrip(_LEADING).startswith("#"):
                continue
            if not line.strip(_LEADING):
                blank = blank or self._at < len(self._physical)  # what follows the last line's end is no line
                continue
            line, more = self._without_mark(line)
            text += line
        if blank and text.strip():
            self.warnings.append(f"Empty continuation line found in: {text}")
        return text.strip()

    def _without_mark(self, line: str) -> tuple[str, bool]:
        """The line without the mark that it is continued, and whether it had one."""
        text = self._continued.sub("", line)
        return text, text != line

    def _with_documents(self, line: Line, wanted: tuple[Opening, ...]) -> Line:
        documents = tuple(self._document(opening, line.position.first) for opening in wanted)
        return replace(line, heredocs=documents, position=Position(line.position.first, self._at))

    def _document(self, opening: Opening, first: int) -> Heredoc:
        content = ""
        while self._at < len(self._physical):
            line = self._next()
            if opening.strips:
                line = line.lstrip("\t")
            if line == opening.name:
                return Heredoc(name=opening.name, content=content, expand=opening.expand)
            content += line + "\n"
        raise DockerfileError(first, "unterminated heredoc")

    def _next(self) -> str:
        line = self._physical[self._at]
        self._at += 1
        return line
