"""The whole Docker API over one engine."""

from wherry.api.buildkit import BuildKitProtocol
from wherry.api.http import Router
from wherry.api.routes.build import BuildRoutes
from wherry.api.routes.buildkit import BuildKitRoutes
from wherry.api.routes.commit import CommitRoutes
from wherry.api.routes.containers import ContainerRoutes
from wherry.api.routes.execs import ExecRoutes
from wherry.api.routes.files import FileRoutes
from wherry.api.routes.images import ImageRoutes
from wherry.api.routes.lifecycle import LifecycleRoutes
from wherry.api.routes.metrics import MetricsRoutes
from wherry.api.routes.networks import NetworkRoutes
from wherry.api.routes.output import OutputRoutes
from wherry.api.routes.plugins import PluginRoutes
from wherry.api.routes.registries import RegistryRoutes
from wherry.api.routes.stats import StatsRoutes
from wherry.api.routes.swarm import SwarmRoutes
from wherry.api.routes.system import SystemRoutes
from wherry.api.routes.transfer import TransferRoutes
from wherry.api.routes.volumes import VolumeRoutes
from wherry.build.engine import BuildingEngine
from wherry.engine.engine import Engine


def build_router(engine: BuildingEngine, buildkit: BuildKitProtocol) -> Router:
    """A handler of every endpoint that the engine can answer; the others are not found."""
    router = Router()
    for routes in (
        ContainerRoutes(engine.containers, engine.execs, engine.images, engine.archives, engine.system),
        LifecycleRoutes(engine.containers),
        StatsRoutes(engine.containers, engine.system),
        OutputRoutes(engine.containers),
        ExecRoutes(engine.execs),
        FileRoutes(engine.copying),
        CommitRoutes(engine.committing),
        BuildRoutes(engine.builds, engine.system),
        BuildKitRoutes(buildkit),
        ImageRoutes(engine.images, engine.system),
        TransferRoutes(engine.transfer, engine.archives, engine.system),
        RegistryRoutes(engine.registries),
        NetworkRoutes(engine.networks, engine.containers, engine.system),
        VolumeRoutes(engine.volumes),
        SystemRoutes(engine.system, engine.events, engine.builds),
        PluginRoutes(engine.managed_plugins),
        SwarmRoutes(),
    ):
        routes.register(router)
    return router


def build_metrics_router(engine: Engine) -> Router:
    """A handler of what Prometheus asks for, and of nothing else."""
    router = Router()
    MetricsRoutes(engine.system, engine.events).register(router)
    return router
