"""What several routes read out of a query."""

import time

from wherry.api.http import Query, Request
from wherry.errors import InvalidArgument
from wherry.plan.filters import Filters, parse_filters, parse_labels, parse_until

PRUNE_FILTERS = frozenset(("label", "label!", "until"))


def utc_offset() -> int:
    """Seconds east of Greenwich, here and now: for times without a zone."""
    return time.localtime().tm_gmtoff


def filters(request: Request, accepted: frozenset[str] | None) -> Filters:
    return parse_filters(request.query.get("filters", ""), accepted)


def prune_bounds(found: Filters, now: int) -> tuple[int, tuple[str, ...]]:
    """Until when and with which labels to prune."""
    return parse_until(found, now, utc_offset()), parse_labels(found)


def required_integer(query: Query, name: str) -> int:
    """A number that must be there. Raises InvalidArgument."""
    if not query.get(name):
        raise InvalidArgument('strconv.Atoi: parsing "": invalid syntax')
    return query.integer(name)
