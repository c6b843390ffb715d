"""What a build does to files."""

from pathlib import Path

from msgspec import Struct


class Selection(Struct, frozen=True, kw_only=True):
    """Files of a stack of trees, the uppermost first, by patterns of Go's ``filepath.Match``.

    ``owners``: theirs are kept, and count in the digest. ``unpack``: archives are unpacked.
    """

    trees: tuple[Path, ...]
    patterns: tuple[str, ...]
    owners: bool = False
    unpack: bool = False


class Selected(Struct, frozen=True, kw_only=True):
    """How many sources there are, and one digest of all: ``file:…``, ``dir:…`` or ``multi:…``.

    ``missing`` is a source that is not there.
    """

    count: int
    digest: str = ""
    missing: str | None = None


class Placement(Struct, frozen=True, kw_only=True):
    """Where files go: into a directory if ``destination`` ends in ``/`` or is one.

    ``owner`` None keeps theirs; ``chmod`` is octal or symbolic, "" keeps their modes.
    """

    selections: tuple[Selection, ...]
    destination: str
    owner: tuple[int, int] | None = (0, 0)
    chmod: str = ""


class CacheEntry(Struct, frozen=True, kw_only=True):
    """A step that was done: what came of it, by the digest of all that it hangs on.

    ``parent`` is the key of the step before it; ``chain_id`` the stack of layers after it, ``size`` the bytes of its
    own layer, 0 if it made none. Times are nanoseconds since the epoch.
    """

    key: str
    parent: str
    chain_id: str
    description: str
    created: int
    last_used: int
    uses: int = 0
    size: int = 0


class CacheUsage(Struct, frozen=True, kw_only=True):
    """``shared``: an image has its layer too; ``in_use``: a build that is under way stands on it."""

    entry: CacheEntry
    shared: bool
    in_use: bool
