"""Modes of files as Go's ``fs.FileMode`` has them, which has bits of its own for all but the permissions."""

import stat

_PERMISSIONS = 0o777
_KINDS = {
    stat.S_IFREG: 0,
    stat.S_IFDIR: 1 << 31,
    stat.S_IFLNK: 1 << 27,
    stat.S_IFBLK: 1 << 26,
    stat.S_IFCHR: 1 << 26 | 1 << 21,
    stat.S_IFIFO: 1 << 25,
    stat.S_IFSOCK: 1 << 24,
}
_BITS = {stat.S_ISUID: 1 << 23, stat.S_ISGID: 1 << 22, stat.S_ISVTX: 1 << 20}

_IRREGULAR = 1 << 19
_KIND_MASK = 1 << 31 | 1 << 27 | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | _IRREGULAR
_KIND_OF = {go: kind for kind, go in _KINDS.items()}


def go_mode(mode: int) -> int:
    """The mode of stat(2) as Go writes it."""
    bits = sum(go for bit, go in _BITS.items() if mode & bit)
    return mode & _PERMISSIONS | _KINDS.get(stat.S_IFMT(mode), 0) | bits


def unix_mode(mode: int) -> int | None:
    """Go's as stat(2) has it; None for what is no kind of file that Linux has."""
    kind = _KIND_OF.get(mode & _KIND_MASK)
    if kind is None:
        return None
    return kind | mode & _PERMISSIONS | sum(bit for bit, go in _BITS.items() if mode & go)
