"""Profiles that confine containers: those that the plans come with, and the administrator's own."""

from pathlib import Path
from typing import Final

from wherry import plan
from wherry.errors import InternalError
from wherry.model.system import BUILTIN_PROFILE
from wherry.plan.containers.security import UNCONFINED
from wherry.plan.oci.seccomp import Seccomp

_DATA: Final = Path(plan.__path__[0], "data")


def builtin(name: str) -> bytes:
    """A profile that the plans come with."""
    return _DATA.joinpath(name).read_bytes()


def seccomp(default: str) -> Seccomp:
    """``default``: the profile of containers that ask for none, ``builtin``, ``unconfined`` or a path.

    InternalError, in dockerd's words, for a file that cannot be read.
    """
    if default == BUILTIN_PROFILE:
        return Seccomp(builtin("seccomp.json"))
    return Seccomp(builtin("seccomp.json"), b"" if default == UNCONFINED else _read(default))


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        reason = f"open {path}: {(error.strerror or '').lower()}"
        raise InternalError(f"opening seccomp profile ({path}) failed: {reason}") from None
