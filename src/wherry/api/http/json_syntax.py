"""What is wrong with a text that is no JSON, in the words of Go's ``encoding/json`` (``scanner.go``), which dockerd
passes on."""

import re
from typing import Final

_SPACE = re.compile(rb"[ \t\r\n]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_DIGITS = re.compile(rb"[0-9]*")
_DIGIT: Final = b"0123456789"
_WORDS: Final = {ord(word[:1]): word for word in (b"true", b"false", b"null")}
_ESCAPES: Final = b'"\\/bfnrt'
_HEX: Final = b"0123456789abcdefABCDEF"
_START: Final = "looking for beginning of value"
_CLOSER: Final = {ord("{"): ord("}"), ord("["): ord("]")}
_BEHIND: Final = {ord("{"): "after object key:value pair", ord("["): "after array element"}


class _Fault(Exception):
    """The text is none; why."""


def fault(text: bytes) -> str:
    """Why a text does not begin with JSON; "" if it does. What comes behind the first value is not looked at."""
    try:
        _value(text)
    except _Fault as error:
        return str(error)
    return ""


def _value(text: bytes) -> int:
    """Where the first value ends."""
    opened: list[int] = []
    at = 0
    while True:
        at = _skip(text, at)
        if text[at] in _CLOSER:
            opened.append(text[at])
            at = _skip(text, at + 1)
            if text[at] != _CLOSER[opened[-1]]:
                at = _key(text, at) if opened[-1] == ord("{") else at
                continue
        else:
            at = _scalar(text, at)
        at = _next(text, at, opened)
        if not opened:
            return at


def _next(text: bytes, at: int, opened: list[int]) -> int:
    """Where the next value begins, or the last one ends: what has ended is taken off ``opened``."""
    while opened:
        at = _skip(text, at)
        if text[at] == ord(","):
            return _key(text, _skip(text, at + 1)) if opened[-1] == ord("{") else at + 1
        if text[at] != _CLOSER[opened[-1]]:
            raise _unexpected(text, at, _BEHIND[opened[-1]])
        opened.pop()
        at += 1
    return at


def _key(text: bytes, at: int) -> int:
    """Where the value of a member begins."""
    if text[at] != ord('"'):
        raise _unexpected(text, at, "looking for beginning of object key string")
    at = _skip(text, _string(text, at))
    if text[at] != ord(":"):
        raise _unexpected(text, at, "after object key")
    return at + 1


def _scalar(text: bytes, at: int) -> int:
    first = text[at]
    if first == ord('"'):
        return _string(text, at)
    if first == ord("-") or first in _DIGIT:
        return _number(text, at)
    if first not in _WORDS:
        raise _unexpected(text, at, _START)
    word = _WORDS[first]
    for index, letter in enumerate(word):
        if _byte(text, at + index) != letter:
            raise _unexpected(text, at + index, f"in literal {word.decode()} (expecting {chr(letter)!r})")
    return at + len(word)


def _string(text: bytes, at: int) -> int:
    at += 1
    while True:
        at = _end(_PLAIN, text, at)
        match _byte(text, at):
            case 0x22:  # "
                return at + 1
            case 0x5C:  # \
                at = _escape(text, at + 1)
            case _:
                raise _unexpected(text, at, "in string literal")


def _escape(text: bytes, at: int) -> int:
    letter = _byte(text, at)
    if letter in _ESCAPES:
        return at + 1
    if letter != ord("u"):
        raise _unexpected(text, at, "in string escape code")
    for index in range(at + 1, at + 5):
        if _byte(text, index) not in _HEX:
            raise _unexpected(text, index, "in \\u hexadecimal character escape")
    return at + 5


def _number(text: bytes, at: int) -> int:
    if text[at] == ord("-"):
        at += 1
        _digit(text, at, "in numeric literal")
    at = at + 1 if text[at] == ord("0") else _end(_DIGITS, text, at)
    if text[at : at + 1] == b".":
        at += 1
        _digit(text, at, "after decimal point in numeric literal")
        at = _end(_DIGITS, text, at)
    if text[at : at + 1] in (b"e", b"E"):
        at += 2 if text[at + 1 : at + 2] in (b"+", b"-") else 1
        _digit(text, at, "in exponent of numeric literal")
        at = _end(_DIGITS, text, at)
    return at


def _digit(text: bytes, at: int, where: str) -> None:
    if _byte(text, at) not in _DIGIT:
        raise _unexpected(text, at, where)


def _skip(text: bytes, at: int) -> int:
    """Where there is something else than space."""
    at = _end(_SPACE, text, at)
    _byte(text, at)
    return at


def _byte(text: bytes, at: int) -> int:
    if at >= len(text):
        raise _Fault("unexpected EOF")
    return text[at]


def _end(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _unexpected(text: bytes, at: int, where: str) -> _Fault:
    return _Fault(f"invalid character {_quoted(text[at])} {where}")


def _quoted(byte: int) -> str:
    """A byte as ``strconv.Quote`` shows the character of that number, in single quotes."""
    letter = chr(byte)
    short = {"'": "\\'", '"': '"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r",
             "\t": "\\t", "\v": "\\v"}  # fmt: skip
    if letter in short:
        return f"'{short[letter]}'"
    if letter.isprintable():
        return f"'{letter}'"
    return f"'\\x{byte:02x}'" if byte < 0x80 else f"'\\u{byte:04x}'"
