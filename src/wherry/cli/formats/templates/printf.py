"""Go's ``fmt.Sprintf`` for template values: flags, widths, precisions and operands by number."""

from __future__ import annotations

from .printing import format_value, text_of
from .values import Missing, type_name

FLAGS = "+-# 0"
DIGITS = "0123456789"
_MOST, _MOST_WRITTEN = 1_000_000, 10_000_009
"""The largest width or precision that an operand gives, and that stands there in digits."""


def sprintf(template: str, values: tuple[object, ...]) -> str:
    """Go's verbs; what does not fit shows in the text as ``%!verb(type=value)``, ``%!d(MISSING)``, ``%!(EXTRA …)``."""
    parts: list[str] = []
    operands = _Operands(values)
    rest = template
    while True:
        plain, percent, rest = rest.partition("%")
        parts.append(plain)
        if not percent:
            break
        text, rest = _directive(rest, operands)
        parts.append(text)
    left = operands.left()
    if left:
        parts.append("%!(EXTRA " + ", ".join(map(_typed, left)) + ")")
    return "".join(parts)


class _Operands:
    """What the verbs take one after the other; ``%[2]s`` goes to the second, and on from there."""

    def __init__(self, values: tuple[object, ...]) -> None:
        self.values = values
        self.at = 0
        self.chosen = False
        """A number was given: what no verb took is no error then."""
        self.good = True
        """The numbers of this directive exist."""
        self.complaints = ""
        """Of this directive, which is carried out all the same."""

    def choose(self, rest: str) -> str:
        """Go to the operand whose number begins ``rest``, if one does; gives what follows."""
        if not rest.startswith("["):
            return rest
        self.chosen = True
        number, closed, after = rest[1:].partition("]")
        self.good = bool(closed) and number.isdecimal() and 1 <= int(number) <= len(self.values)
        if self.good:
            self.at = int(number) - 1
        return after if closed else rest[1:]

    def more(self) -> bool:
        return self.at < len(self.values)

    def take(self) -> object:
        value = self.values[self.at]
        self.at += 1
        return value

    def left(self) -> tuple[object, ...]:
        return () if self.chosen else self.values[self.at :]


def _typed(value: object) -> str:
    if value is None or isinstance(value, Missing):
        return "<nil>"
    return f"{type_name(value)}={text_of(value)}"


def _directive(rest: str, operands: _Operands) -> tuple[str, str]:
    """The text of the directive at the start of ``rest``, and what follows it."""
    operands.good, operands.complaints = True, ""
    after = rest.lstrip(FLAGS)
    flags, rest = rest[: len(rest) - len(after)], after
    width, rest = _count(operands.choose(rest), operands, "WIDTH")
    precision: int | None = None
    if rest.startswith("."):
        precision, rest = _count(operands.choose(rest[1:]), operands, "PREC")
        precision = precision or 0
    rest = operands.choose(rest)
    if width is not None and width < 0:
        flags, width = flags + "-", -width
    verb, rest = rest[:1], rest[1:]
    return operands.complaints + _text(verb, flags, width, precision, operands), rest


def _text(verb: str, flags: str, width: int | None, precision: int | None, operands: _Operands) -> str:
    if not verb:
        return "%!(NOVERB)"
    if verb == "%":
        return "%"
    if not operands.good:
        return f"%!{verb}(BADINDEX)"
    if not operands.more():
        return f"%!{verb}(MISSING)"
    return _pad(format_value(operands.take(), verb, flags, precision), flags, width)


def _count(rest: str, operands: _Operands, what: str) -> tuple[int | None, str]:
    """A number that is too large takes what follows with it; one that an operand gives is told of."""
    if rest.startswith("*"):
        value = operands.take() if operands.more() else None
        if isinstance(value, int) and abs(value) <= _MOST:
            return value, rest[1:]
        operands.complaints += f"%!(BAD{what})"
        return None, rest[1:]
    after = rest.lstrip(DIGITS)
    digits = rest[: len(rest) - len(after)].lstrip("0")
    if len(digits) > len(str(_MOST_WRITTEN)) or int(digits or 0) > _MOST_WRITTEN:
        return None, ""
    return (int(digits or 0) if after != rest else None), after


def _pad(text: str, flags: str, width: int | None) -> str:
    if width is None:
        return text
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags:
        sign = text[:1] if text[:1] in ("+", "-", " ") else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    return text.rjust(width)
