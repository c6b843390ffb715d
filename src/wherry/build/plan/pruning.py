"""Which entries of the build cache a prune removes."""

from collections.abc import Iterable

from msgspec import Struct

from wherry.model.build import CacheUsage
from wherry.plan.filters import Filters

PROPERTIES = frozenset(("id", "parent", "parents", "type", "description", "inuse", "shared", "private"))


class Prune(Struct, frozen=True, kw_only=True):
    """``all``: also what an image has anyway. ``keep`` bytes may stay, the most lately used. ``unused_since``: only
    what was not used after that, in nanoseconds since the epoch; 0 for any. ``filters`` are on `PROPERTIES`."""

    all: bool = False
    keep: int = 0
    unused_since: int = 0
    filters: Filters = {}


def chosen(usages: Iterable[CacheUsage], asked: Prune) -> tuple[CacheUsage, ...]:
    """Those to remove, the longest unused first."""
    by_age = sorted(usages, key=lambda usage: usage.entry.last_used)
    excess = sum(usage.entry.size for usage in by_age) - asked.keep
    found = []
    for usage in by_age:
        if asked.keep and excess <= 0:
            break
        if _may_go(usage, asked):
            found.append(usage)
            excess -= usage.entry.size
    return tuple(found)


def _may_go(usage: CacheUsage, asked: Prune) -> bool:
    if usage.in_use or (usage.shared and not asked.all):
        return False
    if asked.unused_since and usage.entry.last_used > asked.unused_since:
        return False
    return matches(usage, asked.filters)


def matches(usage: CacheUsage, filters: Filters) -> bool:
    properties = _properties(usage)
    return all(not properties[name].isdisjoint(values) for name, values in filters.items())


def _properties(usage: CacheUsage) -> dict[str, set[str]]:
    """The values of filters that an entry meets."""
    entry = usage.entry
    return {
        "id": {entry.key, entry.key.removeprefix("sha256:")},
        "parent": {entry.parent},
        "parents": {entry.parent},
        "type": {entry.kind},
        "description": {entry.description},
        "inuse": _switch(usage.in_use),
        "shared": _switch(usage.shared),
        "private": _switch(not usage.shared),
    }


def _switch(on: bool) -> set[str]:
    return {"", "1", "true"} if on else {"0", "false"}
