"""Values as Go's ``strconv`` and Docker's go-units read them, with the texts of their errors."""

import re

_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))
_MOST_DIGITS = 20
_INTEGER = re.compile(r"[+-]?0*([0-9]+)", re.ASCII)
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?", re.IGNORECASE)
_LARGEST = 2**63 - 1
_POWERS = ("", "k", "m", "g", "t", "p")


def parse_bool(text: str) -> bool | None:
    """``strconv.ParseBool``; None if it is neither."""
    return True if text in _TRUE else False if text in _FALSE else None


def read_bool(text: str) -> bool:
    """``strconv.ParseBool``. ValueError if it is neither."""
    value = parse_bool(text)
    if value is None:
        raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
    return value


def read_int(text: str, function: str = "Atoi") -> int:
    """``strconv.Atoi``, or the ``function`` that the error is to name. ValueError if it is no number of 64 bits."""
    found = _INTEGER.fullmatch(text)
    if found is None:
        raise ValueError(f'strconv.{function}: parsing "{text}": invalid syntax')
    if len(found[1]) > _MOST_DIGITS or not -_LARGEST - 1 <= (number := int(text)) <= _LARGEST:
        raise ValueError(f'strconv.{function}: parsing "{text}": value out of range')
    return number


def decimal(text: str, most: int) -> int | None:
    """A number of digits alone, up to ``most``; None for anything else. Python refuses to read very long ones."""
    if not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS:
        return None
    return number if (number := int(text)) <= most else None


def read_size(text: str, base: int = 1000) -> int:
    """Bytes of ``1.5k``, ``10 MB``, ``1gib``: go-units ``FromHumanSize``, or ``RAMInBytes`` with the base 1024.
    ValueError if it is no size."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(f"invalid size: '{text}'")
    size = float(found[1]) * base ** _POWERS.index(found[2].lower())
    if size > _LARGEST:
        raise ValueError(f'strconv.ParseFloat: parsing "{found[1]}": value out of range')
    return int(size)
