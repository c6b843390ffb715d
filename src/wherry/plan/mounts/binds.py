"""``-v`` specifications: ``[source:]target[:mode]`` → a mount (moby volume/mounts/linux_parser.go).

The texts of the errors are Docker's.
"""

from posixpath import isabs, normpath

from msgspec import Struct

from wherry.errors import InvalidArgument, InvalidMount
from wherry.model.mount import MountKind, MountSpec

PROPAGATIONS = frozenset(("private", "rprivate", "shared", "rshared", "slave", "rslave"))

_OPTIONS = (
    frozenset(("ro", "rw")),
    frozenset(("z", "Z")),
    PROPAGATIONS,
    frozenset(("nocopy",)),
    frozenset(("consistent", "cached", "delegated", "default")),
)


class Bind(Struct, frozen=True, kw_only=True):
    """One ``-v``: the mount that it asks for, and its options as they were written."""

    mount: MountSpec
    mode: str = ""


def parse_bind(text: str, volume_driver: str = "") -> Bind:
    """Read one specification. A source that is no absolute path names a volume, none asks for a new one.

    Raises:
        InvalidArgument: it is none.
    """
    parts = text.split(":")
    if not parts[0] or len(parts) > 3 or (len(parts) == 2 and is_mode(parts[1])):
        raise InvalidArgument(f"invalid volume specification: '{text}'")
    source, target, mode = ("", parts[0], "") if len(parts) == 1 else (parts[0], parts[1], "".join(parts[2:]))
    if not is_mode(mode):
        raise InvalidArgument(f"invalid mode: {mode}")
    kind = MountKind.BIND if isabs(source) else MountKind.VOLUME
    options = frozenset(mode.split(","))
    try:
        _check(kind, target, options)
    except InvalidArgument as error:
        raise InvalidArgument(f"invalid volume specification: '{text}': {error}") from None
    return Bind(
        mode=mode,
        mount=MountSpec(
            kind=kind,
            source=normpath(source) if kind is MountKind.BIND else source,
            target=normpath(target),
            read_only="ro" in options,
            propagation="".join(options & PROPAGATIONS),
            no_copy="nocopy" in options,
            create_source=kind is MountKind.BIND,
            volume_driver=volume_driver if kind is MountKind.VOLUME else "",
        ),
    )


def is_mode(text: str) -> bool:
    """Whether a text is options of a ``-v``: at most one of each sort, separated by commas."""
    if not text:
        return True
    options = text.split(",")
    counts = [sum(option in sort for option in options) for sort in _OPTIONS]
    return max(counts) == 1 and sum(counts) == len(options)


def is_root(target: str) -> bool:
    """Whether an absolute path is that of the root, however it is written."""
    return isabs(target) and not normpath(target).strip("/")


def check_target(kind: str, target: str) -> None:
    """Raise InvalidArgument unless ``target`` is an absolute path other than the root."""
    if not target:
        raise InvalidMount(kind, "field Target must not be empty")
    if is_root(target) or normpath(target) == ".":
        raise InvalidMount(kind, "invalid specification: destination can't be '/'")
    if not isabs(target):
        raise InvalidMount(kind, f"invalid mount path: '{target}' mount path must be absolute")


def _check(kind: MountKind, target: str, options: frozenset[str]) -> None:
    check_target(kind, target)
    if kind is MountKind.VOLUME and options & PROPAGATIONS:
        raise InvalidMount(kind, "field BindOptions must not be specified")
    if kind is MountKind.BIND and "nocopy" in options:
        raise InvalidMount(kind, "field VolumeOptions must not be specified")
