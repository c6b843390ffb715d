"""Events → Docker's messages."""

from msgspec import UNSET

from wherry.api.translate.times import whole_seconds
from wherry.model.event import Event
from wherry.wire.event import Actor, EventMessage

_KINDS_WITH_LEGACY_FIELDS = frozenset(("container", "image"))


def event_message(event: Event) -> EventMessage:
    attributes = dict(sorted(event.attributes.items()))
    has_legacy_fields = event.kind in _KINDS_WITH_LEGACY_FIELDS
    return EventMessage(
        status=event.action if has_legacy_fields else UNSET,
        id=event.actor if has_legacy_fields and event.actor else UNSET,
        source=attributes.get("image") or UNSET if event.kind == "container" else UNSET,
        type=event.kind,
        action=event.action,
        actor=Actor(id=event.actor, attributes=attributes),
        time=whole_seconds(event.time),
        time_nano=event.time,
    )
