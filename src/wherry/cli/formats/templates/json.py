"""JSON as Go's encoder writes it: maps sorted by key, structs in their order, ``<`` and ``>`` left alone."""

from __future__ import annotations

from _json import encode_basestring

from .printing import float_text
from .values import Missing, NilList, NilMap, NilPointer, Number, Row, Struct, Time

HTML_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def encode(value: object) -> str:
    """The compact JSON of a template value."""
    if isinstance(value, Struct):
        return _ordered(value.raw)
    if isinstance(value, Row):
        fields = {name: method() for name, method in value.methods.items() if name not in value.with_argument}
        return encode(fields).translate(HTML_ESCAPES)
    if isinstance(value, NilList | NilMap):
        return "null"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_string(key)}:{encode(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(encode, value)) + "]"
    return _scalar(value)


def _ordered(value: object) -> str:
    """The same, but objects stay in the order the engine sent them in, which is that of its structs."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_string(key)}:{_ordered(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_ordered, value)) + "]"
    return encode(value) if isinstance(value, Row) else _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return repr(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Time):
        return _string(value.text)
    if value is None or isinstance(value, Missing | NilPointer):
        return "null"
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _string(value: str) -> str:
    return encode_basestring(value).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _number(value: float) -> str:
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        text = repr(value)
        return text.removesuffix(".0") if "e" not in text else f"{value:.25f}".rstrip("0").rstrip(".")
    return float_text(value, "g", None).replace("e-0", "e-")
