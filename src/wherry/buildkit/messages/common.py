"""What several services have in common."""

from typing import Annotated

from msgspec import Struct

_SECOND = 1_000_000_000


class Empty(Struct, frozen=True):
    """No fields, or none that matter."""


class Bytes(Struct, frozen=True):
    """``BytesMessage``, which several services have; ``GetSecretResponse`` is the same."""

    data: Annotated[bytes, 1] = b""


class Timestamp(Struct, frozen=True):
    """google.protobuf.Timestamp"""

    seconds: Annotated[int, 1] = 0
    nanos: Annotated[int, 2] = 0


def timestamp(nanoseconds: int) -> Timestamp:
    """Of a time since the epoch."""
    return Timestamp(*divmod(nanoseconds, _SECOND))


class Platform(Struct, frozen=True, kw_only=True):
    architecture: Annotated[str, 1] = ""
    os: Annotated[str, 2] = ""
    variant: Annotated[str, 3] = ""
    os_version: Annotated[str, 4] = ""


class Version(Struct, frozen=True, kw_only=True):
    package: Annotated[str, 1] = ""
    version: Annotated[str, 2] = ""
    revision: Annotated[str, 3] = ""


class Worker(Struct, frozen=True, kw_only=True):
    id: Annotated[str, 1] = ""
    labels: Annotated[dict[str, str], 2] = {}
    platforms: Annotated[tuple[Platform, ...], 3] = ()
    version: Annotated[Version | None, 5] = None


class Position(Struct, frozen=True, kw_only=True):
    line: Annotated[int, 1] = 0
    character: Annotated[int, 2] = 0


class Range(Struct, frozen=True, kw_only=True):
    start: Annotated[Position | None, 1] = None
    end: Annotated[Position | None, 2] = None


class SourceInfo(Struct, frozen=True, kw_only=True):
    """A file that errors and warnings point into."""

    filename: Annotated[str, 1] = ""
    data: Annotated[bytes, 2] = b""
    language: Annotated[str, 4] = ""


class Any(Struct, frozen=True, kw_only=True):
    """google.protobuf.Any"""

    type_url: Annotated[str, 1] = ""
    value: Annotated[bytes, 2] = b""


class Status(Struct, frozen=True, kw_only=True):
    """google.rpc.Status"""

    code: Annotated[int, 1] = 0
    message: Annotated[str, 2] = ""
    details: Annotated[tuple[Any, ...], 3] = ()
