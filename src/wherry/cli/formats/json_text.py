"""JSON text laid out for people, as Go's ``json.Indent`` does it: no value is read, so none can change."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

INDENT = "    "
OPENING, CLOSING = ("{", "["), ("}", "]")
WHITE = frozenset(" \t\r\n")
SINGLE = WHITE | frozenset("{}[],:")


def indent(text: str) -> str:
    """``text`` with one entry a line, four spaces a level; empty objects and arrays stay on one line."""
    parts: list[str] = []
    depth, before = 0, ""
    for token in _tokens(text):
        closes = token in CLOSING
        depth -= closes
        if before == "," or (before in OPENING and not closes) or (closes and before not in OPENING):
            parts.append("\n" + INDENT * depth)
        parts.append(": " if token == ":" else token)
        depth += token in OPENING
        before = token
    return "".join(parts)


def _tokens(text: str) -> "Iterator[str]":
    """Brackets, commas, colons, and values as they are written."""
    at = 0
    while at < len(text):
        end = _end(text, at)
        if text[at] not in WHITE:
            yield text[at:end]
        at = end


def _end(text: str, at: int) -> int:
    """Where the token that begins at ``at`` ends."""
    if text[at] == '"':
        return _end_of_string(text, at)
    if text[at] in SINGLE:
        return at + 1
    while at < len(text) and text[at] not in SINGLE:
        at += 1
    return at


def _end_of_string(text: str, at: int) -> int:
    end = text.index('"', at + 1)
    while _backslashes(text, end) % 2:
        end = text.index('"', end + 1)
    return end + 1


def _backslashes(text: str, at: int) -> int:
    """How many there are right before ``at``."""
    start = at
    while text[start - 1] == "\\":
        start -= 1
    return at - start
