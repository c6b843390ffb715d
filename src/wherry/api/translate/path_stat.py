"""What is at a path → the header that tells it."""

import base64
import stat

import msgspec

from wherry.api.translate.times import rfc3339
from wherry.model.path_stat import PathStat
from wherry.wire.path_stat import ContainerPathStat

HEADER = "X-Docker-Container-Path-Stat"

# Go's ``fs.FileMode`` has bits of its own for all but the permissions.
_KINDS = {
    stat.S_IFDIR: 1 << 31,
    stat.S_IFLNK: 1 << 27,
    stat.S_IFBLK: 1 << 26,
    stat.S_IFCHR: 1 << 26 | 1 << 21,
    stat.S_IFIFO: 1 << 25,
    stat.S_IFSOCK: 1 << 24,
}
_BITS = {stat.S_ISUID: 1 << 23, stat.S_ISGID: 1 << 22, stat.S_ISVTX: 1 << 20}


def path_stat_header(found: PathStat) -> dict[str, str]:
    told = ContainerPathStat(
        name=found.name,
        size=found.size,
        mode=go_mode(found.mode),
        mtime=rfc3339(found.modified),
        link_target=found.link_target,
    )
    return {HEADER: base64.b64encode(msgspec.json.encode(told)).decode()}


def go_mode(mode: int) -> int:
    """The mode of stat(2) as Go's ``fs.FileMode``."""
    bits = sum(go for bit, go in _BITS.items() if mode & bit)
    return mode & 0o777 | _KINDS.get(stat.S_IFMT(mode), 0) | bits
