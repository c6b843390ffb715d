"""What several routes read out of a query."""

import time

from wherry.api.http import Query, Request
from wherry.errors import InvalidArgument
from wherry.model.host import HostFacts
from wherry.model.image import Platform, architecture
from wherry.model.reference import Reference
from wherry.plan.filters import Filters, parse_filters, parse_labels, parse_until
from wherry.plan.images.platforms import parse_platform

PRUNE_FILTERS = frozenset(("label", "label!", "until"))


def utc_offset() -> int:
    """Seconds east of Greenwich, here and now: for times without a zone."""
    return time.localtime().tm_gmtoff


def known(request: Request, name: str, since: tuple[int, ...]) -> Query:
    """The query, without the parameter ``name`` if the request's API version has none of that name: it came with
    ``since``."""
    return request.query if request.api_version >= since else request.query.without(name)


def filters(request: Request, accepted: frozenset[str] | None) -> Filters:
    return parse_filters(request.query.get("filters", ""), accepted)


def prune_bounds(found: Filters, now: int) -> tuple[int, tuple[str, ...]]:
    """Until when and with which labels to prune."""
    return parse_until(found, now, utc_offset()), parse_labels(found)


def log_streams(query: Query) -> tuple[bool, bool]:
    """Whether stdout and stderr are asked for. InvalidArgument if neither is."""
    stdout, stderr = query.flag("stdout"), query.flag("stderr")
    if not stdout and not stderr:
        raise InvalidArgument("Bad parameters: you must choose at least one stream")
    return stdout, stderr


def new_name(query: Query) -> Reference | None:
    """``repo`` and ``tag``: the name for a new image, None if it is to have none. InvalidReference, InvalidArgument."""
    repository, tag = query.get("repo", ""), query.get("tag", "")
    if not repository:
        return None
    reference = Reference.parse(repository)
    if reference.digest or ":" in tag:
        raise InvalidArgument("cannot import digest reference")
    return reference.with_tag(tag) if tag else reference.with_default_tag()


def platform(query: Query, facts: HostFacts) -> Platform | None:
    """``platform``, what it leaves out taken from the host. InvalidArgument."""
    text = query.get("platform")
    return parse_platform(text, architecture(facts.architecture)) if text else None


def required_integer(query: Query, name: str) -> int:
    """A number that must be there. Raises InvalidArgument."""
    if not query.get(name):
        raise InvalidArgument('strconv.Atoi: parsing "": invalid syntax')
    return query.integer(name)
