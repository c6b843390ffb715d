"""Where ``save`` and ``export`` write their archive: to a file, or to a pipe."""

from _stat import S_ISBLK, S_ISCHR, S_ISDIR, S_ISREG
from posix import rename, stat, unlink

from .session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..client.connection import Response
    from .session import Session


def check_output(session: "Session", path: str, what: str) -> None:
    """Whether an archive can go to ``path``, "" for stdout; asked before there is one. ``what`` is tried."""
    if not path:
        if session.out.isatty():
            raise CommandError("cowardly refusing to save to a terminal. Use the -o flag or redirect")
        return
    folder = path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")
    if not _exists(folder):
        raise CommandError(f'failed to {what}: invalid output path: directory "{folder}" does not exist')
    if _exists(path) and (got := _special(stat(path).st_mode)):
        problem = f'"{path}" must be a directory or a regular file: got {got}'
        raise CommandError(f"failed to {what}: invalid output path: {problem}")


def write_output(session: "Session", path: str, what: str, response: "Response") -> None:
    if path:
        _write_file(path, what, response)
        return
    for chunk in response.chunks():
        session.out.write(chunk)


def _exists(path: str) -> bool:
    try:
        stat(path)
    except OSError:
        return False
    return True


def _special(mode: int) -> str:
    """What a file is that an archive must not take the place of; "" for others."""
    if S_ISBLK(mode) or S_ISCHR(mode):
        return "a device"
    return "" if S_ISREG(mode) or S_ISDIR(mode) else "an irregular file"


def _write_file(path: str, what: str, response: "Response") -> None:
    """The whole archive or nothing: it gets its name when it is complete."""
    folder, slash, name = path.rpartition("/")
    partial = f"{folder}{slash}.wherry_temp_{name}"
    try:
        with open(partial, "wb") as file:
            for chunk in response.chunks():
                file.write(chunk)
        rename(partial, path)
    except OSError as error:
        raise CommandError(f"failed to {what}: {path}: {error.strerror}") from None
    finally:
        if _exists(partial):
            unlink(partial)
