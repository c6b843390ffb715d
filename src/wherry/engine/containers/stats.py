"""What containers use, now and as it goes on."""

from collections.abc import AsyncGenerator

from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.launch.sandboxes import Sandboxes
from wherry.engine.containers.lifecycle.waiters import Waiters
from wherry.engine.containers.sampling import Sampler
from wherry.engine.ports import Clock, Host, Networking
from wherry.model.container import Container
from wherry.model.usage import Sample, Traffic
from wherry.plan.containers import namespaces

_INTERVAL = 1.0  # seconds, as dockerd's


class Stats:
    """One sampler a container, however many listen."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        waiters: Waiters,
        host: Host,
        networking: Networking,
        sandboxes: Sandboxes,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._waiters = waiters
        self._host = host
        self._networking = networking
        self._sandboxes = sandboxes
        self._clock = clock
        self._samplers: dict[str, Sampler] = {}

    async def sample(self, ref: str) -> Sample | None:
        """One sample; None if the container does not run."""
        return await self._sample(self._catalog.find(ref).id)

    async def follow(self, ref: str) -> AsyncGenerator[Sample | None, None]:
        """A sample a second (None while the container does not run) until it is removed. To be closed."""
        container_id = self._catalog.find(ref).id
        sampler = self._samplers.get(container_id)
        if sampler is None:
            sampler = self._samplers[container_id] = Sampler(lambda: self._sample(container_id), self._pause)
        listener = sampler.join()
        removed = self._waiters.subscribe(container_id, "removed")
        removed.add_done_callback(lambda _: listener.end())
        try:
            async for sample in listener.samples():
                yield sample
        finally:
            removed.cancel()
            if sampler.leave(listener):
                self._samplers.pop(container_id, None)

    async def _pause(self) -> None:
        await self._clock.sleep(_INTERVAL)

    async def _sample(self, container_id: str) -> Sample | None:
        container = self._catalog.get(container_id)
        if not container.state.alive:
            return None
        try:
            usage = await self._host.usage(container)
            traffic = await self._traffic(container)
        except FileNotFoundError:
            return None  # it ended meanwhile
        return Sample(time=self._clock.now(), usage=usage, host_cpu=self._host.cpu_time(), traffic=traffic)

    async def _traffic(self, container: Container) -> dict[str, Traffic]:
        """Counters of the interfaces that are the container's, or of whose network it shares."""
        peer = namespaces.peer(container.spec.host.network)
        if peer:
            return await self._traffic(self._catalog.find(peer))
        if not namespaces.owns_network(container.spec.host):
            return {}
        counted = await self._networking.traffic(self._sandboxes.path(container.id))
        return {name: counters for name, counters in counted.items() if name != "lo"}
