"""User namespaces: users and groups of containers that are others on the host."""

from pathlib import Path

from msgspec import Struct

from wherry.errors import InvalidArgument

Owner = tuple[int, int]
"""A user's id and a group's."""

ROOT: Owner = (0, 0)


class IdRange(Struct, frozen=True, kw_only=True):
    """``length`` ids in containers from ``inside`` on are as many on the host from ``outside`` on."""

    inside: int
    outside: int
    length: int


class Remapping(Struct, frozen=True, kw_only=True):
    """Who users and groups of containers are on the host. Each has a first range, which begins with root's."""

    uids: tuple[IdRange, ...]
    gids: tuple[IdRange, ...]

    @property
    def root(self) -> Owner:
        """Who the containers' root is on the host."""
        return self.uids[0].outside, self.gids[0].outside

    def outside(self, owner: Owner) -> Owner:
        """Who somebody in containers is on the host. InvalidArgument for one who is nobody there."""
        uid, gid = owner
        return _outside(self.uids, uid), _outside(self.gids, gid)


def _outside(ranges: tuple[IdRange, ...], number: int) -> int:
    for each in ranges:
        if each.inside <= number < each.inside + each.length:
            return number - each.inside + each.outside
    raise InvalidArgument(f"Container ID {number} cannot be mapped to a host ID")


class RemappedFiles(Struct, frozen=True, kw_only=True):
    """The files of an engine that remaps: ``root`` is that of the containers on the host. Folders of the data root in
    which owners are those of containers are mounted below ``view``, and there they are those on the host."""

    root: Owner
    view: Path
