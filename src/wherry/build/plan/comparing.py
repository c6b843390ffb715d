"""What has to be done so that a mirror is what its client tells."""

import posixpath
from collections.abc import Sequence

from wherry.errors import InvalidArgument
from wherry.model.mirror import Changes, KnownFile, MadeFile, OfferedFile, Told

_LONGEST = 4096  # bytes: PATH_MAX


def compared(known: Sequence[KnownFile], told: Told) -> Changes:
    """The way from ``known`` to what is told. InvalidArgument for what is no walk of a directory: there each file comes
    once and after its directory, and a hard link after its target."""
    new = _Listing(known)
    for number, token in enumerate(told.tokens):
        new.add(number, token, told)
    removed = new.removed()
    return Changes(
        removed=removed,
        made=tuple(_made(number, file) for number, file in new.fresh.values()),
        dressed=tuple(told.file(number) for number in new.touched(removed)),
        files=tuple(new.files.values()),
    )


class _Listing:
    """All files told so far; ``fresh`` are those that the mirror has not, or not so."""

    def __init__(self, known: Sequence[KnownFile]) -> None:
        self._known = known
        self._by_token = {file.token: file for file in known if file.token}
        self._directories: dict[bytes, int] = {}
        self.files: dict[bytes, KnownFile] = {}
        self.fresh: dict[bytes, tuple[int, OfferedFile]] = {}

    def add(self, number: int, token: bytes, told: Told) -> None:
        file = self._by_token.get(token)
        if file is None or file.target in self.fresh:
            offered = told.file(number)
            _check_name(offered.path)
            file = _described(token, offered)
            self.fresh[file.path] = number, offered
        self._check_place(file)
        self.files[file.path] = file
        if file.is_directory:
            self._directories[file.path] = number

    def removed(self) -> tuple[bytes, ...]:
        """What is there and goes, the contents of a directory before it."""
        return tuple(file.path for file in reversed(self._known) if not self._stays(file))

    def touched(self, removed: tuple[bytes, ...]) -> list[int]:
        """The numbers of directories that change, or in which something changes."""
        changed = {_parent(path) for path in (*removed, *self.fresh)} | self.fresh.keys()
        return [number for path, number in self._directories.items() if path in changed]

    def _stays(self, file: KnownFile) -> bool:
        now = self.files.get(file.path)
        if now is None:
            return False
        return file.path not in self.fresh or (file.is_directory and now.is_directory)

    def _check_place(self, file: KnownFile) -> None:
        parent = _parent(file.path)
        if file.path in self.files or (parent and parent not in self._directories):
            raise InvalidArgument(f"changes out of order: {_shown(file.path)}")
        if file.target and (file.target not in self.files or file.target in self._directories):
            raise InvalidArgument(f"invalid link {_shown(file.path)} to unknown path: {_shown(file.target)}")


def _made(number: int, file: OfferedFile) -> MadeFile:
    return MadeFile(number if file.is_regular and not file.link else None, file)


def _described(token: bytes, offered: OfferedFile) -> KnownFile:
    return KnownFile(
        token=token,
        path=offered.path,
        is_directory=offered.is_directory,
        target=offered.link if offered.is_regular else b"",
        size=offered.size,
        mtime=offered.mtime,
    )


def _check_name(path: bytes) -> None:
    """Of a file that nothing is known of yet."""
    if path.startswith(b"/"):
        raise InvalidArgument(f"absolute path: {_shown(path)}")
    if path == b".." or path.startswith(b"../"):
        raise InvalidArgument(f"escape check: {_shown(path)}")
    if path != posixpath.normpath(path) or path == b"." or b"\0" in path or len(path) > _LONGEST:
        raise InvalidArgument(f"unclean path: {_shown(path)}")


def _parent(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _shown(path: bytes) -> str:
    return repr(path.decode("utf-8", "replace"))
