"""Events, as ``docker events`` tells them."""

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True):
    """Something happened. ``kind`` is container, image, network, volume, plugin or daemon; ``time`` in ns since the
    epoch."""

    kind: str
    action: str
    actor: str
    attributes: dict[str, str] = {}
    time: int
