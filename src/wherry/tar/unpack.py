"""Archives unpacked into a tree that is in use, by the rules of ``docker cp``."""

import os
import stat

from .format.header import DIRECTORY, Entry, TarError
from .format.reader import printable
from .format.stream import Stream
from .layers.extract import Extractor, normalized
from .trees.merged import Merged
from .trees.owners import Owner, Owners
from .trees.tree import Directory


class Unpacker(Extractor):
    """Unpacks an archive into the directory ``base`` below ``root``. Links on the way there, and those that are met in
    the tree, lead where they would if ``root`` were the root; nothing of the archive leads out of ``base`` by its name.

    ``renamed``: a beginning of names and what stands in its place. ``owner`` owns everything, whatever the archive
    says; root's means whoever this process is. ``keep_kinds`` refuses what would replace a directory by something
    else, or the other way round. ``called`` is what messages call the root. ``owners`` are those inside. The process's
    umask must be 0.
    """

    def __init__(
        self,
        root: int,
        stream: Stream,
        base: bytes = b"",
        *,
        renamed: tuple[bytes, bytes] = (b"", b""),
        owner: Owner | None = None,
        keep_kinds: bool = False,
        called: str = "",
        owners: Owners | None = None,
    ) -> None:
        self._owners = owners or Owners()
        super().__init__(root, stream, Merged.open(()), whiteouts=False, maker=self._owners.root)
        self._base = normalized(base)
        self._renamed = renamed
        self._owner = owner
        self._keep_kinds = keep_kinds
        self._called = called

    def _add(self, entry: Entry) -> None:
        if entry.kind == DIRECTORY and self._placed(entry.name) == self._base:
            return  # the directory that was there stays as it is
        if self._owner is not None:
            entry.uid, entry.gid = self._owner
        entry.uid, entry.gid = self._owners.outside((entry.uid, entry.gid))
        super()._add(entry)

    def _placed(self, name: bytes) -> bytes:
        old, new = self._renamed
        inner = name.lstrip(b"/")
        if inner.startswith(old):
            inner = new + inner[len(old) :]
        if _leads_out(inner):
            raise TarError(f'"{printable(name)}" is outside of "{self._shown(self._base)}"')
        return b"/".join(filter(None, (self._base, normalized(inner))))

    def _may_stay(self, entry: Entry, where: Directory, base: bytes) -> bool:
        if super()._may_stay(entry, where, base):
            return True
        is_directory = stat.S_ISDIR(os.lstat(base, dir_fd=where.fd).st_mode)
        if self._keep_kinds and is_directory != (entry.kind == DIRECTORY):
            there, comes = ("directory", "non-directory") if is_directory else ("non-directory", "directory")
            path, into = self._shown(where.child(base)), self._shown(self._base)
            raise TarError(f'cannot overwrite {there} "{path}" with {comes} "{into}"')
        return False

    def _shown(self, path: bytes) -> str:
        return f"{self._called}/{printable(path)}" if path else self._called or "/"


def _leads_out(name: bytes) -> bool:
    depth = 0
    for part in name.split(b"/"):
        depth += -1 if part == b".." else part not in (b"", b".")
        if depth < 0:
            return True
    return False
