"""Sandboxes: the namespaces that a container lives in and does not own alone.

The network namespace is pinned by a bind mount at ``<exec-root>/netns/<short id>``, not by a process, so that it can be
made before there is one and joined by others.
"""

from pathlib import Path

from wherry.engine.networks import Networks
from wherry.model.container import Container
from wherry.model.network import Endpoint


class Sandboxes:
    """Opens and closes the network side of containers."""

    def __init__(self, folder: Path, networks: Networks) -> None:
        self._folder = folder
        self._networks = networks

    def path(self, container_id: str) -> str:
        """Where the container's own network namespace is pinned while it runs."""
        return str(self._folder / container_id[:12])

    async def open(self, container: Container) -> tuple[Endpoint, ...]:
        """Choose addresses and ports, make the namespace, join the networks. A failure leaves nothing behind."""
        endpoints = self._networks.plan(container)
        try:
            await self._networks.join(container, endpoints, self.path(container.id))
        except BaseException:
            await self.close(container)
            raise
        return endpoints

    async def close(self, container: Container) -> None:
        """Withdraw ports, free addresses, remove the namespace; idempotent."""
        await self._networks.leave(container, self.path(container.id))
