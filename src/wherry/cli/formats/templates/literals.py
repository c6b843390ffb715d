"""Go's constants: quoted strings, characters and numbers (the Go specification, "Lexical elements")."""

from __future__ import annotations

SIMPLE_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"',
}  # fmt: skip
ESCAPED_DIGITS = {"x": 2, "u": 4, "U": 8}


def unquote(source: str) -> str:
    """The value of a quoted string, its quotes included. ValueError when an escape is none."""
    if source[0] == "`":
        return source[1:-1]
    parts: list[str] = []
    rest = source[1:-1]
    while rest:
        plain, backslash, rest = rest.partition("\\")
        parts.append(plain)
        if backslash:
            value, rest = _escape(rest)
            parts.append(value)
    return "".join(parts)


def _escape(rest: str) -> tuple[str, str]:
    letter = rest[:1]
    if letter in SIMPLE_ESCAPES:
        return SIMPLE_ESCAPES[letter], rest[1:]
    if letter in ESCAPED_DIGITS:
        end = 1 + ESCAPED_DIGITS[letter]
        return chr(int(rest[1:end], 16)), rest[end:]
    return chr(int(rest[:3], 8)), rest[3:]


def character(source: str) -> int:
    """The code point of ``'x'``. ValueError when it is not one character."""
    value = unquote(source)
    if len(value) != 1:
        raise ValueError(source)
    return ord(value)


def number(source: str) -> int | float:
    """ValueError when the text is no number."""
    digits = source.replace("_", "").lower()
    unsigned = digits.lstrip("+-")
    if unsigned.startswith("0x") and ("p" in unsigned or "." in unsigned):
        return float.fromhex(digits)
    if not unsigned.startswith("0x") and ("." in unsigned or "e" in unsigned):
        return float(digits)
    if len(unsigned) > 1 and unsigned[0] == "0" and unsigned.isdigit():
        return int(digits, 8)
    return int(digits, 0)
