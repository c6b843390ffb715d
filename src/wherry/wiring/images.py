"""How images come and go."""

from wherry.engine.archives import Archives
from wherry.engine.containers.committing import Committing
from wherry.engine.registries import Registries
from wherry.engine.transfer import Transfer
from wherry.wiring.config import EngineConfig
from wherry.wiring.edges import Edges, image_platform
from wherry.wiring.handles import Handles
from wherry.wiring.needs import Needs
from wherry.wiring.parts import Parts


def make_transfer(config: EngineConfig, edges: Edges, handles: Handles, needs: Needs) -> Transfer:
    return Transfer(
        images=needs.images,
        layering=needs.layering,
        registry=edges.registry,
        layers=edges.layers,
        content=edges.store.content,
        snapshots=edges.store.snapshots,
        records=edges.store.records,
        operations=handles.operations,
        events=handles.events,
        clock=edges.clock,
        max_downloads=config.registries.max_downloads,
        max_uploads=config.registries.max_uploads,
        platform=image_platform(edges.machine),
    )


def make_registries(edges: Edges) -> Registries:
    return Registries(edges.registry)


def make_archives(edges: Edges, handles: Handles, needs: Needs) -> Archives:
    return Archives(
        images=needs.images,
        layering=needs.layering,
        archives=edges.store.archives,
        web=edges.web,
        layers=edges.layers,
        content=edges.store.content,
        snapshots=edges.store.snapshots,
        records=edges.store.records,
        events=handles.events,
        clock=edges.clock,
        platform=image_platform(edges.machine),
    )


def make_committing(edges: Edges, handles: Handles, needs: Needs, parts: Parts) -> Committing:
    return Committing(
        catalog=handles.catalog,
        ending=parts.ending,
        images=needs.images,
        layering=needs.layering,
        snapshots=edges.store.snapshots,
        events=handles.events,
        clock=edges.clock,
        platform=image_platform(edges.machine),
    )
