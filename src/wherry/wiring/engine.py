"""The engine, put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from wherry.build.engine import BuildingEngine
from wherry.build.sweeping import sweep_folders, sweep_steps
from wherry.engine.recovery import Recovery
from wherry.postponing import postponed
from wherry.wiring import builds, images, plugins
from wherry.wiring.config import EngineConfig
from wherry.wiring.containers import make_containers, make_copying
from wherry.wiring.edges import Edges, open_edges
from wherry.wiring.foundation import make_foundation
from wherry.wiring.remapping import find_remapping, nested
from wherry.wiring.shared import make_shared
from wherry.wiring.system import make_recovery, make_system
from wherry.wiring.verbs import make_verbs


@asynccontextmanager
async def open_engine(config: EngineConfig) -> AsyncIterator[BuildingEngine]:
    """An engine on its data root, recovered and ready. Containers go on when it is closed.

    Raises Conflict if another engine uses the root, NotSupported if this host cannot run containers.
    """
    async with AsyncExitStack() as stack:
        remapping = await find_remapping(config.userns_remap)
        config = nested(config, remapping)
        edges = await open_edges(config, remapping, stack)
        engine, recovery = _build(config, edges, stack)
        stack.callback(_let_plugins_go_on, edges, engine)
        if edges.store.has_plugins:
            await engine.managed_plugins.resume()  # containers may need them
        await recovery.run()
        await sweep_steps(edges.store.records, engine.images, edges.machine)
        await sweep_folders(edges.store.records, edges.store.cache_folders)
        yield engine


def _let_plugins_go_on(edges: Edges, engine: BuildingEngine) -> None:
    if edges.store.has_plugins:
        engine.managed_plugins.close()


def _build(config: EngineConfig, edges: Edges, stack: AsyncExitStack) -> tuple[BuildingEngine, Recovery]:
    """The services, each with the ports and the other services that it uses."""
    shared = make_shared(config, edges)
    stack.push_async_callback(shared.operations.drain)
    foundation = make_foundation(config, edges, shared)
    stack.push_async_callback(foundation.networks.close)
    verbs = make_verbs(edges, shared, foundation)
    stack.push_async_callback(verbs.supervisor.close)
    containers = make_containers(edges, shared, foundation, verbs)
    stack.callback(verbs.execs.close)
    managed_plugins = postponed(lambda: plugins.make_plugins(edges, shared, verbs))
    transfer = postponed(lambda: images.make_transfer(config, edges, shared, foundation))
    engine = BuildingEngine(
        containers=containers,
        execs=verbs.execs,
        copying=make_copying(edges, shared, foundation, verbs),
        committing=postponed(lambda: images.make_committing(edges, shared, foundation, verbs)),
        images=foundation.images,
        transfer=transfer,
        builds=postponed(lambda: builds.make_builds(edges, shared, foundation, containers, transfer)),
        registries=postponed(lambda: images.make_registries(edges)),
        archives=postponed(lambda: images.make_archives(edges, shared, foundation)),
        networks=foundation.networks,
        volumes=foundation.volumes,
        managed_plugins=managed_plugins,
        events=shared.events,
        authorization=shared.authorization,
        system=make_system(edges, shared, foundation, containers, transfer),
    )
    return engine, make_recovery(edges, shared, foundation, verbs)
