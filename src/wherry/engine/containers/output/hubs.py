"""The hub of each container that somebody listens to."""

from wherry.engine.containers.output.streams import Attachment, Hub
from wherry.engine.ports import Runtime
from wherry.model.container import Container


class Hubs:
    """Made with the first client, gone with the last."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._hubs: dict[str, Hub] = {}

    async def attach(
        self, container: Container, *, stdout: bool, stderr: bool, keys: bytes, replay: list[tuple[int, bytes]]
    ) -> Attachment:
        """A new client of the container's streams; of one that does not run yet, it waits for the start."""
        hub = self._hubs.get(container.id)
        if hub is None:
            hub = Hub(
                tty=container.spec.tty,
                stdin_once=container.spec.stdin_once,
                left=lambda: self._forget(container.id, hub),
            )
            self._hubs[container.id] = hub
        client = hub.attach(stdout=stdout, stderr=stderr, keys=keys, replay=replay)
        if container.state.alive:
            try:
                await self._connect(container.id, hub)
            except BaseException:
                client.close()
                raise
        return client

    async def started(self, container_id: str) -> None:
        """The container's console can be joined now; to be told before the process is let go."""
        hub = self._hubs.get(container_id)
        if hub is not None:
            await self._connect(container_id, hub)

    def ended(self, container_id: str) -> None:
        """The container is over. Clients of a console get what is left and then its end; others the end at once."""
        hub = self._hubs.pop(container_id, None)
        if hub is not None and not hub.connected:
            hub.end()

    async def _connect(self, container_id: str, hub: Hub) -> None:
        if not hub.connected:
            hub.connect(await self._runtime.join(container_id))

    def _forget(self, container_id: str, hub: Hub | None) -> None:
        if self._hubs.get(container_id) is hub:
            del self._hubs[container_id]
