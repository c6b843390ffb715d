"""Typed flag values: text → value, or ValueError with the words of Go's strconv, time and docker's units."""

from ..texts import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Parse = Callable[[str], object]

TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))
NANOSECONDS = {
    "ns": 1,
    "us": 1000,
    "µs": 1000,
    "μs": 1000,
    "ms": 1000_000,
    "s": 1000_000_000,
    "m": 60_000_000_000,
    "h": 3600_000_000_000,
}
BINARY_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
DIGITS = "0123456789."
MAX_INT64 = (1 << 63) - 1


def parse_bool(text: str) -> bool:
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueError(f"strconv.ParseBool: parsing {quote(text)}: invalid syntax")


def _integer(function: str, low: int, high: int, base: int = 10) -> "Callable[[str], int]":
    """A parser as Go's ``function`` is; with the base 0 the number says its own: ``0x1f``, ``017``, ``1_000``."""

    def parse(text: str) -> int:
        try:
            value = _read(text, base, signed=low < 0)
        except ValueError:
            raise ValueError(f"strconv.{function}: parsing {quote(text)}: invalid syntax") from None
        if not low <= value <= high:
            raise ValueError(f"strconv.{function}: parsing {quote(text)}: value out of range")
        return value

    return parse


def _read(text: str, base: int, *, signed: bool) -> int:
    if not text.isascii() or text != text.strip() or (base and "_" in text) or (text[:1] in ("+", "-") and not signed):
        raise ValueError(text)
    digits = text.lstrip("+-")
    is_octal = base == 0 and digits[:1] == "0" and digits[1:2] not in "xXoObB"
    return int(text, 8 if is_octal else base)


parse_int = _integer("ParseInt", -MAX_INT64 - 1, MAX_INT64, base=0)
parse_uint16 = _integer("ParseUint", 0, (1 << 16) - 1, base=0)
parse_uint64 = _integer("ParseUint", 0, (1 << 64) - 1, base=0)
atoi = _integer("Atoi", -MAX_INT64 - 1, MAX_INT64)
parse_decimal = _integer("ParseInt", -MAX_INT64 - 1, MAX_INT64)
parse_decimal_uint16 = _integer("ParseUint", 0, (1 << 16) - 1)
parse_decimal_uint64 = _integer("ParseUint", 0, (1 << 64) - 1)
parse_octal = _integer("ParseUint", 0, (1 << 32) - 1, base=8)


def parse_bytes(text: str) -> int:
    """``64m``, ``64 MiB`` → 67108864: binary multiples, as ``RAMInBytes`` of docker's go-units."""
    number = _leading(text, DIGITS)
    unit = text[len(number) :].removeprefix(" ").lower()
    prefix = unit.removesuffix("b").removesuffix("i")
    try:
        return int(float(number) * BINARY_UNITS[prefix])
    except (ValueError, KeyError):
        raise ValueError(f"invalid size: '{text}'") from None


def parse_swap(text: str) -> int:
    """As bytes, and -1 for no limit."""
    return -1 if text == "-1" else parse_bytes(text)


def parse_duration(text: str) -> int:
    """``1h2m3.5s`` → nanoseconds, as Go's ``time.ParseDuration``."""
    rest = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    if rest == "0":
        return 0
    total = 0.0
    if not rest:
        raise ValueError(f"time: invalid duration {quote(text)}")
    while rest:
        number = _leading(rest, DIGITS)
        rest = rest[len(number) :]
        if not number.strip(".") or number.count(".") > 1:
            raise ValueError(f"time: invalid duration {quote(text)}")
        unit = _unit(rest)
        if not unit:
            raise ValueError(f"time: missing unit in duration {quote(text)}")
        if unit not in NANOSECONDS:
            raise ValueError(f"time: unknown unit {quote(unit)} in duration {quote(text)}")
        rest = rest[len(unit) :]
        total += float(number) * NANOSECONDS[unit]
    return -round(total) if text.startswith("-") else round(total)


def _leading(text: str, characters: str) -> str:
    return text[: len(text) - len(text.lstrip(characters))]


def _unit(text: str) -> str:
    """What is between here and the next number."""
    end = 0
    while end < len(text) and text[end] not in DIGITS:
        end += 1
    return text[:end]


def parse_nano_cpus(text: str) -> int:
    """``1.5`` or ``3/2`` CPUs → billionths of one."""
    top, slash, bottom = text.partition("/")
    try:
        if not text.isascii():
            raise ValueError(text)
        whole, _, fraction = top.partition(".")
        digits = int((whole + fraction) or "x") * 10**9
        scale: int = 10 ** len(fraction) * (int(bottom) if slash else 1)
        nano, rest = divmod(digits, scale)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"failed to parse {text} as a rational number") from None
    if rest:
        raise ValueError("value is too precise")
    return nano


PARSERS: "dict[str, Parse]" = {
    "bool": parse_bool,
    "string": str,
    "list": str,
    "map": str,
    "int": parse_int,
    "uint": parse_uint64,
    "uint16": parse_uint16,
    "bytes": parse_bytes,
    "swap": parse_swap,
    "duration": parse_duration,
    "decimal": parse_nano_cpus,
}
