"""The one file that names concrete classes: it builds the edges and the services, and closes them in reverse."""

import hashlib
import importlib.resources
import os
import platform
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from msgspec import Struct

from wherry.build.engine import BuildingEngine
from wherry.build.service import Builds
from wherry.build.solver.bases import Bases
from wherry.build.solver.cache import Cache
from wherry.build.solver.cachemounts import CacheMounts
from wherry.build.solver.context import Contexts
from wherry.build.solver.copying import Copier
from wherry.build.solver.downloads import Downloads
from wherry.build.solver.finishing import Finisher
from wherry.build.solver.mounting import Mounting
from wherry.build.solver.repositories import Repositories
from wherry.build.solver.running import Runner
from wherry.build.solver.stages import Stages
from wherry.engine.archives import Archives
from wherry.engine.committing import Committing
from wherry.engine.containers import Containers
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.connecting import Connecting
from wherry.engine.containers.copying import Copying
from wherry.engine.containers.creation import Creation
from wherry.engine.containers.ending import Ending
from wherry.engine.containers.etc_files import EtcFiles
from wherry.engine.containers.health import HealthChecks
from wherry.engine.containers.hubs import Hubs
from wherry.engine.containers.launcher import Launcher
from wherry.engine.containers.linking import Linking
from wherry.engine.containers.removal import Removal
from wherry.engine.containers.rootfs import Roots
from wherry.engine.containers.rotation import LogRotation
from wherry.engine.containers.stats import Stats
from wherry.engine.containers.supervisor import Supervisor
from wherry.engine.containers.teardown import Teardown
from wherry.engine.containers.updating import Updating
from wherry.engine.containers.viewing import Viewing
from wherry.engine.containers.waiters import Waiters
from wherry.engine.events import Events
from wherry.engine.execs import Execs
from wherry.engine.images import Images
from wherry.engine.layering import Layering
from wherry.engine.networks import Networks
from wherry.engine.operations import KeyedLocks, Operations
from wherry.engine.recovery import Recovery
from wherry.engine.registries import Registries
from wherry.engine.sandboxes import Sandboxes
from wherry.engine.system import System
from wherry.engine.transfer import Transfer
from wherry.engine.unpacking import Unpacker
from wherry.engine.volume_use import VolumeUse
from wherry.engine.volumes import Volumes
from wherry.kernel import apparmor
from wherry.kernel.ambient import SystemChance, SystemClock
from wherry.kernel.git import Git
from wherry.kernel.machine import DeviceNodes, Machine, RootFiles
from wherry.kernel.mounting import HostMounts
from wherry.kernel.name_servers import NameServers
from wherry.kernel.networking import Networking
from wherry.model.container import ContainerDefaults
from wherry.model.image import Platform, architecture
from wherry.model.network import NetworkSettings
from wherry.model.registry import RegistrySettings
from wherry.model.system import Settings
from wherry.plan import firewall
from wherry.plan.credentials import masked
from wherry.plan.log_options import check_default
from wherry.plan.seccomp import Seccomp
from wherry.registry import CERTS_DIR, InsecurePolicy, Registry, Web
from wherry.runtime.binaries import discover
from wherry.runtime.monitor import monitor_version
from wherry.runtime.oci import OciRuntime
from wherry.store.engine_id import engine_id
from wherry.store.layers import Layers
from wherry.store.logs.journal import Journal
from wherry.store.store import Store
from wherry.version import VERSION

DATA_ROOT = Path("/var/lib/wherry")
EXEC_ROOT = Path("/run/wherry")
USER_AGENT = f"wherry/{VERSION}"


class EngineConfig(Struct, frozen=True, kw_only=True):
    """What an engine is made of. ``exec_root`` is emptied by a reboot, as /run is; None: chosen by ``data_root``."""

    data_root: Path = DATA_ROOT
    exec_root: Path | None = None
    runtimes: dict[str, str] = {}
    default_runtime: str = ""
    registries: RegistrySettings = RegistrySettings()
    debug: bool = False
    experimental: bool = False
    labels: tuple[str, ...] = ()
    network: NetworkSettings = NetworkSettings()
    defaults: ContainerDefaults = ContainerDefaults()


