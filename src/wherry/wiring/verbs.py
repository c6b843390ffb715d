"""The verbs of containers that several services use."""

from msgspec import Struct

from wherry.engine.containers.execs import Execs
from wherry.engine.containers.launch.etc_files import EtcFiles
from wherry.engine.containers.launch.launcher import Launcher
from wherry.engine.containers.launch.linking import Linking
from wherry.engine.containers.launch.rootfs import Roots
from wherry.engine.containers.launch.sandboxes import Sandboxes
from wherry.engine.containers.launch.teardown import Teardown
from wherry.engine.containers.lifecycle.ending import Ending
from wherry.engine.containers.lifecycle.freezing import Freezing
from wherry.engine.containers.lifecycle.health import HealthChecks
from wherry.engine.containers.lifecycle.removal import Removal
from wherry.engine.containers.lifecycle.supervisor import Supervisor
from wherry.engine.containers.output.forwarding import LogForwarding
from wherry.engine.containers.output.rotation import LogRotation
from wherry.wiring.edges import Edges
from wherry.wiring.foundation import Foundation
from wherry.wiring.profiles import seccomp
from wherry.wiring.shared import Shared


class Verbs(Struct, frozen=True, kw_only=True):
    """Each is made once."""

    linking: Linking
    etc_files: EtcFiles
    roots: Roots
    execs: Execs
    sandboxes: Sandboxes
    teardown: Teardown
    forwarding: LogForwarding
    removal: Removal
    supervisor: Supervisor
    ending: Ending
    freezing: Freezing


def make_verbs(edges: Edges, shared: Shared, foundation: Foundation) -> Verbs:
    store = edges.store
    roots = Roots(
        images=foundation.images,
        snapshots=store.snapshots,
        mounts=edges.mounts,
        files=edges.root_files,
        devices=edges.devices,
    )
    linking = Linking(catalog=shared.catalog, networks=foundation.networks, files=store.containers, locks=shared.locks)
    etc_files = EtcFiles(
        files=store.containers, host=edges.machine, networks=foundation.networks, defaults=edges.settings.defaults
    )
    sandboxes = Sandboxes(edges.exec_root, foundation.networks, edges.mounts, edges.user_namespaces)
    teardown = Teardown(runtime=edges.runtime, sandboxes=sandboxes, roots=roots, volumes=foundation.volume_use)
    forwarding = LogForwarding(files=store.containers, logs=store.logs, collectors=edges.collectors, clock=edges.clock)
    removal = Removal(
        catalog=shared.catalog,
        teardown=teardown,
        snapshots=store.snapshots,
        files=store.containers,
        forwarding=forwarding,
        volumes=foundation.volumes,
        images=foundation.images,
        hubs=shared.hubs,
        waiters=shared.waiters,
        events=shared.events,
        clock=edges.clock,
    )
    execs = _execs(edges, shared, linking, roots)
    checks = HealthChecks(
        catalog=shared.catalog,
        execs=execs,
        events=shared.events,
        operations=shared.operations,
        locks=shared.locks,
        clock=edges.clock,
    )
    freezing = Freezing(
        catalog=shared.catalog,
        checks=checks,
        runtime=edges.runtime,
        events=shared.events,
        operations=shared.operations,
        locks=shared.locks,
    )
    supervisor = Supervisor(
        catalog=shared.catalog,
        launcher=_launcher(edges, shared, foundation, linking, etc_files, roots, sandboxes),
        teardown=teardown,
        removal=removal,
        volumes=foundation.volume_use,
        runtime=edges.runtime,
        hubs=shared.hubs,
        checks=checks,
        rotation=LogRotation(files=store.containers, logs=store.logs, runtime=edges.runtime),
        forwarding=forwarding,
        waiters=shared.waiters,
        events=shared.events,
        operations=shared.operations,
        locks=shared.locks,
        clock=edges.clock,
    )
    return Verbs(
        linking=linking,
        etc_files=etc_files,
        roots=roots,
        execs=execs,
        sandboxes=sandboxes,
        teardown=teardown,
        forwarding=forwarding,
        removal=removal,
        supervisor=supervisor,
        ending=_ending(edges, shared, supervisor, removal, freezing),
        freezing=freezing,
    )


def _launcher(
    edges: Edges,
    shared: Shared,
    foundation: Foundation,
    linking: Linking,
    etc_files: EtcFiles,
    roots: Roots,
    sandboxes: Sandboxes,
) -> Launcher:
    return Launcher(
        catalog=shared.catalog,
        linking=linking,
        etc_files=etc_files,
        roots=roots,
        sandboxes=sandboxes,
        volumes=foundation.volume_use,
        files=edges.store.containers,
        runtime=edges.runtime,
        host=edges.machine,
        hubs=shared.hubs,
        seccomp=seccomp(edges.settings.seccomp_profile),
        remapped=edges.settings.remapping,
        default_ulimits=edges.settings.defaults.ulimits,
    )


def _ending(edges: Edges, shared: Shared, supervisor: Supervisor, removal: Removal, freezing: Freezing) -> Ending:
    return Ending(
        catalog=shared.catalog,
        supervisor=supervisor,
        removal=removal,
        freezing=freezing,
        runtime=edges.runtime,
        host=edges.machine,
        waiters=shared.waiters,
        events=shared.events,
        operations=shared.operations,
        locks=shared.locks,
    )


def _execs(edges: Edges, shared: Shared, linking: Linking, roots: Roots) -> Execs:
    return Execs(
        catalog=shared.catalog,
        linking=linking,
        roots=roots,
        runtime=edges.runtime,
        host=edges.machine,
        events=shared.events,
        operations=shared.operations,
        locks=shared.locks,
        chance=edges.chance,
        clock=edges.clock,
        default_ulimits=edges.settings.defaults.ulimits,
    )
