"""The engine, put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from wherry.build.engine import BuildingEngine
from wherry.build.sweeping import sweep_folders, sweep_steps
from wherry.engine.recovery import Recovery
from wherry.postponing import postponed
from wherry.wiring import builds, images
from wherry.wiring.config import EngineConfig
from wherry.wiring.containers import make_containers, make_copying
from wherry.wiring.edges import Edges, open_edges
from wherry.wiring.handles import make_handles
from wherry.wiring.needs import make_needs
from wherry.wiring.parts import make_parts
from wherry.wiring.remapping import find_remapping, nested
from wherry.wiring.system import make_recovery, make_system


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
        await recovery.run()
        await sweep_steps(edges.store.records, engine.images, edges.machine)
        await sweep_folders(edges.store.records, edges.store.cache_folders)
        yield engine


def _build(config: EngineConfig, edges: Edges, stack: AsyncExitStack) -> tuple[BuildingEngine, Recovery]:
    """The services, each with the ports and the other services that it uses."""
    handles = make_handles(config, edges)
    stack.push_async_callback(handles.operations.drain)
    needs = make_needs(config, edges, handles)
    stack.push_async_callback(needs.networks.close)
    parts = make_parts(edges, handles, needs)
    stack.push_async_callback(parts.supervisor.close)
    containers = make_containers(edges, handles, needs, parts)
    stack.callback(parts.execs.close)
    transfer = postponed(lambda: images.make_transfer(config, edges, handles, needs))
    engine = BuildingEngine(
        containers=containers,
        execs=parts.execs,
        copying=make_copying(edges, handles, needs, parts),
        committing=postponed(lambda: images.make_committing(edges, handles, needs, parts)),
        images=needs.images,
        transfer=transfer,
        builds=postponed(lambda: builds.make_builds(edges, handles, needs, containers, transfer)),
        registries=postponed(lambda: images.make_registries(edges)),
        archives=postponed(lambda: images.make_archives(edges, handles, needs)),
        networks=needs.networks,
        volumes=needs.volumes,
        events=handles.events,
        system=make_system(edges, handles, needs, containers, transfer),
    )
    return engine, make_recovery(edges, handles, needs, parts)