def exec_root_of(config: EngineConfig) -> Path:
    """Where an engine keeps sockets, namespaces and runtime state. Engines of different data roots never share it."""
    if config.exec_root is not None:
        return config.exec_root
    if config.data_root == DATA_ROOT:
        return EXEC_ROOT
    digest = hashlib.sha256(str(config.data_root.resolve()).encode()).hexdigest()
    return EXEC_ROOT.with_name(f"wherry-{digest[:8]}")


@asynccontextmanager
async def open_engine(config: EngineConfig) -> AsyncIterator[BuildingEngine]:
    """An engine on its data root, recovered and ready. Containers go on when it is closed.

    Raises Conflict if another engine uses the root, NotSupported if this host cannot run containers.
    """
    async with AsyncExitStack() as stack:
        edges = await _open_edges(config, stack)
        engine, recovery = _build(config, edges, stack)
        await recovery.run()
        await engine.builds.sweep()
        yield engine


class _Edges(Struct, frozen=True, kw_only=True):
    """All that touches the world."""

    exec_root: Path
    store: Store
    clock: SystemClock
    chance: SystemChance
    machine: Machine
    mounts: HostMounts
    devices: DeviceNodes
    runtime: OciRuntime
    networking: Networking
    name_servers: NameServers
    registry: Registry
    web: Web
    layers: Layers
    settings: Settings


async def _open_edges(config: EngineConfig, stack: AsyncExitStack) -> _Edges:
    check_default(config.defaults.log)
    exec_root = exec_root_of(config)
    exec_root.mkdir(mode=0o711, parents=True, exist_ok=True)
    runtime = OciRuntime(exec_root, await discover(config.runtimes, config.default_runtime))
    stack.callback(runtime.close)
    store = await Store.open(config.data_root)
    stack.push_async_callback(store.close)
    machine = Machine(config.data_root)
    if machine.facts().apparmor:
        await apparmor.load(_data("apparmor.profile"))
    networking = Networking(
        exec_root / "netns",
        firewall.ruleset,
        firewall.map_of,
        firewall=config.network.firewall,
        relay=config.network.relay,
    )
    stack.callback(networking.close)
    name_servers = NameServers()
    stack.push_async_callback(name_servers.close)
    registry = Registry(
        insecure=InsecurePolicy.parse(config.registries.insecure),
        mirrors=config.registries.mirrors,
        attempts=config.registries.max_attempts,
        user_agent=USER_AGENT,
    )
    stack.callback(registry.close)
    web = Web(certs_dir=CERTS_DIR, user_agent=USER_AGENT)
    stack.callback(web.close)
    return _Edges(
        exec_root=exec_root,
        store=store,
        clock=SystemClock(),
        chance=SystemChance(),
        machine=machine,
        mounts=HostMounts(),
        devices=DeviceNodes(),
        runtime=runtime,
        networking=networking,
        name_servers=name_servers,
        registry=registry,
        web=web,
        layers=Layers(),
        settings=await _settings(config),
    )


def _data(name: str) -> bytes:
    """A profile that the plans come with."""
    return importlib.resources.files("wherry.plan").joinpath("data", name).read_bytes()


async def _settings(config: EngineConfig) -> Settings:
    return Settings(
        id=engine_id(config.data_root),
        version=VERSION,
        python=platform.python_version(),
        data_root=str(config.data_root),
        monitor=("conmon", await monitor_version()),
        init_path=DeviceNodes().init_path(),
        debug=config.debug,
        experimental=config.experimental,
        labels=config.labels,
        defaults=config.defaults,
        insecure_registries=config.registries.insecure,
        mirrors=config.registries.mirrors,
        http_proxy=masked(os.environ.get("HTTP_PROXY", "")),
        https_proxy=masked(os.environ.get("HTTPS_PROXY", "")),
        no_proxy=os.environ.get("NO_PROXY", ""),
    )


