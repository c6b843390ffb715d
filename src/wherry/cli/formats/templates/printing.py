"""Go's ``fmt`` for template values: ``Sprint``, ``Sprintln``, and one value after one verb."""

from __future__ import annotations

from ...texts import quote
from .values import Duration, Missing, NilPointer, Number, Row, Struct, Time, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

INTEGER_VERBS = {"d": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}


def text_of(value: object) -> str:
    """The value as ``%v`` prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return float_text(value, "g", None)
    return _composite(value, text_of)


def _composite(value: object, element: Callable[[object], str], *, names: bool = False) -> str:
    """``names``: those of a struct's fields too, as ``%+v`` prints it."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{element(key)}:{element(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(element, value)) + "]"
    if isinstance(value, Struct):
        return (
            "{" + " ".join((f"{name}:" if names else "") + element(each) for name, each in value.fields.items()) + "}"
        )
    if isinstance(value, Time):
        return str(value)
    if isinstance(value, Row):
        return f"{{{value.type_name}}}"
    return "<nil>"


def sprint(values: tuple[object, ...]) -> str:
    """A space between two operands when neither is a string."""
    text = ""
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            text += " "
        text += text_of(value)
    return text


def sprintln(values: tuple[object, ...]) -> str:
    return " ".join(map(text_of, values)) + "\n"


def format_value(value: object, verb: str, flags: str, precision: int | None) -> str:
    """One operand after one verb, before it is padded."""
    if verb == "T":
        return type_name(value)
    if verb == "v" and "#" in flags:
        return go_syntax(value)
    if isinstance(value, bool):
        return text_of(value) if verb in "tv" else _misfit(value, verb)
    if isinstance(value, Duration) and verb in "sv":
        return str(value)
    if verb == "v" and isinstance(value, str | int | float):
        flags = flags.replace("+", "")
    if isinstance(value, str):
        return _string(value, verb, flags, precision)
    if isinstance(value, int):
        return _integer(value, verb, flags, precision)
    if isinstance(value, float):
        return _float(value, verb, flags, precision)
    named = verb == "v" and "+" in flags
    if value is None or isinstance(value, Missing | NilPointer):
        return "<nil>" if verb == "v" else f"%!{verb}(<nil>)"
    return _composite(value, lambda element: format_value(element, verb, flags, precision), names=named)


def go_syntax(value: object) -> str:
    """``%#v``: strings quoted, lists and maps with their type: that of what is in them when all are strings."""
    if isinstance(value, Number | Duration) or not isinstance(value, str | list | dict):
        return text_of(value)
    if isinstance(value, str):
        return quote(value)
    items = value if isinstance(value, list) else value.values()
    kind = "string" if items and all(isinstance(item, str) for item in items) else "interface {}"
    if isinstance(value, list):
        return f"[]{kind}{{{', '.join(map(go_syntax, value))}}}"
    pairs = ", ".join(f"{quote(key)}:{go_syntax(value[key])}" for key in sorted(value))
    return f"map[string]{kind}{{{pairs}}}"


def _misfit(value: object, verb: str) -> str:
    return f"%!{verb}({type_name(value)}={text_of(value)})"


def _string(value: str, verb: str, flags: str, precision: int | None) -> str:
    cut = value if precision is None else value[:precision]
    if verb in "sv":
        return cut
    if verb == "q":
        return f"`{cut}`" if "#" in flags and "`" not in cut else quote(cut)
    if verb in "xX":
        digits = value.encode("utf-8", "surrogateescape")[:precision].hex(*(" " if " " in flags else ""))
        return digits.upper() if verb == "X" else digits
    return _misfit(value, verb)


def _integer(value: int, verb: str, flags: str, precision: int | None) -> str:
    if verb == "c":
        return chr(value)
    if verb == "q":
        return "'" + quote(chr(value))[1:-1].replace("'", "\\'").replace('\\"', '"') + "'"
    if verb == "U":
        return f"U+{value:04X}"
    kind = INTEGER_VERBS.get("d" if verb == "v" else verb)
    if kind is None:
        return _misfit(value, verb)
    digits = format(abs(value), kind)
    if precision is not None:
        digits = digits.rjust(precision, "0")
    if "#" in flags and verb in "bxX":
        digits = "0" + verb + digits
    elif verb == "O" or ("#" in flags and verb == "o"):
        digits = ("0o" if verb == "O" else "0") + digits
    return _sign(value, flags) + digits


def _sign(value: float, flags: str) -> str:
    if value < 0:
        return "-"
    return "+" if "+" in flags else " " if " " in flags else ""


def _float(value: float, verb: str, flags: str, precision: int | None) -> str:
    if verb not in "veEfFgG":
        return _misfit(value, verb)
    if verb in "eEfF" and precision is None:
        precision = 6
    return _sign(value, flags) + float_text(abs(value), "g" if verb == "v" else verb, precision)


def float_text(value: float, verb: str, precision: int | None) -> str:
    """``strconv.FormatFloat``: without a precision, as few digits as tell the value from its neighbours."""
    if verb == "G":
        return float_text(value, "g", precision).upper()
    if value != value or value in (float("inf"), float("-inf")):
        return "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
    if precision is not None or verb in "eEfF":
        return format(value, f".{6 if precision is None else precision}{verb}")
    mantissa, _, exponent = format(value, "e" if value == 0 else _shortest(value)).partition("e")
    power = int(exponent)
    if value == 0 or -4 <= power < 6:
        text = format(value, "f") if value == 0 else f"{value:.{max(0, _decimals(mantissa) - power)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{mantissa}e{power:+03d}"


def _shortest(value: float) -> str:
    digits = repr(abs(value)).partition("e")[0].replace(".", "").strip("0")
    return f".{max(0, len(digits) - 1)}e"


def _decimals(mantissa: str) -> int:
    return len(mantissa.partition(".")[2])
