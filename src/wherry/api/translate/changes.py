"""What a container changed → the answer of ``diff``."""

from wherry.model.change import PathChange
from wherry.wire.container import FilesystemChange


def filesystem_change(change: PathChange) -> FilesystemChange:
    """Bytes that are no UTF-8 become U+FFFD, as Go's JSON has it."""
    path = change.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return FilesystemChange(path=path, kind=change.kind)
