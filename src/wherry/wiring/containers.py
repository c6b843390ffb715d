"""The service of containers, and those that reach into them."""

from wherry.engine.containers import Containers
from wherry.engine.containers.building import Building
from wherry.engine.containers.connecting import Connecting
from wherry.engine.containers.copying import Copying
from wherry.engine.containers.creation import Creation
from wherry.engine.containers.output.log_plugins import LogPlugins
from wherry.engine.containers.stats import Stats
from wherry.engine.containers.updating import Updating
from wherry.engine.containers.viewing import Viewing
from wherry.wiring.edges import Edges
from wherry.wiring.foundation import Foundation
from wherry.wiring.shared import Shared
from wherry.wiring.verbs import Verbs


def make_containers(edges: Edges, shared: Shared, foundation: Foundation, verbs: Verbs) -> Containers:
    return Containers(
        catalog=shared.catalog,
        networks=foundation.networks,
        creation=_creation(edges, shared, foundation, verbs),
        building=Building(
            catalog=shared.catalog,
            teardown=verbs.teardown,
            snapshots=edges.store.snapshots,
            operations=shared.operations,
            locks=shared.locks,
        ),
        supervisor=verbs.supervisor,
        ending=verbs.ending,
        freezing=verbs.freezing,
        linking=verbs.linking,
        viewing=_viewing(edges, shared, foundation, verbs),
        stats=Stats(
            catalog=shared.catalog,
            waiters=shared.waiters,
            host=edges.machine,
            networking=edges.networking,
            sandboxes=verbs.sandboxes,
            clock=edges.clock,
        ),
        updating=Updating(
            catalog=shared.catalog,
            runtime=edges.runtime,
            host=edges.machine,
            events=shared.events,
            operations=shared.operations,
            locks=shared.locks,
        ),
        connecting=Connecting(
            catalog=shared.catalog,
            networks=foundation.networks,
            sandboxes=verbs.sandboxes,
            etc_files=verbs.etc_files,
            operations=shared.operations,
            locks=shared.locks,
        ),
        events=shared.events,
        operations=shared.operations,
        locks=shared.locks,
    )


def _creation(edges: Edges, shared: Shared, foundation: Foundation, verbs: Verbs) -> Creation:
    return Creation(
        catalog=shared.catalog,
        linking=verbs.linking,
        images=foundation.images,
        volumes=foundation.volumes,
        volume_use=foundation.volume_use,
        log_plugins=LogPlugins(edges.plugins),
        roots=verbs.roots,
        networks=foundation.networks,
        snapshots=edges.store.snapshots,
        files=edges.store.containers,
        runtime=edges.runtime,
        host=edges.machine,
        events=shared.events,
        operations=shared.operations,
        clock=edges.clock,
        chance=edges.chance,
        defaults=edges.settings.defaults,
        remapped=edges.settings.remapping,
    )


def _viewing(edges: Edges, shared: Shared, foundation: Foundation, verbs: Verbs) -> Viewing:
    return Viewing(
        catalog=shared.catalog,
        images=foundation.images,
        roots=verbs.roots,
        sandboxes=verbs.sandboxes,
        snapshots=edges.store.snapshots,
        layers=edges.layers,
        files=edges.store.containers,
        logs=edges.store.logs,
        journal=edges.journal,
        runtime=edges.runtime,
        host=edges.machine,
        hubs=shared.hubs,
        waiters=shared.waiters,
        events=shared.events,
    )


def make_copying(edges: Edges, shared: Shared, foundation: Foundation, verbs: Verbs) -> Copying:
    return Copying(
        catalog=shared.catalog,
        roots=verbs.roots,
        volumes=foundation.volume_use,
        files=edges.store.containers,
        mounts=edges.mounts,
        view_files=edges.store.view_files,
        events=shared.events,
    )
