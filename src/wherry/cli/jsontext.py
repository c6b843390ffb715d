"""JSON text laid out for people, as Go's ``json.Indent`` does it: no value is read, so none can change."""

INDENT = "    "


def indent(text: str) -> str:
    """``text`` with one entry a line, four spaces a level; empty objects and arrays stay on one line."""
    parts: list[str] = []
    depth, at = 0, 0
    break_due = False
    while at < len(text):
        char = text[at]
        if char in " \t\r\n":
            at += 1
            continue
        end = _end(text, at)
        if char in "}]":
            depth -= 1
            parts.append(char if break_due else f"\n{INDENT * depth}{char}")
            break_due = False
        else:
            if break_due:
                parts.append("\n" + INDENT * depth)
                break_due = False
            parts.append(text[at:end])
            if char in "{[":
                depth += 1
                break_due = True
            elif char == ",":
                parts.append("\n" + INDENT * depth)
            elif char == ":":
                parts.append(" ")
        at = end
    return "".join(parts)


def _end(text: str, at: int) -> int:
    """Where the token that begins at ``at`` ends."""
    if text[at] == '"':
        return _end_of_string(text, at)
    if text[at] in "{}[],:":
        return at + 1
    while at < len(text) and text[at] not in "{}[],: \t\r\n":
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
