"""Who a container's process is: ``--user`` and ``--group-add`` read against the container's own account files.

The rules and texts are Docker's (moby/sys/user ``GetExecUser``): a number need not exist in the files, a name must, and
what reads as a number is never a name.
"""

from collections.abc import Iterator

from msgspec import Struct

from wherry.errors import InvalidArgument
from wherry.plan.go_values import decimal

_MAX_ID = 2**31 - 1


class Identity(Struct, frozen=True, kw_only=True):
    """User, group and supplementary groups as numbers, and the user's home directory."""

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    home: str = "/"


class _Account(Struct, frozen=True):
    name: str
    uid: int
    gid: int
    home: str


class _Group(Struct, frozen=True):
    name: str
    gid: int
    members: tuple[str, ...]


def resolve(user: str, passwd: str, group: str, group_add: tuple[str, ...] = ()) -> Identity:
    """``name|uid[:group|gid]`` and additional groups, read against the texts of /etc/passwd and /etc/group.

    "" is root. InvalidArgument, in Docker's words, if a name is unknown or a number is out of range.
    """
    user_text, _, group_text = user.partition(":")
    groups = tuple(_groups(group))
    account = _account(user_text, tuple(_accounts(passwd)))
    gid = _primary_group(group_text, groups) if group_text else account.gid
    own = () if group_text else tuple(entry.gid for entry in groups if account.name in entry.members)
    added = tuple(_additional_group(text, groups) for text in group_add)
    # The files are the image's. To setresuid(2) the number 4294967295 means: stay who you are.
    all_groups = tuple(map(_in_range, dict.fromkeys((gid, *own, *added))))
    return Identity(uid=_in_range(account.uid), gid=gid, groups=all_groups, home=account.home or "/")


def copy_owner(chown: str, passwd: str, group: str) -> tuple[int, int]:
    """``user[:group]`` of ``COPY --chown`` as numbers; a user alone is the group as well (moby, dockerfile/copy.go).

    InvalidArgument, in Docker's words, if a name is unknown.
    """
    user, _, group_text = chown.partition(":")
    group_text = group_text or user
    uid, gid = _number(user), _number(group_text)
    accounts = {account.name: account.uid for account in reversed(tuple(_accounts(passwd)))}
    groups = {entry.name: entry.gid for entry in reversed(tuple(_groups(group)))}
    unknown = "unable to convert uid/gid chown string to host mapping: can't find"
    if uid is None and user not in accounts:
        raise InvalidArgument(f"{unknown} uid for user {user}: no such user: {user}")
    if gid is None and group_text not in groups:
        raise InvalidArgument(f"{unknown} gid for group {group_text}: no such group: {group_text}")
    return (
        _in_range(accounts[user] if uid is None else uid),
        _in_range(groups[group_text] if gid is None else gid),
    )


def _account(text: str, accounts: tuple[_Account, ...]) -> _Account:
    number = _number(text or "0")
    for account in accounts:
        if account.uid == number if number is not None else account.name == text:
            return account
    if number is None:
        raise InvalidArgument(f"unable to find user {text}: no matching entries in passwd file")
    return _Account(name="", uid=_in_range(number), gid=0, home="/")


def _primary_group(text: str, groups: tuple[_Group, ...]) -> int:
    return _group_id(text, groups, f"unable to find group {text}: no matching entries in group file")


def _additional_group(text: str, groups: tuple[_Group, ...]) -> int:
    return _group_id(text, groups, f"Unable to find group {text}: no matching entries in group file")


def _group_id(text: str, groups: tuple[_Group, ...], unknown: str) -> int:
    number = _number(text)
    for group in groups:
        if group.gid == number if number is not None else group.name == text:
            return group.gid
    if number is None:
        raise InvalidArgument(unknown)
    return _in_range(number)


def _in_range(number: int) -> int:
    if not 0 <= number <= _MAX_ID:
        raise InvalidArgument(f"uids and gids must be in range 0-{_MAX_ID}")
    return number


def _number(text: str) -> int | None:
    """Decimal digits with a sign, as Go's strconv.Atoi reads them."""
    number = decimal(text[1:] if text[:1] in ("-", "+") else text, 2**63 - 1)
    return -number if number and text.startswith("-") else number


def _accounts(passwd: str) -> Iterator[_Account]:
    for fields in _lines(passwd, 7):
        yield _Account(name=fields[0], uid=_number(fields[2]) or 0, gid=_number(fields[3]) or 0, home=fields[5])


def _groups(group: str) -> Iterator[_Group]:
    for fields in _lines(group, 4):
        yield _Group(name=fields[0], gid=_number(fields[2]) or 0, members=tuple(filter(None, fields[3].split(","))))


def _lines(text: str, width: int) -> Iterator[list[str]]:
    """Colon-separated lines of at least one field, padded to ``width`` (passwd(5), group(5))."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            fields = line.strip().split(":")
            yield fields + [""] * (width - len(fields))
