"""Events as Docker's API tells them."""

from msgspec import UNSET, Struct, UnsetType, field


class Actor(Struct, kw_only=True, rename="pascal"):
    id: str = field(name="ID")
    attributes: dict[str, str]


class EventMessage(Struct, kw_only=True):
    """``status``, ``id`` and ``from`` are what events were before API 1.22; Docker still sends them."""

    status: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    source: str | UnsetType = field(default=UNSET, name="from")
    type: str = field(name="Type")
    action: str = field(name="Action")
    actor: Actor = field(name="Actor")
    scope: str = "local"
    time: int
    time_nano: int = field(name="timeNano")
