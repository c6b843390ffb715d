"""Where an engine has its files that remaps users: a data root in the data root, for each root of containers."""

import os
import stat
from pathlib import Path

from wherry.errors import InvalidArgument
from wherry.model.remapping import Owner
from wherry.store.failures import explained


def nest(outer: Path, inner: Path, root: Owner) -> None:
    """Make both, to be passed through by the containers' ``root`` and listed by nobody.

    InvalidArgument, in Docker's words, if that one cannot get there.
    """
    with explained(f"open data root {inner}"):
        outer.parent.mkdir(parents=True, exist_ok=True)
        for folder in (outer, inner):
            make_passage(folder, root)
        closed = [above for above in outer.resolve().parents if not _lets_pass(above.stat(), root)]
    if closed:
        raise InvalidArgument(
            f"a subdirectory in your graphroot path ({inner}) restricts access to the remapped root uid/gid; "
            "please fix by allowing 'o+x' permissions on existing directories"
        )


def make_passage(folder: Path, root: Owner) -> None:
    """A folder that the containers' ``root`` can pass through, and nobody else."""
    folder.mkdir(mode=0o710, exist_ok=True)
    os.chown(folder, 0, root[1])
    folder.chmod(0o710)


def _lets_pass(status: os.stat_result, root: Owner) -> bool:
    uid, gid = root
    if status.st_uid == uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
