"""The mounts that this process sees, to keep clear of them (proc_pid_mountinfo(5))."""

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

_ESCAPE: Final = re.compile(rb"\\([0-7]{3})")
_ESCAPED: Final = re.compile(rb"[ \t\n\\]")


class Mount(NamedTuple):
    """``point`` is an absolute path without links, ``kind`` the file system's type, ``peers`` the optional fields that
    tell of shared subtrees (``shared:7``, ``master:3``)."""

    point: str
    kind: str
    peers: tuple[str, ...] = ()

    def is_below(self, folder: str) -> bool:
        return self.point == folder or self.point.startswith(f"{folder}/")

    def is_around(self, path: str) -> bool:
        return self.point in (path, "/") or path.startswith(f"{self.point}/")


def mounts_below(folder: Path) -> list[Mount]:
    """Mounts inside ``folder`` or on it. Blocks: a host may have thousands of mounts."""
    text = _escaped(os.fsencode(folder))
    with open("/proc/self/mountinfo", "rb") as file:
        candidates = [_parse(line) for line in file if text in line]
    return [mount for mount in candidates if mount.is_below(str(folder))]


def mount_of(path: Path) -> Mount:
    """The mount that an absolute path, taken as text, lies in: the deepest; of several on one point the last made."""
    around = [mount for mount in _mounts() if mount.is_around(str(path))]
    return sorted(around, key=lambda mount: len(mount.point))[-1]


def _mounts() -> list[Mount]:
    """All of them, in the order of mounting."""
    with open("/proc/self/mountinfo", "rb") as file:
        return [_parse(line) for line in file]


def _escaped(path: bytes) -> bytes:
    """A path as the kernel writes it there (``fs/proc_namespace.c``)."""
    return _ESCAPED.sub(lambda match: b"\\%03o" % match[0][0], path)


def _parse(line: bytes) -> Mount:
    """Field 5 is the mount point, from field 7 on come optional ones; the type follows a lone hyphen that ends them."""
    before, _, after = line.partition(b" - ")
    fields = before.split(b" ")
    point, peers = fields[4], tuple(field.decode() for field in fields[6:])
    if b"\\" in point:
        point = _ESCAPE.sub(lambda match: bytes((int(match[1], 8),)), point)
    return Mount(os.fsdecode(point), after.split(b" ", 1)[0].decode(), peers)
