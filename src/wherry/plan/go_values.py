"""Values as Go's ``strconv`` reads them."""

_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))


def parse_bool(text: str) -> bool | None:
    """``strconv.ParseBool``; None if it is neither."""
    return True if text in _TRUE else False if text in _FALSE else None
