"""JSON through the C scanner and encoder of the standard library, without the import of ``json`` and ``re``."""

from _json import encode_basestring_ascii, make_encoder, make_scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

WHITESPACE = " \t\r\n"


class _Decoding:
    """What ``json.JSONDecoder`` tells the scanner, with its defaults."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def _refuse(value: object) -> "NoReturn":
    raise TypeError(f"{type(value).__name__} has no JSON form")


_scan = make_scanner(_Decoding)  # type: ignore[arg-type]
_encode = make_encoder(None, _refuse, encode_basestring_ascii, None, ":", ",", False, False, False)


def loads(text: "bytes | bytearray | str") -> "Any":
    """The value of a JSON text. ValueError when it is not one."""
    decoded = text if isinstance(text, str) else text.decode("utf-8", "surrogatepass")
    decoded = decoded.strip(WHITESPACE)
    try:
        value, end = _scan(decoded, 0)
    except StopIteration as stop:
        raise ValueError(f"no JSON value at character {stop.value}") from None
    if end != len(decoded):
        raise ValueError(f"extra data at character {end}")
    return value


def dumps(value: object) -> bytes:
    """The compact JSON of dicts, lists, strings, numbers, booleans and None."""
    return "".join(_encode(value, 0)).encode("ascii")
