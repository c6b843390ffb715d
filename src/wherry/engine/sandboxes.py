"""Sandboxes: the namespaces that a container lives in and does not own alone.

The network namespace is pinned by a bind mount at ``<exec-root>/netns/<short id>``, not by a process, so that it can be
made before there is one and joined by others. The shared memory of a container whose ipc namespace others may join is
a mount at ``<exec-root>/shm/<short id>``, because nobody can bind what is mounted inside another mount namespace.
"""

from pathlib import Path

from wherry.engine.networks import Networks
from wherry.engine.ports import Mounts
from wherry.model.container import Container
from wherry.model.network import Endpoint
from wherry.plan import namespaces
from wherry.plan.naming import short_id


class Sandboxes:
    """Opens and closes what is around a container's own process."""

    def __init__(self, folder: Path, networks: Networks, mounts: Mounts) -> None:
        self._folder = folder
        self._networks = networks
        self._mounts = mounts

    def path(self, container_id: str) -> str:
        """Where the container's own network namespace is pinned while it runs."""
        return str(self._folder / "netns" / short_id(container_id))

    def shared_memory(self, container_id: str) -> str:
        """Where the shared memory is mounted that others may join."""
        return str(self._folder / "shm" / short_id(container_id))

    def plan(self, container: Container) -> tuple[Endpoint, ...]:
        """Choose addresses and ports: they are the container's until ``close``."""
        return self._networks.plan(container)

    async def open(self, container: Container) -> None:
        """Make the namespace, join the networks by the container's endpoints, and mount memory to share."""
        if namespaces.shares_ipc(container.spec.host):
            self._mounts.shared_memory(self.shared_memory(container.id), container.spec.host.shm_size)
        await self._networks.join(container, container.endpoints, self.path(container.id))

    async def resume(self, container: Container) -> None:
        """Go on with what an engine that ended did for the networks of a container that runs."""
        if namespaces.owns_network(container.spec.host):
            await self._networks.resume(container, self.path(container.id))

    async def close(self, container: Container) -> None:
        """Withdraw ports, free addresses, remove the namespace and the memory; idempotent."""
        if namespaces.shares_ipc(container.spec.host):
            self._mounts.remove_shared_memory(self.shared_memory(container.id))
        await self._networks.leave(container, self.path(container.id))
