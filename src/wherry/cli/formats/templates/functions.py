"""The functions a template may call: those of Go's ``text/template`` and those Docker adds.

Each is declared with the kinds of its arguments: ``string``, ``int``, ``list`` or ``any``; a last kind that begins with
``...`` may come any number of times.
"""

from __future__ import annotations

from .json import encode
from .printf import sprintf
from .printing import sprint, sprintln, text_of
from .values import Missing, NilPointer, Row, Struct, Time, TypedMap, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Function = tuple[Callable[..., object], tuple[str, ...]]

INCOMPATIBLE = "incompatible types for comparison"


class CallError(Exception):
    """A function refused its arguments."""


def _length(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, list | dict):
        return len(value)
    if value is None:
        raise CallError("len of nil pointer")
    raise CallError(f"len of type {type_name(value)}")


def _index(value: object, *keys: object) -> object:
    for key in keys:
        value = _element(value, key)
    return value


def _element(value: object, key: object) -> object:
    if value is None or isinstance(value, Missing):
        raise CallError("index of untyped nil")
    if isinstance(value, dict):
        if not isinstance(key, str):
            raise CallError(f"value has type {type_name(key)}; should be string")
        return value.get(key, value.zero if isinstance(value, TypedMap) else None)
    if isinstance(value, str | list):
        position, kind = _position(key), "slice"
        if isinstance(value, str):
            value, kind = list(value.encode("utf-8", "surrogateescape")), "string"
        if position == len(value):  # what Go's own check lets pass
            raise CallError(f"reflect: {kind} index out of range")
        if not 0 <= position < len(value):
            raise CallError(f"index out of range: {position}")
        item: object = value[position]
        return item
    raise CallError(f"can't index item of type {type_name(value)}")


def _position(key: object) -> int:
    if key is None:
        raise CallError("cannot index slice/array with nil")
    if isinstance(key, bool) or not isinstance(key, int):
        raise CallError(f"cannot index slice/array with type {type_name(key)}")
    return key


def _slice(value: object, *bounds: object) -> object:
    if value is None:
        raise CallError("slice of untyped nil")
    if not isinstance(value, str | list):
        raise CallError(f"can't slice item of type {type_name(value)}")
    source = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    start = _position(bounds[0]) if bounds else 0
    end = _position(bounds[1]) if len(bounds) > 1 else len(source)
    for bound in (start, end):
        if not 0 <= bound <= len(source):
            raise CallError(f"index out of range: {bound}")
    if start > end:
        raise CallError(f"invalid slice index: {start} > {end}")
    cut = source[start:end]
    return cut.decode("utf-8", "surrogateescape") if isinstance(cut, bytes) else cut


def _kind(value: object) -> str:
    """``bool``, ``string``, ``int`` or ``float``: only values of one kind may be compared."""
    if isinstance(value, bool):
        return "bool"
    for kind, name in ((str, "string"), (int, "int"), (float, "float")):
        if isinstance(value, kind):
            return name
    if _is_nil(value):
        raise CallError(INCOMPATIBLE)
    raise CallError("non-comparable type " + text_of(value) + ": " + type_name(value))


def _equal(first: object, *others: object) -> bool:
    if not others:
        raise CallError("missing argument for comparison")
    return any(_same(first, other) for other in others)


def _same(first: object, second: object) -> bool:
    if _is_nil(first) or _is_nil(second):
        return _is_nil(first) and _is_nil(second)
    if _kind(first) != _kind(second):
        raise CallError(INCOMPATIBLE)
    return first == second


def _is_nil(value: object) -> bool:
    return value is None or isinstance(value, Missing | NilPointer)


def _not_equal(first: object, second: object) -> bool:
    return not _same(first, second)


def _less(first: object, second: object) -> bool:
    if _kind(first) != _kind(second):
        raise CallError(INCOMPATIBLE)
    if isinstance(first, str) and isinstance(second, str):
        return first < second
    if isinstance(first, bool) or not isinstance(first, int | float) or not isinstance(second, int | float):
        raise CallError("invalid type for comparison")
    return first < second


