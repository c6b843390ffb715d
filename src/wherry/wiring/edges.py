"""Everything that touches the world."""

import os
import sys
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wherry import collectors, plugins
from wherry.kernel import apparmor
from wherry.kernel.machine import DeviceNodes, Machine, RootFiles
from wherry.kernel.mounts.host_mounts import HostMounts
from wherry.kernel.network.name_servers import NameServers
from wherry.kernel.network.networking import Networking
from wherry.kernel.step_files import StepFiles
from wherry.kernel.time import SystemChance, SystemClock
from wherry.kernel.user_namespaces import UserNamespaces
from wherry.model.image import Platform, architecture
from wherry.model.remapping import RemappedFiles, Remapping
from wherry.model.system import Settings
from wherry.plan.logs.options import check_default
from wherry.plan.networks import firewall
from wherry.plan.urls import masked
from wherry.postponing import postponed
from wherry.runtime.binaries import discover
from wherry.runtime.monitor import monitor_version
from wherry.runtime.oci import OciRuntime
from wherry.store.engine_id import engine_id
from wherry.store.lock import RootLock
from wherry.store.logs import journal
from wherry.store.store import Store
from wherry.version import VERSION
from wherry.wiring import profiles, registry
from wherry.wiring.config import EngineConfig, exec_root_of, table_of
from wherry.wiring.remapping import mount_view, unmount_view

if TYPE_CHECKING:  # made when they are first used
    from wherry.collectors import Collectors
    from wherry.plugins import Plugins
    from wherry.registry import Registry, Web
    from wherry.store.layers.changesets import Layers
    from wherry.store.logs.journal import Journal


class Edges(Struct, frozen=True, kw_only=True):
    """All that touches the world."""

    exec_root: Path
    store: Store
    clock: SystemClock
    chance: SystemChance
    machine: Machine
    mounts: HostMounts
    user_namespaces: UserNamespaces
    step_files: StepFiles
    devices: DeviceNodes
    root_files: RootFiles
    runtime: OciRuntime
    networking: Networking
    name_servers: NameServers
    collectors: "Collectors"
    plugins: "Plugins"
    registry: "Registry"
    web: "Web"
    layers: "Layers"
    journal: "Journal"
    settings: Settings


async def open_edges(config: EngineConfig, remapping: Remapping | None, stack: AsyncExitStack) -> Edges:
    check_default(config.defaults.log)
    exec_root = exec_root_of(config)
    exec_root.mkdir(mode=0o711, parents=True, exist_ok=True)
    stack.callback(RootLock(exec_root).release)
    runtime = OciRuntime(exec_root, await discover(config.runtimes, config.default_runtime))
    stack.callback(runtime.close)
    remapped = RemappedFiles(root=remapping.root, view=exec_root / "view") if remapping else None
    store = await Store.open(config.data_root, remapped)
    stack.push_async_callback(store.close)
    machine = Machine(config.data_root)  # which the store has made
    if remapping and remapped:
        await mount_view(config.data_root, remapped.view, remapping, machine.facts())
        stack.callback(unmount_view, remapped.view)
    if machine.facts().apparmor:
        await apparmor.load(profiles.builtin("apparmor.profile"))
    networking = Networking(
        exec_root / "netns",
        partial(firewall.ruleset, table=table_of(config)),
        firewall.map_of,
        table=table_of(config),
        firewall=config.network.firewall,
        relay=config.network.relay,
    )
    stack.callback(networking.close)
    name_servers = NameServers()
    stack.push_async_callback(name_servers.close)
    later = stack.enter_context(ExitStack())
    step_files = StepFiles(exec_root / "lent", remapping)
    step_files.sweep()
    asked = postponed(lambda: plugins.Plugins())
    return Edges(
        exec_root=exec_root,
        store=store,
        clock=SystemClock(),
        chance=SystemChance(),
        machine=machine,
        mounts=HostMounts(),
        user_namespaces=UserNamespaces(exec_root / "userns"),
        step_files=step_files,
        devices=DeviceNodes(config.init_path),
        root_files=RootFiles(),
        runtime=runtime,
        networking=networking,
        name_servers=name_servers,
        collectors=postponed(lambda: collectors.Collectors(asked)),
        plugins=asked,
        registry=postponed(lambda: registry.make_registry(config.registries, later)),
        web=postponed(lambda: registry.make_web(later)),
        layers=store.layers,
        journal=postponed(lambda: journal.Journal()),
        settings=await _settings(config, remapping),
    )


async def _settings(config: EngineConfig, remapping: Remapping | None) -> Settings:
    return Settings(
        id=engine_id(config.data_root),
        version=VERSION,
        python=sys.version.partition(" ")[0],
        data_root=str(config.data_root),
        monitor=("conmon", await monitor_version()),
        init_path=DeviceNodes(config.init_path).init_path(),
        debug=config.debug,
        experimental=config.experimental,
        labels=config.labels,
        warnings=config.warnings,
        defaults=config.defaults,
        seccomp_profile=config.seccomp_profile,
        remapping=remapping,
        insecure_registries=config.registries.insecure,
        mirrors=config.registries.mirrors,
        http_proxy=masked(os.environ.get("HTTP_PROXY", "")),
        https_proxy=masked(os.environ.get("HTTPS_PROXY", "")),
        no_proxy=os.environ.get("NO_PROXY", ""),
    )


def image_platform(machine: Machine) -> Platform:
    """What images are chosen for."""
    return Platform(os="linux", architecture=architecture(machine.facts().architecture))
