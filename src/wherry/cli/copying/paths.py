"""The paths of ``cp``, by Docker's rules (moby ``pkg/archive/copy.go``): what is copied, and what it is called where it
arrives. A slash or a dot at the end of a path says that it is a directory."""

import os
from posixpath import basename, dirname, isabs, join, normpath, realpath
from stat import S_ISDIR, S_ISLNK

from ..session import CommandError

MAX_LINKS = 10


class Copied:
    """An end of a copy. ``rebase``: the name that the source was given by, where a link in it led elsewhere."""

    __slots__ = ("exists", "is_directory", "path", "rebase")

    def __init__(self, path: str, *, exists: bool = False, is_directory: bool = False, rebase: str = "") -> None:
        self.path = path
        self.exists = exists
        self.is_directory = is_directory
        self.rebase = rebase


def split_argument(argument: str) -> tuple[str, str]:
    """``CONTAINER:PATH``; the container is "" for a path of this machine."""
    container, colon, path = argument.partition(":")
    if isabs(argument) or not colon or container.startswith("."):
        return "", argument
    return container, path


def last(path: str) -> str:
    """The last part, whatever slashes are behind it."""
    return basename(path.rstrip("/")) or ("/" if path else ".")


def split_entry(path: str) -> tuple[str, str]:
    """The directory that a path is in, and its name there."""
    cleaned = normpath(path)
    if last(path) == ".":
        return cleaned, "."
    return dirname(cleaned) or ".", basename(cleaned) or "/"


def absolute(path: str) -> str:
    cleaned = normpath(join(os.getcwd(), path))
    if last(path) == "." and last(cleaned) != ".":
        cleaned = cleaned.rstrip("/") + "/."
    return cleaned + "/" if path.endswith("/") and not cleaned.endswith("/") else cleaned


def followed(path: str, target: str) -> tuple[str, str]:
    """What a link's ``target`` is copied as: its path, and the name of ``path`` if that is another."""
    if last(path) == "." and last(target) != ".":
        target += "/."
    if path.endswith("/") and not target.endswith("/"):
        target += "/"
    return target, "" if last(path) == last(target) else last(path)


def beside(path: str, target: str) -> str:
    """Where the link at ``path`` leads: a relative target starts at its directory."""
    return target if isabs(target) else normpath(join(split_entry(path)[0], target))


def local_source(path: str, *, follow: bool) -> Copied:
    """CommandError if it is not there."""
    folder, slash, name = path.rpartition("/")
    if follow:
        resolved, rebase = followed(path, _resolved(path))
    else:
        resolved = _resolved(folder + slash).rstrip("/") + "/" + name
        rebase = last(path) if path.endswith("/") and last(path) != last(resolved) else ""
    try:
        is_directory = S_ISDIR(os.lstat(resolved).st_mode)
    except OSError as error:
        raise _failed("lstat", resolved, error) from None
    return Copied(resolved, exists=True, is_directory=is_directory, rebase=rebase)


def local_target(path: str) -> Copied:
    """Links are followed, even to what is not there yet. CommandError if no directory is there to put it in."""
    asked = path
    for _ in range(MAX_LINKS):
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            _check_parent(path)
            return Copied(path)
        except OSError as error:
            raise _failed("lstat", path, error) from None
        if not S_ISLNK(status.st_mode):
            return Copied(path, exists=True, is_directory=S_ISDIR(status.st_mode))
        path = beside(path, os.readlink(path.rstrip("/")))
    raise CommandError(f"too many symlinks in {asked}")


def placed(source: Copied, target: Copied) -> tuple[str, str]:
    """The directory to unpack into, and what the source is called there. CommandError where that makes no sense."""
    if target.exists and target.is_directory:
        return target.path, source.rebase or split_entry(source.path)[1]
    if target.exists and source.is_directory:
        raise CommandError("cannot copy directory")
    if not target.exists and not source.is_directory and (target.path.endswith("/") or last(target.path) == "."):
        raise CommandError("no such directory")
    return split_entry(target.path)


def _resolved(path: str) -> str:
    try:
        resolved = realpath(path, strict=True)
        if path.endswith("/") and not os.path.isdir(resolved):
            raise NotADirectoryError
    except NotADirectoryError:
        raise CommandError("not a directory") from None
    except OSError as error:
        raise _failed("lstat", os.fsdecode(error.filename or path), error) from None
    return resolved


def _check_parent(path: str) -> None:
    parent = split_entry(path)[0]
    try:
        is_directory = S_ISDIR(os.stat(parent).st_mode)
    except OSError as error:
        raise _failed("stat", parent, error) from None
    if not is_directory:
        raise CommandError("not a directory")


def _failed(verb: str, path: str, error: OSError) -> CommandError:
    return CommandError(f"{verb} {path}: {os.strerror(error.errno or 0).lower()}")
