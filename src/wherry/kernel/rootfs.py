"""Files inside a container's root, reached without ever leaving it. Sources: openat2(2), path_resolution(7)."""


def read_text(root: str, path: str, limit: int = 1 << 20) -> str:
    """At most ``limit`` bytes of a file below ``root``, "" if it is not there. Symbolic links stay inside ``root``."""
    raise NotImplementedError


def make_directory(root: str, path: str, uid: int, gid: int, mode: int = 0o755) -> None:
    """Make ``path`` and what is missing above it, inside ``root``; those made belong to ``uid``:``gid``."""
    raise NotImplementedError
