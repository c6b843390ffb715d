"""``--filter key=value`` → the ``filters`` of a query."""

from ...client.jsonlite import dumps
from ..flags import Flag

FORMAT_ERROR = "bad format of filter (expected name=value)"


def filter_flag(usage: str = "Filter output based on conditions provided", *, short: str = "f") -> Flag:
    return Flag("filter", "list", usage, short=short, value_name="filter", parse="filters:parse")


def parse(text: str) -> str:
    """ValueError for what is neither empty nor ``key=value``."""
    if text and "=" not in text:
        raise ValueError(FORMAT_ERROR)
    return text


def collect(given: list[str]) -> dict[str, list[str]]:
    """Values by key; keys do not care for case."""
    filters: dict[str, list[str]] = {}
    for text in given:
        name, _, value = text.partition("=")
        if text:
            filters.setdefault(name.strip().lower(), []).append(value.strip())
    return filters


def encode(filters: dict[str, list[str]]) -> dict[str, str]:
    """The query's entry; none without filters."""
    if not filters:
        return {}
    return {"filters": dumps({name: dict.fromkeys(values, True) for name, values in filters.items()}).decode()}
