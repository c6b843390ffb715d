"""Removing whole folders of the data root: first out of sight, then out of existence.

A folder is renamed to ``.removed-…`` beside it before anything in it is deleted, so that nobody ever sees half a
folder. What a death leaves over is swept at the next start.
"""

import asyncio
import logging
import os
from pathlib import Path
from typing import Final

from wherry.errors import InternalError, InvalidArgument
from wherry.store.failures import explained
from wherry.store.trees.mountinfo import mounts_below
from wherry.store.trees.walking import delete_tree
from wherry.threads import Threads, settled

_GRAVE: Final = ".removed-"
_log: Final = logging.getLogger(__name__)


def child(folder: Path, name: str) -> Path:
    """The entry ``name`` of ``folder``; InvalidArgument for a name that would lead elsewhere or be hidden."""
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        raise InvalidArgument(f"invalid name: {name!r}")
    return folder / name


def children(folder: Path) -> tuple[str, ...]:
    """Names of all entries but hidden ones, sorted."""
    return tuple(sorted(name for name in os.listdir(folder) if not name.startswith(".")))


async def discard(folder: Path, threads: Threads) -> None:
    """Remove a folder: out of sight when this returns, deleted soon. Nothing happens if it is not there.

    Refuses (InternalError) while something is mounted below: deletion would go through the mount.
    """
    grave = folder.with_name(f"{_GRAVE}{os.urandom(8).hex()}")

    def delete(burying: asyncio.Future[bool]) -> None:
        if burying.exception() is None and burying.result():
            threads.submit(_delete, grave)

    burying = threads.submit(_bury, folder, grave)
    burying.add_done_callback(delete)  # whether or not the caller still waits
    await settled(burying)


def sweep(folder: Path) -> None:
    """Delete what removals of an earlier life left over. Blocks; what resists is logged."""
    for grave in folder.glob(f"{_GRAVE}*"):
        _delete(grave)


def _bury(folder: Path, grave: Path) -> bool:
    """Whether there was something to move."""
    mounted = mounts_below(folder)
    if mounted:
        raise InternalError(f"remove {folder}: {mounted[-1].point} is still mounted")
    with explained(f"remove {folder}"):
        try:
            os.rename(folder, grave)
        except FileNotFoundError:
            return False
    return True


def _delete(grave: Path) -> None:
    try:
        delete_tree(grave)
    except OSError as error:
        _log.warning("cannot delete %s: %s", grave, error)