class _Handles(Struct, frozen=True, kw_only=True):
    """What services share that is in no record: locks, tasks, those who listen and wait."""

    events: Events
    operations: Operations
    locks: KeyedLocks
    catalog: Catalog
    hubs: Hubs
    waiters: Waiters


class _Needs(Struct, frozen=True, kw_only=True):
    """The services that containers need."""

    images: Images
    layering: Layering
    networks: Networks
    volumes: Volumes
    volume_use: VolumeUse


class _Parts(Struct, frozen=True, kw_only=True):
    """The verbs of containers that several services use."""

    linking: Linking
    etc_files: EtcFiles
    roots: Roots
    execs: Execs
    sandboxes: Sandboxes
    teardown: Teardown
    removal: Removal
    supervisor: Supervisor
    ending: Ending


def _build(config: EngineConfig, edges: _Edges, stack: AsyncExitStack) -> tuple[BuildingEngine, Recovery]:
    """The services, each with the ports and the other services that it uses."""
    handles = _handles(edges)
    stack.push_async_callback(handles.operations.drain)
    needs = _needs(config, edges, handles)
    parts = _parts(edges, handles, needs)
    stack.push_async_callback(parts.supervisor.close)
    containers = _containers(edges, handles, needs, parts)
    stack.callback(parts.execs.close)
    transfer = _transfer(config, edges, handles, needs)
    cache_mounts = _cache_mounts(edges)
    engine = BuildingEngine(
        containers=containers,
        execs=parts.execs,
        copying=_copying(edges, handles, needs, parts),
        committing=_committing(edges, handles, needs, parts),
        images=needs.images,
        transfer=transfer,
        builds=_builds(edges, handles, needs, containers, transfer, cache_mounts),
        registries=Registries(edges.registry),
        archives=_archives(edges, handles, needs),
        networks=needs.networks,
        volumes=needs.volumes,
        events=handles.events,
        system=_system(edges, handles, needs, containers, transfer),
    )
    return engine, _recovery(edges, handles, needs, parts)


def _handles(edges: _Edges) -> _Handles:
    return _Handles(
        events=Events(edges.clock),
        operations=Operations(),
        locks=KeyedLocks(),
        catalog=Catalog(edges.store.records),
        hubs=Hubs(edges.runtime),
        waiters=Waiters(),
    )


def _needs(config: EngineConfig, edges: _Edges, handles: _Handles) -> _Needs:
    store = edges.store
    images = Images(
        records=store.records,
        content=store.content,
        snapshots=store.snapshots,
        operations=handles.operations,
        events=handles.events,
        clock=edges.clock,
        containers_using=handles.catalog.of_image,
    )
    volumes = Volumes(
        records=store.records,
        files=store.volumes,
        clock=edges.clock,
        chance=edges.chance,
        events=handles.events,
        containers=handles.catalog.all,
    )
    return _Needs(
        images=images,
        layering=Layering(
            images=images,
            unpacker=Unpacker(images=images, layers=edges.layers, content=store.content, snapshots=store.snapshots),
            layers=edges.layers,
            content=store.content,
            snapshots=store.snapshots,
        ),
        networks=Networks(
            records=store.records,
            networking=edges.networking,
            clock=edges.clock,
            chance=edges.chance,
            events=handles.events,
            settings=config.network,
            containers=handles.catalog.all,
            name_servers=edges.name_servers,
            host_resolv_conf=edges.machine.resolv_conf,
            defaults=edges.settings.defaults,
        ),
        volumes=volumes,
        volume_use=VolumeUse(
            edges.exec_root / "parts",
            volumes=volumes,
            files=store.volumes,
            mounts=edges.mounts,
            events=handles.events,
            containers=handles.catalog.all,
        ),
    )


