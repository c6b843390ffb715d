"""Users and groups of the host, and the ids that are subordinate to them (subuid(5), subgid(5), useradd(8))."""

import grp
import pwd
from pathlib import Path
from typing import Final

from wherry.errors import InternalError, InvalidArgument
from wherry.kernel.processes import ENVIRONMENT, run

_FILES: Final = {"subuid": Path("/etc/subuid"), "subgid": Path("/etc/subgid")}
KINDS: Final = ("subuid", "subgid")
_FLAGS: Final = {"subuid": "--add-subuids", "subgid": "--add-subgids"}


def user(named: str) -> pwd.struct_passwd:
    """A user by name or number. InvalidArgument, in Docker's words."""
    try:
        return pwd.getpwuid(int(named)) if named.isdecimal() else pwd.getpwnam(named)
    except (KeyError, OverflowError):
        trouble = f"Uid {named} has no entry in /etc/passwd" if named.isdecimal() else _during("uid", named)
        raise _absent(trouble, named, "passwd") from None


def group(named: str) -> grp.struct_group:
    """A group by name or number. InvalidArgument, in Docker's words."""
    try:
        return grp.getgrgid(int(named)) if named.isdecimal() else grp.getgrnam(named)
    except (KeyError, OverflowError):
        trouble = f"Gid {named} has no entry in /etc/group" if named.isdecimal() else _during("groupname", named)
        raise _absent(trouble, named, "group") from None


def has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def subordinate(kind: str) -> str:
    """The text of /etc/subuid or /etc/subgid, by its name; "" if there is none."""
    try:
        return _FILES[kind].read_text()
    except FileNotFoundError:
        return ""


async def add_system_user(name: str) -> None:
    """With a group of the same name. InternalError with what useradd(8) says."""
    await _perform(name, "useradd", "--system", "--user-group", "--shell", "/bin/false", name)


async def add_subordinate(kind: str, name: str, first: int, last: int) -> None:
    """Give a user the ids from ``first`` to ``last``. InternalError with what usermod(8) says."""
    await _perform(name, "usermod", _FLAGS[kind], f"{first}-{last}", name)


async def _perform(name: str, *argv: str) -> None:
    try:
        done = await run(argv, env=ENVIRONMENT)
    except OSError as error:
        raise InternalError(f'Error during "{name}" user creation: {error}') from error
    if done.code:
        said = done.stderr.decode(errors="replace").strip()
        raise InternalError(f'Error during "{name}" user creation: {said}')


def _during(what: str, named: str) -> str:
    return f'Error during {what} lookup for "{named}"'


def _absent(trouble: str, named: str, database: str) -> InvalidArgument:
    return InvalidArgument(f'{trouble}: getent unable to find entry "{named}" in {database} database')
