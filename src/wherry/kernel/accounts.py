"""Users and groups of the host, and the ids that are subordinate to them (subuid(5), subgid(5), useradd(8))."""

import grp
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from wherry.errors import InternalError, InvalidArgument
from wherry.kernel.processes import ENVIRONMENT, run

E = TypeVar("E")

_FILES: Final = {"subuid": Path("/etc/subuid"), "subgid": Path("/etc/subgid")}
KINDS: Final = ("subuid", "subgid")
_FLAGS: Final = {"subuid": "--add-subuids", "subgid": "--add-subgids"}


def user(named: str) -> pwd.struct_passwd:
    """A user by name or number. InvalidArgument, in Docker's words."""
    return _find(named, pwd.getpwuid, pwd.getpwnam, ("Uid", "uid", "passwd"))


def group(named: str) -> grp.struct_group:
    """A group by name or number. InvalidArgument, in Docker's words."""
    return _find(named, grp.getgrgid, grp.getgrnam, ("Gid", "groupname", "group"))


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


def _find(named: str, by_number: Callable[[int], E], by_name: Callable[[str], E], words: tuple[str, str, str]) -> E:
    """``words``: what Docker calls a number and a name, and the database."""
    number, name, database = words
    try:
        return by_number(int(named)) if named.isdecimal() else by_name(named)
    except (KeyError, OverflowError):
        trouble = f'Error during {name} lookup for "{named}"'
        if named.isdecimal():
            trouble = f"{number} {named} has no entry in /etc/{database}"
        text = f'{trouble}: getent unable to find entry "{named}" in {database} database'
        raise InvalidArgument(text) from None