def _parts(edges: _Edges, handles: _Handles, needs: _Needs) -> _Parts:
    store = edges.store
    roots = Roots(
        images=needs.images,
        snapshots=store.snapshots,
        mounts=edges.mounts,
        files=RootFiles(),
        devices=edges.devices,
    )
    linking = Linking(catalog=handles.catalog, networks=needs.networks, files=store.containers, locks=handles.locks)
    etc_files = EtcFiles(
        files=store.containers, host=edges.machine, networks=needs.networks, defaults=edges.settings.defaults
    )
    sandboxes = Sandboxes(edges.exec_root, needs.networks, edges.mounts)
    teardown = Teardown(runtime=edges.runtime, sandboxes=sandboxes, roots=roots, volumes=needs.volume_use)
    removal = Removal(
        catalog=handles.catalog,
        teardown=teardown,
        snapshots=store.snapshots,
        files=store.containers,
        volumes=needs.volumes,
        images=needs.images,
        hubs=handles.hubs,
        waiters=handles.waiters,
        events=handles.events,
        clock=edges.clock,
    )
    execs = _execs(edges, handles, linking, roots)
    checks = HealthChecks(
        catalog=handles.catalog,
        execs=execs,
        events=handles.events,
        operations=handles.operations,
        locks=handles.locks,
        clock=edges.clock,
    )
    supervisor = Supervisor(
        catalog=handles.catalog,
        launcher=_launcher(edges, handles, needs, linking, etc_files, roots, sandboxes),
        teardown=teardown,
        removal=removal,
        volumes=needs.volume_use,
        runtime=edges.runtime,
        snapshots=store.snapshots,
        hubs=handles.hubs,
        checks=checks,
        rotation=LogRotation(files=store.containers, logs=store.logs, runtime=edges.runtime),
        waiters=handles.waiters,
        events=handles.events,
        operations=handles.operations,
        locks=handles.locks,
        clock=edges.clock,
    )
    return _Parts(
        linking=linking,
        etc_files=etc_files,
        roots=roots,
        execs=execs,
        sandboxes=sandboxes,
        teardown=teardown,
        removal=removal,
        supervisor=supervisor,
        ending=_ending(edges, handles, supervisor, removal, checks),
    )


def _launcher(
    edges: _Edges,
    handles: _Handles,
    needs: _Needs,
    linking: Linking,
    etc_files: EtcFiles,
    roots: Roots,
    sandboxes: Sandboxes,
) -> Launcher:
    return Launcher(
        catalog=handles.catalog,
        linking=linking,
        etc_files=etc_files,
        roots=roots,
        sandboxes=sandboxes,
        volumes=needs.volume_use,
        files=edges.store.containers,
        runtime=edges.runtime,
        host=edges.machine,
        hubs=handles.hubs,
        seccomp=Seccomp(_data("seccomp.json")),
    )


def _containers(edges: _Edges, handles: _Handles, needs: _Needs, parts: _Parts) -> Containers:
    return Containers(
        catalog=handles.catalog,
        networks=needs.networks,
        creation=_creation(edges, handles, needs, parts),
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


def _creation(edges: _Edges, handles: _Handles, needs: _Needs, parts: _Parts) -> Creation:
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
    )


def _ending(edges: _Edges, handles: _Handles, supervisor: Supervisor, removal: Removal, checks: HealthChecks) -> Ending:
    return Ending(
        catalog=handles.catalog,
        supervisor=supervisor,
        removal=removal,
        checks=checks,
        runtime=edges.runtime,
        host=edges.machine,
        waiters=handles.waiters,
        events=handles.events,
        operations=handles.operations,
        locks=handles.locks,
    )


def _viewing(edges: _Edges, handles: _Handles, needs: _Needs, parts: _Parts) -> Viewing:
    return Viewing(
        catalog=handles.catalog,
        images=needs.images,
        roots=parts.roots,
        sandboxes=parts.sandboxes,
        snapshots=edges.store.snapshots,
        layers=edges.layers,
        files=edges.store.containers,
        logs=edges.store.logs,
        journal=Journal(),
        runtime=edges.runtime,
        host=edges.machine,
        hubs=handles.hubs,
        waiters=handles.waiters,
        events=handles.events,
    )


