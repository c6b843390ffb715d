"""Starts that are under way are waited for by whoever needs the container to run, as in dockerd."""

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.containers.catalog import Catalog
from wherry.model.container import Container


async def settled(catalog: Catalog, locks: KeyedLocks, ref: str) -> Container:
    """The container; one that does not run yet, when a start that is under way has ended: what it writes is read
    before its row says that it runs. NoSuchContainer."""
    container = catalog.find(ref)
    if container.state.status.runs:
        return container
    async with locks.hold(container.id):
        return catalog.get(container.id)
