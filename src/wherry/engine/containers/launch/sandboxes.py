"""Sandboxes: the namespaces that a container lives in and does not own alone.

The network namespace is pinned by a bind mount at ``<exec-root>/netns/<short id>``, not by a process, so that it can be
made before there is one and joined by others. The shared memory of a container whose ipc namespace others may join is
a mount at ``<exec-root>/shm/<short id>``, because nobody can bind what is mounted inside another mount namespace.
A user namespace is pinned at ``<exec-root>/userns/<short id>``: the network namespace is its, so that root of the
container may configure its network.
"""

from pathlib import Path

from wherry.engine.networks import Networks
from wherry.engine.ports import Mounts, UserNamespaces
from wherry.model.container import Container
from wherry.model.network import Endpoint
from wherry.model.remapping import ROOT
from wherry.plan.containers import namespaces
from wherry.plan.naming import short_id


class Sandboxes:
    """Opens and closes what is around a container's own process."""

    def __init__(self, folder: Path, networks: Networks, mounts: Mounts, users: UserNamespaces) -> None:
        self._folder = folder
        self._networks = networks
        self._mounts = mounts
        self._users = users

    def path(self, container_id: str) -> str:
        """Where the container's own network namespace is pinned while it runs."""
        return str(self._folder / "netns" / short_id(container_id))

    def shared_memory(self, container_id: str) -> str:
        """Where the shared memory is mounted that others may join."""
        return str(self._folder / "shm" / short_id(container_id))

    def user_namespace(self, container_id: str) -> str:
        """Where the container's own user namespace is pinned while it runs, if it has one."""
        return str(self._folder / "userns" / short_id(container_id))

    def plan(self, container: Container) -> tuple[Endpoint, ...]:
        """Choose addresses and ports: they are the container's until ``close``."""
        return self._networks.plan(container)

    async def open(self, container: Container, user: str = "") -> None:
        """Make the namespaces, join the networks by the container's endpoints, and mount memory to share.

        ``user`` is the path of the container's user namespace: its own, or another's.
        """
        remapping = container.remapping
        if remapping and user == self.user_namespace(container.id):
            await self._users.create(user, remapping)
        if namespaces.shares_ipc(container.spec.host):
            owner = remapping.root if remapping else ROOT
            self._mounts.shared_memory(self.shared_memory(container.id), container.spec.host.shm_size, owner)
        await self._networks.join(container, container.endpoints, self.path(container.id), user)

    async def resume(self, container: Container) -> None:
        """Go on with what an engine that ended did for the networks of a container that runs."""
        if namespaces.owns_network(container.spec.host):
            await self._networks.resume(container, self.path(container.id))

    async def close(self, container: Container) -> None:
        """Withdraw ports, free addresses, remove the namespace and the memory; idempotent."""
        if namespaces.shares_ipc(container.spec.host):
            self._mounts.remove_shared_memory(self.shared_memory(container.id))
        await self._networks.leave(container, self.path(container.id))
        if container.remapping:
            self._users.remove(self.user_namespace(container.id))

    async def sweep(self, known: set[str]) -> None:
        """Unpin user namespaces of containers that are not ``known``."""
        for path in {*self._users.all()} - {*map(self.user_namespace, known)}:
            self._users.remove(path)
