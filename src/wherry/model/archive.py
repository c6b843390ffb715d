"""What image archives are made of."""

from msgspec import Struct


class Blob(Struct, frozen=True, kw_only=True):
    """A blob that was stored without knowing its digest before. ``size`` in bytes."""

    digest: str
    size: int


class Member(Struct, frozen=True, kw_only=True):
    """A member of an archive: a file, whose bytes are a blob now, or a link to the path ``link`` in the archive."""

    blob: Blob | None = None
    link: str = ""
