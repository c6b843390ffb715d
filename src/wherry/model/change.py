"""What a container changed in the files that it was made from."""

from enum import IntEnum
from typing import NamedTuple


class ChangeKind(IntEnum):
    """The values are Docker's."""

    MODIFIED = 0
    ADDED = 1
    DELETED = 2


class PathChange(NamedTuple):
    """``path`` is absolute; bytes of it that are no UTF-8 are surrogate escapes."""

    path: str
    kind: ChangeKind
