"""A connection that is lent out, so that its bytes need not pass through the engine."""

from msgspec import Struct


class Lent(Struct, frozen=True, kw_only=True):
    """Who has ``fd`` reads the rest of a body from it, which does not block: see ``framing.decoder_of``.

    ``begun`` is what was read from it already.
    """

    fd: int
    framing: str
    begun: bytes
