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
