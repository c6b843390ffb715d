"""Sandboxes: the namespaces that a container lives in and does not own alone.

The network namespace is pinned by a bind mount at ``<exec-root>/netns/<short id>``, not by a process, so that it can be
made before there is one and joined by others.
"""

from pathlib import Path

from wherry.engine.networks import Networks
from wherry.model.container import Container
from wherry.model.network import Endpoint
from wherry.plan.naming import short_id


class Sandboxes:
    """Opens and closes the network side of containers."""

    def __init__(self, folder: Path, networks: Networks) -> None:
        self._folder = folder
        self._networks = networks

    def path(self, container_id: str) -> str:
        """Where the container's own network namespace is pinned while it runs."""
        return str(self._folder / short_id(container_id))

    def plan(self, container: Container) -> tuple[Endpoint, ...]:
        """Choose addresses and ports: they are the container's until ``close``."""
        return self._networks.plan(container)

    async def open(self, container: Container) -> None:
        """Make the namespace, and join the networks by the container's endpoints."""
        await self._networks.join(container, container.endpoints, self.path(container.id))

    async def close(self, container: Container) -> None:
        """Withdraw ports, free addresses, remove the namespace; idempotent."""
        await self._networks.leave(container, self.path(container.id))
