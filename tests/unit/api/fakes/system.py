"""What the engine as a whole is asked about: its events, its host, its runtimes, its settings."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from tests.unit.api.samples import FACTS, NOW

from wherry.model.event import Event
from wherry.model.host import Forwarding, HostFacts
from wherry.model.launch import RuntimeInfo
from wherry.model.system import Settings


class FakeEvents:
    """``past`` is told to who asks for it; ``publish`` tells everyone."""

    def __init__(self) -> None:
        self.past: list[Event] = []
        self.bounds: tuple[int, int] = (0, 0)
        self.left = asyncio.Event()
        self._queues: list[asyncio.Queue[Event]] = []

    @property
    def listeners(self) -> int:
        return len(self._queues)

    def publish(self, event: Event) -> None:
        for queue in self._queues:
            queue.put_nowait(event)

    def subscribe(self, *, since: int = 0, until: int = 0) -> AsyncIterator[Event]:
        self.bounds = since, until
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._queues.append(queue)
        return self._feed(queue, self.past if since else [], until)

    async def _feed(self, queue: asyncio.Queue[Event], past: Iterable[Event], until: int) -> AsyncIterator[Event]:
        try:
            for event in past:
                yield event
            while not until:
                yield await queue.get()
        finally:
            self._queues.remove(queue)
            self.left.set()


class FakeHost:
    def facts(self) -> HostFacts:
        return FACTS

    def forwarding(self) -> Forwarding:
        return Forwarding(ipv4=True, bridged_ipv4=False, bridged_ipv6=False)


class FakeRuntime:
    infos: tuple[RuntimeInfo, ...] = (
        RuntimeInfo(name="crun", path="/usr/bin/crun", version="1.21", reason="the host mixes cgroup versions"),
        RuntimeInfo(name="runc", path="/usr/sbin/runc", version="1.1.15"),
    )

    def available(self) -> tuple[RuntimeInfo, ...]:
        return self.infos

    def check(self, name: str) -> str:
        return name or "runc"


class FakeClock:
    def now(self) -> int:
        return NOW

    def monotonic(self) -> int:
        return NOW

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


SETTINGS = Settings(
    id="baa0262c",
    version="0.1.0",
    python="3.13.5",
    build_time="2026-08-13T05:35:48.000000000+00:00",
    data_root="/var/lib/wherry",
    monitor=("conmon", "2.1.12"),
    init_path="/usr/bin/tini",
    insecure_registries=("10.0.0.0/8", "registry.local:5000"),
)