def _less_or_equal(first: object, second: object) -> bool:
    return _less(first, second) or _same(first, second)


def _html(*values: object) -> str:
    text = sprint(values)
    for char, escape in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&#34;"),
        ("'", "&#39;"),
        ("\0", "\ufffd"),
    ):
        text = text.replace(char, escape)
    return text


JS_ESCAPES = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D",
}  # fmt: skip


def _js(*values: object) -> str:
    return "".join(
        JS_ESCAPES.get(char, char if char.isprintable() else f"\\u{ord(char):04X}") for char in sprint(values)
    )


def _urlquery(*values: object) -> str:
    plain = b"-_.~"
    return "".join(
        chr(byte)
        if chr(byte).isascii() and (chr(byte).isalnum() or byte in plain)
        else "+"
        if byte == 32
        else f"%{byte:02X}"
        for byte in sprint(values).encode("utf-8", "surrogateescape")
    )


def _title(text: str) -> str:
    """``strings.Title``: the first letter of every word, and only that."""
    letters: list[str] = []
    inside = False
    for char in text:
        letters.append(char if inside else char.upper())
        inside = char.isalnum() or char == "_"
    return "".join(letters)


def _pad(text: str, before: int, after: int) -> str:
    if text and min(before, after) < 0:
        raise CallError("strings: negative Repeat count")
    return " " * before + text + " " * after if text else text


def _truncate(text: str, length: int) -> str:
    if length < 0:
        raise CallError(f"runtime error: slice bounds out of range [:{length}]")
    return text.encode("utf-8", "surrogateescape")[:length].decode("utf-8", "surrogateescape")


def _join(items: list[object], separator: str) -> str:
    return separator.join(map(text_of, items))


def _split(text: str, separator: str) -> list[object]:
    return list(text.split(separator)) if separator else list(text)


FUNCTIONS: dict[str, Function] = {
    "eq": (_equal, ("any", "...any")),
    "ge": (lambda first, second: not _less(first, second), ("any", "any")),
    "gt": (lambda first, second: not _less_or_equal(first, second), ("any", "any")),
    "html": (_html, ("...any",)),
    "index": (_index, ("any", "...any")),
    "join": (_join, ("list", "string")),
    "js": (_js, ("...any",)),
    "json": (encode, ("any",)),
    "le": (_less_or_equal, ("any", "any")),
    "len": (_length, ("any",)),
    "lower": (str.lower, ("string",)),
    "lt": (_less, ("any", "any")),
    "ne": (_not_equal, ("any", "any")),
    "not": (lambda value: not truth(value), ("any",)),
    "pad": (_pad, ("string", "int", "int")),
    "print": (lambda *values: sprint(values), ("...any",)),
    "printf": (lambda template, *values: sprintf(template, values), ("string", "...any")),
    "println": (lambda *values: sprintln(values), ("...any",)),
    "slice": (_slice, ("any", "...any")),
    "split": (_split, ("string", "string")),
    "title": (_title, ("string",)),
    "truncate": (_truncate, ("string", "int")),
    "upper": (str.upper, ("string",)),
    "urlquery": (_urlquery, ("...any",)),
}
LAZY = ("and", "or")
CALL = "call"
SPECIAL = (*LAZY, CALL)
"""What is no plain function of its arguments' values."""

HEADER_FUNCTIONS: dict[str, Function] = {
    **FUNCTIONS,
    "json": (lambda text: text, ("string",)),
    "lower": (lambda text: text, ("string",)),
    "title": (lambda text: text, ("string",)),
    "truncate": (lambda text, length: text, ("string", "int")),
    "upper": (lambda text: text, ("string",)),
}
"""For the header line of a table: the words stay as they are, the padding is kept."""


def truth(value: object) -> bool:
    """Whether ``{{if}}`` takes the value for true: not zero, not empty, not nil."""
    return bool(value) if not isinstance(value, Struct | Row | Time) else True
