"""The one file that names concrete classes: it builds the edges and the services, and closes them in reverse."""

import hashlib
import importlib.resources
import os
import platform
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from msgspec import Struct

from wherry.engine.archives import Archives
from wherry.engine.containers import Containers
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.creation import Creation
from wherry.engine.containers.ending import Ending
from wherry.engine.containers.hubs import Hubs
from wherry.engine.containers.launcher import Launcher
from wherry.engine.containers.removal import Removal
from wherry.engine.containers.rootfs import Roots
from wherry.engine.containers.supervisor import Supervisor
from wherry.engine.containers.teardown import Teardown
from wherry.engine.containers.viewing import Viewing
from wherry.engine.containers.waiters import Waiters
from wherry.engine.engine import Engine
from wherry.engine.events import Events
from wherry.engine.execs import Execs
from wherry.engine.images import Images
from wherry.engine.networks import Networks
from wherry.engine.operations import KeyedLocks, Operations
from wherry.engine.recovery import Recovery
from wherry.engine.sandboxes import Sandboxes
from wherry.engine.system import Settings, System
from wherry.engine.transfer import Transfer
from wherry.engine.volumes import Volumes
from wherry.kernel import sysctls
from wherry.kernel.ambient import SystemChance, SystemClock
from wherry.kernel.machine import DeviceNodes, Machine, RootFiles
from wherry.kernel.mounting import OverlayMounts
from wherry.kernel.networking import Networking
from wherry.model.image import Platform
from wherry.model.network import NetworkSettings
from wherry.plan import firewall
from wherry.plan.seccomp import Seccomp
from wherry.registry import InsecurePolicy, Registry
from wherry.runtime.binaries import discover
from wherry.runtime.monitor import monitor_version
from wherry.runtime.oci import OciRuntime
from wherry.store.engine_id import engine_id
from wherry.store.layers import Layers
from wherry.store.store import Store
from wherry.version import VERSION

DATA_ROOT = Path("/var/lib/wherry")
EXEC_ROOT = Path("/run/wherry")
_GO_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class EngineConfig(Struct, frozen=True, kw_only=True):
    """What an engine is made of. ``exec_root`` is emptied by a reboot, as /run is; None: chosen by ``data_root``."""

    data_root: Path = DATA_ROOT
    exec_root: Path | None = None
    runtimes: dict[str, str] = {}
    default_runtime: str = ""
    insecure_registries: tuple[str, ...] = ()
    debug: bool = False
    network: NetworkSettings = NetworkSettings()


def exec_root_of(config: EngineConfig) -> Path:
    """Where an engine keeps sockets, namespaces and runtime state. Engines of different data roots never share it."""
    if config.exec_root is not None:
        return config.exec_root
    if config.data_root == DATA_ROOT:
        return EXEC_ROOT
    digest = hashlib.sha256(str(config.data_root.resolve()).encode()).hexdigest()
    return EXEC_ROOT.with_name(f"wherry-{digest[:8]}")


@asynccontextmanager
async def open_engine(config: EngineConfig) -> AsyncIterator[Engine]:
    """An engine on its data root, recovered and ready. Containers go on when it is closed.

    Raises Conflict if another engine uses the root, NotSupported if this host cannot run containers.
    """
    async with AsyncExitStack() as stack:
        edges = await _open_edges(config, stack)
        engine, recovery = _build(config, edges, stack)
        await recovery.run()
        yield engine


class _Edges(Struct, frozen=True, kw_only=True):
    """All that touches the world."""

    exec_root: Path
    store: Store
    clock: SystemClock
    chance: SystemChance
    machine: Machine
    mounts: OverlayMounts
    devices: DeviceNodes
    runtime: OciRuntime
    networking: Networking
    registry: Registry
    layers: Layers
    settings: Settings


async def _open_edges(config: EngineConfig, stack: AsyncExitStack) -> _Edges:
    exec_root = exec_root_of(config)
    exec_root.mkdir(mode=0o711, parents=True, exist_ok=True)
    runtime = OciRuntime(exec_root, await discover(config.runtimes, config.default_runtime))
    store = await Store.open(config.data_root)
    stack.push_async_callback(store.close)
    networking = Networking(exec_root / "netns", firewall.ruleset, firewall.map_of)
    stack.callback(networking.close)
    registry = Registry(insecure=InsecurePolicy.parse(config.insecure_registries))
    stack.callback(registry.close)
    machine = Machine(config.data_root)
    stack.callback(machine.close)
    devices = DeviceNodes()
    settings = Settings(
        id=engine_id(config.data_root),
        version=VERSION,
        python=platform.python_version(),
        data_root=str(config.data_root),
        monitor=("conmon", await monitor_version()),
        init_path=devices.init_path(),
        debug=config.debug,
        insecure_registries=config.insecure_registries,
        http_proxy=os.environ.get("HTTP_PROXY", ""),
        https_proxy=os.environ.get("HTTPS_PROXY", ""),
        no_proxy=os.environ.get("NO_PROXY", ""),
    )
    return _Edges(
        exec_root=exec_root,
        store=store,
        clock=SystemClock(),
        chance=SystemChance(),
        machine=machine,
        mounts=OverlayMounts(),
        devices=devices,
        runtime=runtime,
        networking=networking,
        registry=registry,
        layers=Layers(),
        settings=settings,
    )


