"""Containers into networks and out of them, whether they run or not."""

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.launch.etc_files import EtcFiles
from wherry.engine.containers.launch.sandboxes import Sandboxes
from wherry.engine.networks import Networks
from wherry.errors import Conflict, NoSuchContainer, NotFound
from wherry.model.container import Container, Pending
from wherry.model.network import EndpointSpec, Network


class Connecting:
    """The row first, then the sandbox: what an engine that dies did not come to do, the next one mends."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        networks: Networks,
        sandboxes: Sandboxes,
        etc_files: EtcFiles,
        operations: Operations,
        locks: KeyedLocks,
    ) -> None:
        self._catalog = catalog
        self._networks = networks
        self._sandboxes = sandboxes
        self._etc_files = etc_files
        self._operations = operations
        self._locks = locks

    async def connect(self, ref: str, network_ref: str, spec: EndpointSpec) -> None:
        """Put a container into a network. NoSuchNetwork, NoSuchContainer, InvalidArgument, Forbidden."""
        network = self._networks.find(network_ref)
        container_id = self._catalog.find(ref).id
        await self._operations.run(self._connect(container_id, network, spec))

    async def disconnect(self, ref: str, network_ref: str, *, force: bool) -> None:
        """Take a container out of a network. NoSuchNetwork, NoSuchContainer, Forbidden, InternalError.

        With ``force``, a container that does not exist is told in the words for endpoints.
        """
        network = self._networks.find(network_ref)
        try:
            container_id = self._catalog.find(ref).id
        except NoSuchContainer:
            if force:
                raise NotFound(f"endpoint {ref} not found") from None
            raise
        await self._operations.run(self._disconnect(container_id, network))

    async def _connect(self, container_id: str, network: Network, spec: EndpointSpec) -> None:
        async with self._locks.hold(container_id):
            container = self._steady(container_id)
            await self._change(container, self._networks.plan_connect(container, network, spec))

    async def _disconnect(self, container_id: str, network: Network) -> None:
        async with self._locks.hold(container_id):
            container = self._steady(container_id)
            await self._change(container, self._networks.plan_disconnect(container, network))

    def _steady(self, container_id: str) -> Container:
        container = self._catalog.get(container_id)
        if container.state.pending is Pending.REMOVING:
            raise Conflict("container is marked for removal and cannot be connected or disconnected to the network")
        return container

    async def _change(self, before: Container, after: Container) -> None:
        await self._catalog.put(after)
        if not before.state.alive:
            return
        try:
            await self._networks.change(before, after, self._sandboxes.path(after.id))
        except BaseException:
            await self._catalog.put(before)
            raise
        await self._networks.follow_links_of(after)
        await self._etc_files.change(before, after)
