"""Lower layers seen as one, as overlayfs merges them (``overlayfs.rst``, "Whiteouts and opaque directories")."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress

from .whiteouts import is_opaque, is_whiteout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..builds.ignoring import Ignored

Member = tuple[bytes, int, bytes, os.stat_result]
"""Path below where a walk began, an open directory, the name in it, what it is."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Merged:
    """One directory of a stack of layers: file descriptors of its parts, the uppermost first.

    It owns them until ``close``. Symbolic links are never followed.
    """

    def __init__(self, parts: Iterable[int] = ()) -> None:
        self.parts = list(parts)

    @classmethod
    def open(cls, layers: tuple[str | bytes, ...]) -> Merged:
        """The root of a stack of layer directories, the uppermost first."""
        merged = cls()
        try:
            for layer in layers:
                merged.parts.append(os.open(layer, _DIRECTORY))
        except BaseException:
            merged.close()
            raise
        return merged

    def close(self) -> None:
        for fd in self.parts:
            os.close(fd)

    def find(self, name: bytes) -> tuple[int, os.stat_result] | None:
        """What ``name`` is here and in which part, or None where no layer has it or a whiteout hides it."""
        for fd in self.parts:
            try:
                status = os.lstat(name, dir_fd=fd)
            except FileNotFoundError:
                continue
            return None if is_whiteout(status) else (fd, status)
        return None

    def enter(self, name: bytes) -> Merged:
        """The directory ``name``; it has no parts where there is none."""
        deeper = Merged()
        try:
            for fd in self.parts:
                try:
                    deeper.parts.append(os.open(name, _DIRECTORY, dir_fd=fd))
                except FileNotFoundError:
                    continue
                except NotADirectoryError:
                    break
                if is_opaque(deeper.parts[-1]):
                    break
        except BaseException:
            deeper.close()
            raise
        return deeper

    def descend(self, path: bytes) -> Merged:
        """The directory at a path of several components; ``b""`` is this one, opened once more."""
        here = Merged(map(os.dup, self.parts))
        for name in filter(None, path.split(b"/")):
            try:
                deeper = here.enter(name)
            finally:
                here.close()
            here = deeper
        return here

    def listed(self) -> set[bytes]:
        """All that is in the directory, and what is hidden there."""
        return {os.fsencode(name) for fd in self.parts for name in os.listdir(fd)}

    def names(self) -> set[bytes]:
        """All that is in the directory; a living tree loses files between a look and the next."""
        seen: dict[bytes, bool] = {}
        for fd in self.parts:
            for name in map(os.fsencode, os.listdir(fd)):
                if name not in seen:
                    with suppress(FileNotFoundError):
                        seen[name] = not is_whiteout(os.lstat(name, dir_fd=fd))
        return {name for name, there in seen.items() if there}

    def members(self, path: bytes = b"", ignored: Ignored | None = None) -> Iterator[Member]:
        """All that is below the directory at a link-free path and not ignored, in the order of names, directories
        before what they hold."""
        below = [(here := self.descend(path), b"", iter(sorted(here.listed())))]
        try:
            while below:
                here, prefix, names = below[-1]
                name = next(names, None)
                if name is None:
                    below.pop()[0].close()
                    continue
                found = here.find(name)
                if found is None:
                    continue
                at, status = found
                inner = prefix + name
                if ignored is None or os.fsdecode(inner) not in ignored:
                    yield inner, at, name, status
                elif not ignored.has_exceptions_below(os.fsdecode(inner)):
                    continue
                if stat.S_ISDIR(status.st_mode):
                    deeper = here.enter(name)
                    below.append((deeper, inner + b"/", iter(sorted(deeper.listed()))))
        finally:
            for here, _, _ in below:
                here.close()
