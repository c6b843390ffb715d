"""The texts behind ``RUN --mount=`` (Dockerfile reference, "RUN --mount")."""

import csv
import re

from msgspec import Struct

from wherry.errors import InvalidArgument
from wherry.plan.dockerfile.configuring import Scope
from wherry.plan.dockerfile.suggestions import did_you_mean
from wherry.plan.go_values import parse_bool, read_size

_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
_SHARINGS = ("shared", "private", "locked")
_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite"}
_KEYS = (
    *("type", "from", "source", "target", "readonly", "readwrite", "id", "sharing", "required", "mode", "uid", "gid"),
    "size",
)
_SWITCHES = ("readonly", "readwrite", "required")
_OWNED = ("cache", "secret", "ssh")
_NUMBERS = {8: re.compile("[0-7]{1,32}"), 10: re.compile("[0-9]{1,32}")}
_LARGEST = (1 << 32) - 1


class MountText(Struct, frozen=True, kw_only=True):
    """A mount as it was written and expanded; ``origin`` is the text of ``from``, ``size`` is in bytes."""

    type: str = "bind"
    origin: str = ""
    source: str = ""
    target: str = ""
    id: str = ""
    sharing: str = ""
    read_only: bool = True
    required: bool = False
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    size: int = 0


def mount_source(text: str) -> str:
    """What ``from=`` says, as it stands; "" if nothing does."""
    return _fields(text).get("from", "")


def context_path(text: str) -> str | None:
    """The path of the build context that is bound, as it stands; None where it is of something else."""
    fields = _fields(text)
    is_bound = fields.get("type", "bind").lower() == "bind" and not fields.get("from")
    return fields.get("source", "") if is_bound else None


def read_mount(text: str, scope: Scope) -> MountText:
    """InvalidArgument in BuildKit's words."""
    fields = {key: value if key in ("from", "type") else scope.expand(value) for key, value in _fields(text).items()}
    kind = fields.get("type", "bind").lower()
    if kind not in _TYPES:
        raise InvalidArgument(f'unsupported mount type "{kind}"{did_you_mean(kind, _TYPES)}')
    _check_keys(kind, fields)
    return MountText(
        type=kind,
        origin=fields.get("from", ""),
        source=fields.get("source", ""),
        target=fields.get("target", ""),
        id=fields.get("id", ""),
        sharing=_sharing(fields.get("sharing", "")),
        read_only=_read_only(fields, default=kind not in ("cache", "tmpfs")),
        required=_switch(fields, "required") or False,
        mode=_number(fields, "mode", 8),
        uid=_number(fields, "uid", 10),
        gid=_number(fields, "gid", 10),
        size=_size(fields.get("size", "0")),
    )


def _fields(text: str) -> dict[str, str]:
    """A switch without a value is ``true``."""
    found: dict[str, str] = {}
    for field in _split(text):
        name, equals, value = field.partition("=")
        key = _ALIASES.get(name.lower(), name.lower())
        if key not in _KEYS:
            raise InvalidArgument(f"unexpected key '{name.lower()}' in '{field}'{did_you_mean(name, _KEYS)}")
        if not equals and key not in _SWITCHES:
            raise InvalidArgument(f"invalid field '{field}' must be a key=value pair")
        found[key] = value if equals else "true"
    return found


def _split(text: str) -> list[str]:
    try:
        return next(csv.reader([text]), [])
    except csv.Error as error:
        raise InvalidArgument(f"failed to parse csv mounts: {error}") from None


def _check_keys(kind: str, fields: dict[str, str]) -> None:
    if "size" in fields and kind != "tmpfs":
        raise InvalidArgument(f"unexpected key 'size' for mount type '{kind}'")
    if "required" in fields and kind not in ("secret", "ssh"):
        raise InvalidArgument(f"unexpected key 'required' for mount type '{kind}'")
    if "sharing" in fields and kind != "cache":
        raise InvalidArgument(f"invalid cache sharing set for {kind} mount")
    for key in ("mode", "uid", "gid"):
        if key in fields and kind not in _OWNED:
            raise InvalidArgument(f'{key} not allowed for "{kind}" type mounts')


def _sharing(text: str) -> str:
    if text and text.lower() not in _SHARINGS:
        raise InvalidArgument(f'unsupported sharing value "{text}"{did_you_mean(text, _SHARINGS)}')
    return text.lower()


def _read_only(fields: dict[str, str], *, default: bool) -> bool:
    writable = _switch(fields, "readwrite")
    if writable is not None:
        return not writable
    read_only = _switch(fields, "readonly")
    return default if read_only is None else read_only


def _switch(fields: dict[str, str], key: str) -> bool | None:
    if key not in fields:
        return None
    value = parse_bool(fields[key])
    if value is None:
        raise InvalidArgument(f"invalid value for {key}: {fields[key]}")
    return value


def _number(fields: dict[str, str], key: str, base: int) -> int | None:
    if key not in fields:
        return None
    text = fields[key]
    if not _NUMBERS[base].fullmatch(text) or int(text, base) > _LARGEST:
        raise InvalidArgument(f"invalid value {text} for {key}")
    return int(text, base)


def _size(text: str) -> int:
    try:
        return read_size(text, base=1024)
    except ValueError:
        raise InvalidArgument(f"invalid value for size: {text}") from None
