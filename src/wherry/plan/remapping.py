"""``--userns-remap``: whom it names, and which ids /etc/subuid and /etc/subgid give them (subuid(5)).

Rules and texts are dockerd's (moby ``daemon/daemon_unix.go``, ``pkg/idtools``).
"""

from collections.abc import Iterator
from typing import Final

from wherry.errors import InvalidArgument
from wherry.model.container import HostSpec
from wherry.model.remapping import IdRange, Remapping

DEFAULT: Final = "default"
DEFAULT_USER: Final = "dockremap"
"""The user that dockerd makes for ``default``: whoever comes from there keeps the ids of his files."""

NEW_LENGTH: Final = 65536
_FIRST_NEW: Final = 100000


def remapping_of(host: HostSpec, remapping: Remapping | None) -> Remapping | None:
    """That of a container of an engine that has one or none: ``--userns=host`` does without."""
    return None if host.userns == "host" else remapping


def check(host: HostSpec, remapping: Remapping | None) -> None:
    """InvalidArgument for what a container in a user namespace cannot have."""
    if remapping_of(host, remapping) is None:
        return
    if host.privileged:
        raise InvalidArgument(
            "privileged mode is incompatible with user namespaces.  "
            "You must run the container in the host namespace when running privileged mode"
        )
    if host.network == "host":
        raise InvalidArgument("cannot share the host's network namespace when user namespaces are enabled")
    if host.pid == "host":
        raise InvalidArgument("cannot share the host PID namespace when user namespaces are enabled")


def named(text: str) -> tuple[str, str]:
    """The user and the group that are named: names or numbers, the group "" if it is not. InvalidArgument."""
    user, *group = text.split(":")
    if len(group) > 1:
        raise InvalidArgument(f'Invalid user/group specification in --userns-remap: "{text}"')
    return user, "".join(group)


def ranges(subordinate: str, kind: str, name: str, number: int) -> tuple[IdRange, ...]:
    """The ids that a file of subordinate ids gives to a user: by the user's number, or else by the name.

    ``kind`` is that of the file, subuid or subgid. InvalidArgument if it gives none.
    """
    lines = [fields for line in subordinate.splitlines() if (fields := _fields(line))]
    owned = [fields for fields in lines if fields[0] == str(number)] or [
        fields for fields in lines if fields[0] == name
    ]
    if not owned:
        raise InvalidArgument(f'Can\'t create ID mappings: no {kind} ranges found for user "{name}"')
    return tuple(_laid_out(owned))


def has_range(subordinate: str, name: str) -> bool:
    return any(fields and fields[0] == name for fields in map(_fields, subordinate.splitlines()))


def free_range(subordinate: str) -> tuple[int, int]:
    """The first and the last of ``NEW_LENGTH`` ids that a file of subordinate ids gives to nobody."""
    first = _FIRST_NEW
    for _, start, length in sorted(filter(None, map(_fields, subordinate.splitlines())), key=lambda fields: fields[1]):
        if start < first + NEW_LENGTH and first < start + length:
            first = start + length
    return first, first + NEW_LENGTH - 1


def _laid_out(owned: list[tuple[str, int, int]]) -> Iterator[IdRange]:
    inside = 0
    for _, start, length in owned:
        yield IdRange(inside=inside, outside=start, length=length)
        inside += length


def _fields(line: str) -> tuple[str, int, int] | None:
    """``name:first:count``; None for what is empty, a comment or malformed."""
    name, _, numbers = line.strip().partition(":")
    start, _, length = numbers.partition(":")
    if name.startswith("#") or not (start.isdecimal() and length.isdecimal() and int(length)):
        return None
    return name, int(start), int(length)
