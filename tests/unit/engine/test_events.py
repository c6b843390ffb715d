"""The feed of events and its listeners."""

import pytest
from tests.fakes.host import FakeClock

from wherry.engine.events import Events
from wherry.errors import Unavailable
from wherry.model.event import Event

FLOOD = 5000


async def test_who_falls_far_behind_is_cut_off_and_others_are_not() -> None:
    events = Events(FakeClock())
    slow, fast = events.subscribe(), events.subscribe()
    heard: list[Event] = []
    for _ in range(FLOOD):
        events.publish("container", "rename", "box", {})
        heard.append(await anext(fast))
    assert len(heard) == FLOOD
    assert events.listeners == 1

    with pytest.raises(Unavailable, match="behind"):
        async for _ in slow:
            pass
