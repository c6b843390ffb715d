"""What tells of the whole, and what mends it after a death."""

from typing import TYPE_CHECKING

from wherry.engine.containers import Containers
from wherry.engine.recovery import Recovery
from wherry.engine.system import System
from wherry.wiring.edges import Edges
from wherry.wiring.handles import Handles
from wherry.wiring.needs import Needs
from wherry.wiring.parts import Parts

if TYPE_CHECKING:
    from wherry.engine.transfer import Transfer


def make_system(edges: Edges, handles: Handles, needs: Needs, containers: Containers, transfer: "Transfer") -> System:
    return System(
        settings=edges.settings,
        containers=containers,
        images=needs.images,
        transfer=transfer,
        registry=edges.registry,
        volumes=needs.volumes,
        events=handles.events,
        host=edges.machine,
        runtime=edges.runtime,
        clock=edges.clock,
        operations=handles.operations,
    )


def make_recovery(edges: Edges, handles: Handles, needs: Needs, parts: Parts) -> Recovery:
    return Recovery(
        catalog=handles.catalog,
        supervisor=parts.supervisor,
        removal=parts.removal,
        forwarding=parts.forwarding,
        teardown=parts.teardown,
        sandboxes=parts.sandboxes,
        networks=needs.networks,
        images=needs.images,
        volumes=needs.volumes,
        volume_use=needs.volume_use,
        snapshots=edges.store.snapshots,
        files=edges.store.containers,
        mounts=edges.mounts,
        runtime=edges.runtime,
        host=edges.machine,
    )
