"""Filters as clients send them, and the tests that several nouns share."""

from collections.abc import Collection, Mapping

import msgspec

from wherry.errors import InvalidArgument
from wherry.model.malformed import MALFORMED
from wherry.plan.regexp import finder
from wherry.plan.timestamps import parse_timestamp

Filters = Mapping[str, tuple[str, ...]]

_TRUE = frozenset(("1", "true"))
_FALSE = frozenset(("0", "false"))

_decode = msgspec.json.Decoder(dict[str, list[str] | dict[str, bool]] | None).decode


def parse_filters(text: str, accepted: Collection[str] | None = None) -> Filters:
    """Read ``{"key": ["value"]}``, or ``{"key": {"value": true}}`` of clients below API 1.22.

    ``accepted`` names the keys that make sense, None lets all pass. A key without values asks for nothing.

    Raises:
        InvalidArgument: no such JSON, or another key.
    """
    if not text:
        return {}
    try:
        filters = _decode(text) or {}
    except MALFORMED:
        raise InvalidArgument("invalid filter") from None
    for key in filters:
        if accepted is not None and key not in accepted:
            raise InvalidArgument(f"invalid filter '{key}'" if key else "invalid filter")
    return {key: tuple(values) for key, values in filters.items() if values}


def parse_flag(filters: Filters, key: str, default: bool | None = None) -> bool | None:
    """The boolean of a filter that takes one value; ``default`` if it is not asked for.

    Raises:
        InvalidArgument: another text, or both.
    """
    values = frozenset(filters.get(key, ()))
    if not values:
        return default
    if values <= _TRUE:
        return True
    if values <= _FALSE:
        return False
    raise InvalidArgument(f"invalid filter '{key}=[{' '.join(filters[key])}]'")


def parse_until(filters: Filters, now: int, utc_offset: int = 0) -> int:
    """The time of a prune's ``until`` in ns since the epoch; 0 if it is not asked for.

    Raises:
        InvalidArgument: no time, or several.
    """
    values = filters.get("until", ())
    if len(values) > 1:
        raise InvalidArgument("more than one until filter specified")
    return parse_timestamp(values[0], now, utc_offset) if values else 0


def parse_labels(filters: Filters) -> tuple[str, ...]:
    """Labels wanted (``key`` or ``key=value``), and unwanted (``label!``) with a ``!`` before them."""
    return (*filters.get("label", ()), *(f"!{label}" for label in filters.get("label!", ())))


def matches_labels(labels: Mapping[str, str], wanted: Collection[str]) -> bool:
    """Whether all that :func:`parse_labels` gives is met."""
    return all(_has(labels, text.removeprefix("!")) != text.startswith("!") for text in wanted)


def _has(labels: Mapping[str, str], text: str) -> bool:
    key, equals, value = text.partition("=")
    return key in labels and (not equals or labels[key] == value)


def matches_pattern(patterns: Collection[str], text: str) -> bool:
    """Whether a text equals one of ``patterns`` or is found by it as a regular expression; a broken one finds none."""
    return any(pattern == text or _found(pattern, text) for pattern in patterns)


def _found(pattern: str, text: str) -> bool:
    try:
        return finder(pattern)(text)
    except ValueError:
        return False
