"""Managed plugins."""

from wherry.engine.plugins import ManagedPlugins
from wherry.wiring.edges import Edges
from wherry.wiring.shared import Shared


def make_plugins(edges: Edges, shared: Shared) -> ManagedPlugins:
    return ManagedPlugins(
        records=edges.store.records,
        files=edges.store.plugins,
        chance=edges.chance,
        events=shared.events,
        operations=shared.operations,
        version=edges.settings.version,
    )
