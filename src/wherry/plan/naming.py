"""Names and ids, as people write them."""

import re
from collections.abc import Iterable
from typing import Protocol, TypeVar

from wherry.errors import AmbiguousId, InvalidArgument

SHORT_ID = 12

_CONTAINER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_ID_PREFIX = re.compile(r"[0-9a-f]{1,64}")


class Identified(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Identified)


def short_id(identifier: str) -> str:
    """The twelve digits that people read, of an ID or a digest."""
    return identifier.removeprefix("sha256:")[:SHORT_ID]


def check_container_name(name: str, *, renames: bool = False) -> None:
    """InvalidArgument with Docker's text, which is another where it ``renames``, if ``name`` may not be one."""
    if not _CONTAINER_NAME.fullmatch(name):
        before, slash = ("Error when allocating new name: ", "/") if renames else ("", "")
        reason = f"Invalid container name ({slash}{name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        raise InvalidArgument(before + reason)


def find_by_id(prefix: str, records: Iterable[R]) -> R | None:
    """The one record whose id begins with ``prefix``, None if there is none. AmbiguousId if there are several."""
    if not _ID_PREFIX.fullmatch(prefix):
        return None
    found = [record for record in records if record.id.startswith(prefix)]
    if len(found) > 1:
        raise AmbiguousId(prefix)
    return found[0] if found else None
