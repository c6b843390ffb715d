"""Where ``save`` and ``export`` write their archive: to a file, or to a pipe."""

from contextlib import suppress
from os import rename, unlink

from .output_path import check_output_path
from .session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..client.connection import Response
    from .session import Session


def check_output(session: "Session", path: str, what: str) -> None:
    """Whether an archive can go to ``path``, "" for stdout; asked before there is one. ``what`` is tried."""
    if path:
        check_output_path(path, prefix=f"failed to {what}: ")
    elif session.out.isatty():
        raise CommandError("cowardly refusing to save to a terminal. Use the -o flag or redirect")


def write_output(session: "Session", path: str, what: str, response: "Response") -> None:
    """The answer's archive to where ``check_output`` let it go. CommandError."""
    if path:
        _write_file(path, what, response)
        return
    for chunk in response.chunks():
        session.out.write(chunk)


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
        with suppress(FileNotFoundError):
            unlink(partial)
