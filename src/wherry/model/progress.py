"""What a long operation tells while it works."""

from msgspec import Struct


class Progress(Struct, frozen=True, kw_only=True):
    """One line of a progress stream (Docker's JSON message).

    ``id`` names the layer or image that ``status`` is about; ``current`` and ``total`` are bytes, 0 when unknown;
    ``stream`` is text to print as it is; ``aux`` structured results such as ``{"ID": "sha256:…"}``.
    """

    status: str = ""
    id: str = ""
    current: int = 0
    total: int = 0
    stream: str = ""
    aux: dict[str, str | int] = {}
