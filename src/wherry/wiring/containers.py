"""The service of containers, and those that reach into them."""

from wherry.engine.containers import Containers
from wherry.engine.containers.building import Building
from wherry.engine.containers.connecting import Connecting
from wherry.engine.containers.copying import Copying
from wherry.engine.containers.creation import Creation
from wherry.engine.containers.stats import Stats
from wherry.engine.containers.updating import Updating
from wherry.engine.containers.viewing import Viewing
from wherry.wiring.edges import Edges
from wherry.wiring.handles import Handles
from wherry.wiring.needs import Needs
from wherry.wiring.parts import Parts


def make_containers(edges: Edges, handles: Handles, needs: Needs, parts: Parts) -> Containers:
    return Containers(
        catalog=handles.catalog,
        networks=needs.networks,
        creation=_creation(edges, handles, needs, parts),
        building=Building(
            catalog=handles.catalog,
            teardown=parts.teardown,
            snapshots=edges.store.snapshots,
            operations=handles.operations,
            locks=handles.locks,
        ),
        supervisor=parts.supervisor,
        ending=parts.ending,
        linking=parts.linking,
        viewing=_viewing(edges, handles, needs, parts),
        stats=Stats(
            catalog=handles.catalog,
            waiters=handles.waiters,
            host=edges.machine,
            networking=edges.networking,
            sandboxes=parts.sandboxes,
            clock=edges.clock,
        ),
        updating=Updating(
            catalog=handles.catalog,
            runtime=edges.runtime,
            host=edges.machine,
            events=handles.events,
            operations=handles.operations,
            locks=handles.locks,
        ),
        connecting=Connecting(
            catalog=handles.catalog,
            networks=needs.networks,
            sandboxes=parts.sandboxes,
            etc_files=parts.etc_files,
            operations=handles.operations,
            locks=handles.locks,
        ),
        events=handles.events,
        operations=handles.operations,
        locks=handles.locks,
    )


def _creation(edges: Edges, handles: Handles, needs: Needs, parts: Parts) -> Creation:
    return Creation(
        catalog=handles.catalog,
        linking=parts.linking,
        images=needs.images,
        volumes=needs.volumes,
        volume_use=needs.volume_use,
        roots=parts.roots,
        networks=needs.networks,
        snapshots=edges.store.snapshots,
        files=edges.store.containers,
        runtime=edges.runtime,
        host=edges.machine,
        events=handles.events,
        operations=handles.operations,
        clock=edges.clock,
        chance=edges.chance,
        defaults=edges.settings.defaults,
        remapped=edges.settings.remapping,
    )


def _viewing(edges: Edges, handles: Handles, needs: Needs, parts: Parts) -> Viewing:
    return Viewing(
        catalog=handles.catalog,
        images=needs.images,
        roots=parts.roots,
        sandboxes=parts.sandboxes,
        snapshots=edges.store.snapshots,
        layers=edges.layers,
        files=edges.store.containers,
        logs=edges.store.logs,
        journal=edges.journal,
        runtime=edges.runtime,
        host=edges.machine,
        hubs=handles.hubs,
        waiters=handles.waiters,
        events=handles.events,
    )


def make_copying(edges: Edges, handles: Handles, needs: Needs, parts: Parts) -> Copying:
    return Copying(
        catalog=handles.catalog,
        roots=parts.roots,
        volumes=needs.volume_use,
        files=edges.store.containers,
        mounts=edges.mounts,
        view_files=edges.store.view_files,
        events=handles.events,
    )
