"""Managed plugins."""

from wherry.engine.plugins import ManagedPlugins
from wherry.engine.plugins.revisions import Revisions
from wherry.engine.plugins.running import Running
from wherry.wiring.edges import Edges
from wherry.wiring.shared import Shared
from wherry.wiring.verbs import Verbs


def make_plugins(edges: Edges, shared: Shared, verbs: Verbs) -> ManagedPlugins:
    return ManagedPlugins(
        records=edges.store.records,
        files=edges.store.plugins,
        plugins=edges.plugins,
        revisions=Revisions(
            files=edges.store.plugins,
            registry=edges.registry,
            clock=edges.clock,
            version=edges.settings.version,
        ),
        running=Running(
            edges.exec_root,
            files=edges.store.plugins,
            plugins=edges.plugins,
            mounts=edges.mounts,
            runtime=edges.runtime,
            host=edges.machine,
            roots=verbs.roots,
            clock=edges.clock,
        ),
        authorization=shared.authorization,
        chance=edges.chance,
        events=shared.events,
        operations=shared.operations,
    )