def _copying(edges: _Edges, handles: _Handles, needs: _Needs, parts: _Parts) -> Copying:
    return Copying(
        catalog=handles.catalog,
        roots=parts.roots,
        volumes=needs.volume_use,
        files=edges.store.containers,
        mounts=edges.mounts,
        trees=edges.store.trees,
        events=handles.events,
    )


def _committing(edges: _Edges, handles: _Handles, needs: _Needs, parts: _Parts) -> Committing:
    return Committing(
        catalog=handles.catalog,
        ending=parts.ending,
        images=needs.images,
        layering=needs.layering,
        snapshots=edges.store.snapshots,
        events=handles.events,
        clock=edges.clock,
        platform=_platform(edges.machine),
    )


def _execs(edges: _Edges, handles: _Handles, linking: Linking, roots: Roots) -> Execs:
    return Execs(
        catalog=handles.catalog,
        linking=linking,
        roots=roots,
        runtime=edges.runtime,
        host=edges.machine,
        events=handles.events,
        operations=handles.operations,
        chance=edges.chance,
        clock=edges.clock,
    )


def _transfer(config: EngineConfig, edges: _Edges, handles: _Handles, needs: _Needs) -> Transfer:
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
        platform=_platform(edges.machine),
    )


def _archives(edges: _Edges, handles: _Handles, needs: _Needs) -> Archives:
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
        platform=_platform(edges.machine),
    )


def _cache_mounts(edges: _Edges) -> CacheMounts:
    store = edges.store
    return CacheMounts(records=store.records, files=store.builds, folders=store.cache_folders, clock=edges.clock)


def _builds(
    edges: _Edges,
    handles: _Handles,
    needs: _Needs,
    containers: Containers,
    transfer: Transfer,
    cache_mounts: CacheMounts,
) -> Builds:
    store = edges.store
    cache = Cache(
        records=store.records,
        images=needs.images,
        snapshots=store.snapshots,
        host=edges.machine,
        clock=edges.clock,
    )
    repositories = Repositories(files=store.builds, git=Git())
    stages = Stages(
        images=needs.images,
        cache=cache,
        copier=Copier(
            files=store.builds,
            layering=needs.layering,
            downloads=Downloads(files=store.builds, web=edges.web),
            repositories=repositories,
        ),
        runner=Runner(containers=containers, layering=needs.layering, snapshots=store.snapshots, files=store.builds),
        mounting=Mounting(files=store.builds, cache_mounts=cache_mounts),
        layering=needs.layering,
        files=store.builds,
        clock=edges.clock,
    )
    return Builds(
        files=store.builds,
        contexts=Contexts(files=store.builds, web=edges.web, repositories=repositories),
        stages=stages,
        bases=Bases(images=needs.images, transfer=transfer),
        cache=cache,
        cache_mounts=cache_mounts,
        finisher=Finisher(
            images=needs.images,
            layering=needs.layering,
            files=store.builds,
            content=store.content,
            events=handles.events,
            clock=edges.clock,
        ),
        images=needs.images,
        layering=needs.layering,
        events=handles.events,
        operations=handles.operations,
        clock=edges.clock,
    )


def _system(edges: _Edges, handles: _Handles, needs: _Needs, containers: Containers, transfer: Transfer) -> System:
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
    )


def _recovery(edges: _Edges, handles: _Handles, needs: _Needs, parts: _Parts) -> Recovery:
    return Recovery(
        catalog=handles.catalog,
        supervisor=parts.supervisor,
        removal=parts.removal,
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


def _platform(machine: Machine) -> Platform:
    """What images are chosen for."""
    return Platform(os="linux", architecture=architecture(machine.facts().architecture))
