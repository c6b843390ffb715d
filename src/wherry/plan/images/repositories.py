"""Repositories of registries: which have which blobs, and where to look for one."""

from collections.abc import Iterable

from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.image import Layer
from wherry.model.reference import DEFAULT_DOMAIN, LEGACY_DOMAIN, OFFICIAL_PREFIX, Reference

MAX_REMEMBERED = 20
_MAX_MOUNTS = 3


def known_at(layer: Layer, repositories: Iterable[str]) -> Layer:
    """The layer, with more repositories that have its blob; the latest are the last, and the oldest are forgotten."""
    new = tuple(dict.fromkeys(repositories))
    kept = tuple(name for name in layer.repositories if name not in new)
    return replace(layer, repositories=(*kept, *new)[-MAX_REMEMBERED:])


def mountable(repositories: Iterable[str], target: Reference) -> tuple[str, ...]:
    """The paths from which ``target``'s registry may take a blob over, the latest of ``repositories`` first."""
    parts = (name.partition("/") for name in dict.fromkeys(reversed(tuple(repositories))))
    paths = [path for domain, _, path in parts if domain == target.domain and path != target.path]
    return tuple(paths[:_MAX_MOUNTS])


def search_target(term: str) -> tuple[str, str]:
    """The registry's domain and what to look for there. InvalidArgument for a URL."""
    if "://" in term:
        raise InvalidArgument(f"invalid repository name: repository name ({term}) should not have a scheme")
    first, slash, rest = term.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = DEFAULT_DOMAIN, term
    if first in (DEFAULT_DOMAIN, LEGACY_DOMAIN):
        return DEFAULT_DOMAIN, rest.removeprefix(OFFICIAL_PREFIX)
    return first, rest
