"""The verbs of containers that several services use."""

from msgspec import Struct

from wherry.engine.containers.ending import Ending
from wherry.engine.containers.etc_files import EtcFiles
from wherry.engine.containers.execs import Execs
from wherry.engine.containers.forwarding import LogForwarding
from wherry.engine.containers.health import HealthChecks
from wherry.engine.containers.launcher import Launcher
from wherry.engine.containers.linking import Linking
from wherry.engine.containers.removal import Removal
from wherry.engine.containers.rootfs import Roots
from wherry.engine.containers.rotation import LogRotation
from wherry.engine.containers.sandboxes import Sandboxes
from wherry.engine.containers.supervisor import Supervisor
from wherry.engine.containers.teardown import Teardown
from wherry.wiring.edges import Edges
from wherry.wiring.handles import Handles
from wherry.wiring.needs import Needs
from wherry.wiring.profiles import seccomp


class Parts(Struct, frozen=True, kw_only=True):
    """The verbs of containers that several services use."""

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


def make_parts(edges: Edges, handles: Handles, needs: Needs) -> Parts:
    store = edges.store
    roots = Roots(
        images=needs.images,
        snapshots=store.snapshots,
        mounts=edges.mounts,
        files=edges.root_files,
        devices=edges.devices,
    )
    linking = Linking(catalog=handles.catalog, networks=needs.networks, files=store.containers, locks=handles.locks)
    etc_files = EtcFiles(
        files=store.containers, host=edges.machine, networks=needs.networks, defaults=edges.settings.defaults
    )
    sandboxes = Sandboxes(edges.exec_root, needs.networks, edges.mounts, edges.user_namespaces)
    teardown = Teardown(runtime=edges.runtime, sandboxes=sandboxes, roots=roots, volumes=needs.volume_use)
    forwarding = LogForwarding(files=store.containers, logs=store.logs, collectors=edges.collectors, clock=edges.clock)
    removal = Removal(
        catalog=handles.catalog,
        teardown=teardown,
        snapshots=store.snapshots,
        files=store.containers,
        forwarding=forwarding,
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
        hubs=handles.hubs,
        checks=checks,
        rotation=LogRotation(files=store.containers, logs=store.logs, runtime=edges.runtime),
        forwarding=forwarding,
        waiters=handles.waiters,
        events=handles.events,
        operations=handles.operations,
        locks=handles.locks,
        clock=edges.clock,
    )
    return Parts(
        linking=linking,
        etc_files=etc_files,
        roots=roots,
        execs=execs,
        sandboxes=sandboxes,
        teardown=teardown,
        forwarding=forwarding,
        removal=removal,
        supervisor=supervisor,
        ending=_ending(edges, handles, supervisor, removal, checks),
    )


def _launcher(
    edges: Edges,
    handles: Handles,
    needs: Needs,
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
        seccomp=seccomp(edges.settings.seccomp_profile),
        remapped=edges.settings.remapping,
    )


def _ending(edges: Edges, handles: Handles, supervisor: Supervisor, removal: Removal, checks: HealthChecks) -> Ending:
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


def _execs(edges: Edges, handles: Handles, linking: Linking, roots: Roots) -> Execs:
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
