"""How images come and go."""

from wherry.engine.archives import Archives
from wherry.engine.containers.committing import Committing
from wherry.engine.registries import Registries
from wherry.engine.transfer import Transfer
from wherry.wiring.config import EngineConfig
from wherry.wiring.edges import Edges, image_platform
from wherry.wiring.foundation import Foundation
from wherry.wiring.shared import Shared
from wherry.wiring.verbs import Verbs


def make_transfer(config: EngineConfig, edges: Edges, shared: Shared, foundation: Foundation) -> Transfer:
    return Transfer(
        images=foundation.images,
        layering=foundation.layering,
        registry=edges.registry,
        layers=edges.layers,
        content=edges.store.content,
        snapshots=edges.store.snapshots,
        records=edges.store.records,
        operations=shared.operations,
        events=shared.events,
        clock=edges.clock,
        max_downloads=config.registries.max_downloads,
        max_uploads=config.registries.max_uploads,
        platform=image_platform(edges.machine),
    )


def make_registries(edges: Edges) -> Registries:
    return Registries(edges.registry)


def make_archives(edges: Edges, shared: Shared, foundation: Foundation) -> Archives:
    return Archives(
        images=foundation.images,
        layering=foundation.layering,
        archives=edges.store.archives,
        web=edges.web,
        layers=edges.layers,
        content=edges.store.content,
        snapshots=edges.store.snapshots,
        records=edges.store.records,
        events=shared.events,
        clock=edges.clock,
        platform=image_platform(edges.machine),
    )


def make_committing(edges: Edges, shared: Shared, foundation: Foundation, verbs: Verbs) -> Committing:
    return Committing(
        catalog=shared.catalog,
        freezing=verbs.freezing,
        images=foundation.images,
        layering=foundation.layering,
        snapshots=edges.store.snapshots,
        events=shared.events,
        clock=edges.clock,
        platform=image_platform(edges.machine),
    )
