"""What tells of the whole, and what mends it after a death."""

from typing import TYPE_CHECKING

from wherry.engine.containers import Containers
from wherry.engine.recovery import Recovery
from wherry.engine.system import System
from wherry.wiring.edges import Edges
from wherry.wiring.foundation import Foundation
from wherry.wiring.shared import Shared
from wherry.wiring.verbs import Verbs

if TYPE_CHECKING:
    from wherry.engine.transfer import Transfer


def make_system(
    edges: Edges, shared: Shared, foundation: Foundation, containers: Containers, transfer: "Transfer"
) -> System:
    return System(
        settings=edges.settings,
        containers=containers,
        images=foundation.images,
        transfer=transfer,
        registry=edges.registry,
        volumes=foundation.volumes,
        drivers=shared.drivers,
        authorization=shared.authorization,
        events=shared.events,
        host=edges.machine,
        runtime=edges.runtime,
        clock=edges.clock,
        operations=shared.operations,
    )


def make_recovery(edges: Edges, shared: Shared, foundation: Foundation, verbs: Verbs) -> Recovery:
    return Recovery(
        records=edges.store.records,
        catalog=shared.catalog,
        supervisor=verbs.supervisor,
        removal=verbs.removal,
        forwarding=verbs.forwarding,
        teardown=verbs.teardown,
        sandboxes=verbs.sandboxes,
        networks=foundation.networks,
        images=foundation.images,
        volumes=foundation.volumes,
        volume_use=foundation.volume_use,
        snapshots=edges.store.snapshots,
        files=edges.store.containers,
        mounts=edges.mounts,
        runtime=edges.runtime,
        host=edges.machine,
    )