def _build(config: EngineConfig, edges: _Edges, stack: AsyncExitStack) -> tuple[Engine, Recovery]:
    """The services, each with the ports and the other services that it uses."""
    store, runtime, machine = edges.store, edges.runtime, edges.machine
    events, operations, locks = Events(edges.clock), Operations(), KeyedLocks()
    stack.push_async_callback(operations.drain)
    catalog, waiters, hubs = Catalog(store.records), Waiters(), Hubs(runtime)
    images = Images(
        records=store.records,
        content=store.content,
        snapshots=store.snapshots,
        operations=operations,
        events=events,
        clock=edges.clock,
        containers_using=catalog.of_image,
    )
    networks = Networks(
        records=store.records,
        networking=edges.networking,
        clock=edges.clock,
        chance=edges.chance,
        events=events,
        settings=config.network,
        containers=catalog.all,
    )
    volumes = Volumes(
        records=store.records,
        files=store.volumes,
        clock=edges.clock,
        chance=edges.chance,
        events=events,
        containers=catalog.all,
    )
    roots = Roots(
        images=images, snapshots=store.snapshots, mounts=edges.mounts, files=RootFiles(), devices=edges.devices
    )
    sandboxes = Sandboxes(edges.exec_root / "netns", networks)
    teardown = Teardown(runtime=runtime, sandboxes=sandboxes, roots=roots)
    removal = Removal(
        catalog=catalog,
        teardown=teardown,
        snapshots=store.snapshots,
        files=store.containers,
        volumes=volumes,
        images=images,
        hubs=hubs,
        waiters=waiters,
        events=events,
        clock=edges.clock,
    )
    launcher = Launcher(
        catalog=catalog,
        roots=roots,
        sandboxes=sandboxes,
        volumes=volumes,
        files=store.containers,
        runtime=runtime,
        host=machine,
        hubs=hubs,
        seccomp=Seccomp(importlib.resources.files("wherry.plan").joinpath("data/seccomp.json").read_bytes()),
    )
    supervisor = Supervisor(
        catalog=catalog,
        launcher=launcher,
        teardown=teardown,
        removal=removal,
        runtime=runtime,
        hubs=hubs,
        waiters=waiters,
        events=events,
        operations=operations,
        locks=locks,
        clock=edges.clock,
    )
    stack.push_async_callback(supervisor.close)
    creation = Creation(
        catalog=catalog,
        images=images,
        volumes=volumes,
        networks=networks,
        snapshots=store.snapshots,
        files=store.containers,
        runtime=runtime,
        host=machine,
        events=events,
        operations=operations,
        clock=edges.clock,
        chance=edges.chance,
    )
    ending = Ending(
        catalog=catalog,
        supervisor=supervisor,
        removal=removal,
        runtime=runtime,
        host=machine,
        waiters=waiters,
        events=events,
        operations=operations,
        locks=locks,
    )
    viewing = Viewing(
        catalog=catalog,
        images=images,
        roots=roots,
        snapshots=store.snapshots,
        files=store.containers,
        logs=store.logs,
        runtime=runtime,
        host=machine,
        hubs=hubs,
        waiters=waiters,
        events=events,
    )
    containers = Containers(
        catalog=catalog,
        creation=creation,
        supervisor=supervisor,
        ending=ending,
        viewing=viewing,
        events=events,
        operations=operations,
        locks=locks,
    )
    recovery = Recovery(
        catalog=catalog,
        supervisor=supervisor,
        removal=removal,
        teardown=teardown,
        sandboxes=sandboxes,
        networks=networks,
        images=images,
        volumes=volumes,
        snapshots=store.snapshots,
        files=store.containers,
        mounts=edges.mounts,
        runtime=runtime,
        host=machine,
    )
    execs = Execs(
        catalog=catalog,
        roots=roots,
        runtime=runtime,
        host=machine,
        events=events,
        operations=operations,
        chance=edges.chance,
    )
    stack.callback(execs.close)
    engine = Engine(
        containers=containers,
        execs=execs,
        images=images,
        transfer=Transfer(
            images=images,
            registry=edges.registry,
            layers=edges.layers,
            content=store.content,
            snapshots=store.snapshots,
            records=store.records,
            operations=operations,
            events=events,
            clock=edges.clock,
            platform=_platform(machine.facts().architecture),
        ),
        archives=Archives(
            images=images,
            archives=store.archives,
            layers=edges.layers,
            content=store.content,
            snapshots=store.snapshots,
            records=store.records,
            events=events,
            clock=edges.clock,
            platform=_platform(machine.facts().architecture),
        ),
        networks=networks,
        volumes=volumes,
        events=events,
        system=System(
            settings=edges.settings,
            containers=containers,
            images=images,
            volumes=volumes,
            events=events,
            host=machine,
            runtime=runtime,
            clock=edges.clock,
            sysctl=sysctls.read,
        ),
    )
    return engine, recovery


def _platform(machine: str) -> Platform:
    """What images are chosen for, in Go's names."""
    return Platform(os="linux", architecture=_GO_ARCHITECTURES.get(machine, machine))
