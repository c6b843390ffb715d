"""What the services share in memory."""

from msgspec import Struct

from wherry.engine.authorization import Authorization
from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.lifecycle.waiters import Waiters
from wherry.engine.containers.output.hubs import Hubs
from wherry.engine.events import Events
from wherry.engine.volumes.drivers import VolumeDrivers
from wherry.wiring.config import EngineConfig
from wherry.wiring.edges import Edges


class Shared(Struct, frozen=True, kw_only=True):
    """What services share that is in no record: locks, tasks, those who listen and wait."""

    events: Events
    operations: Operations
    locks: KeyedLocks
    catalog: Catalog
    hubs: Hubs
    waiters: Waiters
    drivers: VolumeDrivers
    authorization: Authorization


def make_shared(config: EngineConfig, edges: Edges) -> Shared:
    return Shared(
        events=Events(edges.clock),
        operations=Operations(config.shutdown_timeout),
        locks=KeyedLocks(),
        catalog=Catalog(edges.store.records),
        hubs=Hubs(edges.runtime),
        waiters=Waiters(),
        drivers=VolumeDrivers(edges.plugins),
        authorization=Authorization(edges.plugins),
    )
