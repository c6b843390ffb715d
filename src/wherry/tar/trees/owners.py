"""Owners of files of containers whose users and groups are others on the host."""

from collections.abc import Iterable, Sequence

from ..format.header import TarError

Owner = tuple[int, int]
Range = tuple[int, int, int]  # the first id inside, the first outside, how many

_NOBODY = 65534  # whom a process sees that has no name for an owner (user_namespaces(7))


class Owners:
    """``uids`` and ``gids``: ranges of ids inside a container and of theirs outside. Without any they are the same."""

    def __init__(self, uids: Iterable[Range] = (), gids: Iterable[Range] = ()) -> None:
        self._ranges = tuple(uids), tuple(gids)

    @classmethod
    def parse(cls, text: str) -> "Owners":
        """As ``str`` writes them."""
        if not text:
            return cls()
        uids, gids = (list(map(_range, part.split(","))) for part in text.split(";"))
        return cls(uids, gids)

    def __str__(self) -> str:
        return ";".join(",".join(":".join(map(str, each)) for each in ranges) for ranges in self._ranges).strip(";")

    @property
    def root(self) -> Owner | None:
        """Who root is outside, None if nobody else."""
        return self.outside((0, 0)) if self._ranges[0] else None

    def outside(self, owner: Owner) -> Owner:
        """TarError, in Docker's words, for one who is nobody there."""
        uid, gid = (_moved(number, ranges) for number, ranges in zip(owner, self._ranges, strict=True))
        if uid is None or gid is None:
            raise TarError(f"Container ID {owner[uid is not None]} cannot be mapped to a host ID")
        return uid, gid

    def inside(self, owner: Owner) -> Owner:
        """One who is nobody there is everybody's nobody."""
        back = [[(outside, inside, length) for inside, outside, length in ranges] for ranges in self._ranges]
        uid, gid = (_moved(number, ranges) for number, ranges in zip(owner, back, strict=True))
        return _NOBODY if uid is None else uid, _NOBODY if gid is None else gid


def _moved(number: int, ranges: Sequence[Range]) -> int | None:
    if not ranges:
        return number
    found = (there + number - here for here, there, length in ranges if here <= number < here + length)
    return next(found, None)


def _range(text: str) -> Range:
    inside, outside, length = map(int, text.split(":"))
    return inside, outside, length
