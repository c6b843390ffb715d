"""What is at a path of a container, as a header tells it."""

from msgspec import Struct


class ContainerPathStat(Struct, kw_only=True, rename="camel"):
    """``mode`` is Go's ``fs.FileMode``; ``mtime`` a time as of RFC 3339."""

    name: str
    size: int
    mode: int
    mtime: str
    link_target: str
