"""What a prune of the build cache chooses."""

import pytest

from wherry.build.plan.pruning import Prune, chosen
from wherry.model.build import CACHE_MOUNT, CacheEntry, CacheUsage
from wherry.plan.filters import Filters


def usage(
    key: str, *, used: int, size: int = 0, shared: bool = False, in_use: bool = False, kind: str = "regular"
) -> CacheUsage:
    entry = CacheEntry(
        key=key, parent="p", chain_id="c", description=f"RUN {key}", created=0, last_used=used, size=size, kind=kind
    )
    return CacheUsage(entry=entry, shared=shared, in_use=in_use)


CACHE = (
    usage("old", used=1, size=10),
    usage("shared", used=2, size=20, shared=True),
    usage("mount", used=3, size=30, kind=CACHE_MOUNT),
    usage("busy", used=4, size=40, in_use=True),
    usage("new", used=5, size=50),
)


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        (Prune(), ["old", "mount", "new"]),
        (Prune(all=True), ["old", "shared", "mount", "new"]),
        (Prune(unused_since=3), ["old", "mount"]),
        (Prune(all=True, keep=150), []),
        (Prune(all=True, keep=130), ["old", "shared"]),
        (Prune(all=True, keep=1), ["old", "shared", "mount", "new"]),
    ],
)
def test_what_goes(asked: Prune, keys: list[str]) -> None:
    assert [found.entry.key for found in chosen(reversed(CACHE), asked)] == keys


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ({"type": (CACHE_MOUNT,)}, ["mount"]),
        ({"id": ("old", "new")}, ["old", "new"]),
        ({"shared": ("true",)}, ["shared"]),
        ({"shared": ("false",), "type": ("regular",)}, ["old", "new"]),
        ({"private": ("",)}, ["old", "mount", "new"]),
        ({"parents": ("x",)}, []),
        ({"description": ("RUN old",)}, ["old"]),
    ],
)
def test_filters(filters: Filters, keys: list[str]) -> None:
    assert [found.entry.key for found in chosen(CACHE, Prune(all=True, filters=filters))] == keys
