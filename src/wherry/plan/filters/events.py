"""Which events ``events --filter`` means. Keys that it does not know are not looked at, as in dockerd."""

from wherry.model.event import Event
from wherry.plan.filters.parse import Filters, matches_labels

_NOUNS = ("container", "volume", "network", "plugin", "service", "node", "secret", "config", "daemon")


def matches(event: Event, filters: Filters) -> bool:
    """Whether an event is asked for."""
    return (
        _is_one_of(filters, "type", event.kind)
        and _is_one_of(filters, "scope", "local")
        and _has_action(filters, event.action)
        and all(_concerns(filters, noun, event) for noun in _NOUNS)
        and _concerns_image(filters, event)
        and matches_labels(event.attributes, filters.get("label", ()))
    )


def _is_one_of(filters: Filters, key: str, value: str) -> bool:
    return value in filters.get(key, (value,))


def _has_action(filters: Filters, action: str) -> bool:
    """``exec_create: sh`` and ``health_status: healthy`` are found by what stands before the colon too."""
    wanted = filters.get("event")
    return not wanted or action in wanted or action.partition(":")[0] in wanted


def _concerns(filters: Filters, noun: str, event: Event) -> bool:
    wanted = filters.get(noun)
    return not wanted or event.actor.startswith(wanted) or event.attributes.get("name", "").startswith(wanted)


def _concerns_image(filters: Filters, event: Event) -> bool:
    wanted = filters.get("image")
    if not wanted:
        return True
    name = event.attributes.get("name" if event.kind == "image" else "image", "")
    return bool({event.actor, name, _without_tag(event.actor), _without_tag(name)}.intersection(wanted))


def _without_tag(name: str) -> str:
    head, colon, tail = name.rpartition(":")
    return head if colon and "/" not in tail else name
