"""The first thing an engine does: see what an earlier one left, and repair it."""

import logging
from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.launch.sandboxes import Sandboxes
from wherry.engine.containers.launch.teardown import Teardown
from wherry.engine.containers.lifecycle.removal import Removal
from wherry.engine.containers.lifecycle.supervisor import Supervisor
from wherry.engine.containers.output.forwarding import LogForwarding
from wherry.engine.images import Images
from wherry.engine.networks import Networks
from wherry.engine.ports import ContainerFiles, Host, Mounts, Records, Runtime, Snapshots
from wherry.engine.volumes import Volumes
from wherry.engine.volumes.use import VolumeUse
from wherry.errors import InternalError, WherryError
from wherry.model.container import Container, Status
from wherry.model.launch import Launched
from wherry.model.process import ProcessId
from wherry.plan.containers import recovery, restarts
from wherry.plan.containers.recovery import Observation, Repair

_log = logging.getLogger(__name__)

_PATIENCE = 5.0  # seconds
_START_INTERRUPTED = "the engine ended while it started the container"


class Recovery:
    """Observe, plan, repair; then rebuild what is derived, and sweep what belongs to nobody."""

    def __init__(
        self,
        *,
        records: Records,
        catalog: Catalog,
        supervisor: Supervisor,
        removal: Removal,
        forwarding: LogForwarding,
        teardown: Teardown,
        sandboxes: Sandboxes,
        networks: Networks,
        images: Images,
        volumes: Volumes,
        volume_use: VolumeUse,
        snapshots: Snapshots,
        files: ContainerFiles,
        mounts: Mounts,
        runtime: Runtime,
        host: Host,
    ) -> None:
        self._records = records
        self._catalog = catalog
        self._supervisor = supervisor
        self._removal = removal
        self._forwarding = forwarding
        self._teardown = teardown
        self._sandboxes = sandboxes
        self._networks = networks
        self._images = images
        self._volumes = volumes
        self._volume_use = volume_use
        self._snapshots = snapshots
        self._files = files
        self._mounts = mounts
        self._runtime = runtime
        self._host = host

    async def run(self) -> None:
        """Bring rows and host into agreement. A container that cannot be repaired is logged and hinders no other.

        Those that are to run by their policy do when it returns, unless starting them takes long: whoever asks the
        engine first, finds them, as they do with dockerd.
        """
        await self._networks.start()
        with self._volume_use.recovering():
            for container in self._catalog.all():
                await self._attempt(f"container {container.id} could not be repaired", self._repair(container))
            await self._sweep()
        self._start_by_policy()
        await self._supervisor.restarts_settled(_PATIENCE)

    async def _repair(self, container: Container) -> None:
        seen = self._observe(container)
        chosen = recovery.repair(container, seen)
        if chosen is not Repair.TEAR_DOWN:
            _log.info("container %s: %s", container.id, chosen.value)
        match chosen:
            case Repair.WATCH:
                await self._attempt(f"networks of {container.id} are not whole", self._sandboxes.resume(container))
                self._supervisor.watch(container, _launched(container, seen))
            case Repair.RECORD_EXIT | Repair.RECORD_LOSS:
                await self._supervisor.ended(container.id, seen.exit)
            case Repair.KILL:
                await self._supervisor.ended(container.id, self._supervisor.killed())
            case Repair.RECORD_START:
                await self._supervisor.record_start(container, _launched(container, seen))
            case Repair.RESUME:
                await self._resume(container, _launched(container, seen))
            case Repair.UNDO_START:
                await self._undo_start(container)
            case Repair.FINISH_REMOVAL:
                await self._removal.remove_locked(container, volumes=container.spec.host.auto_remove)
            case Repair.TEAR_DOWN:
                await self._tear_down(container)

    def _observe(self, container: Container) -> Observation:
        process = container.state.process or self._runtime.process(container.id)
        monitor = container.state.monitor or self._runtime.monitor(container.id)
        return Observation(
            process=self._living(process),
            monitor=self._living(monitor),
            let_go=self._runtime.started(container.id, container.runtime),
            exit=self._runtime.recorded_exit(container.id),
        )

    def _living(self, process: ProcessId | None) -> ProcessId | None:
        return process if process and self._host.alive(process) else None

    async def _undo_start(self, container: Container) -> None:
        await self._teardown.everything(container)
        state = replace(
            container.state,
            status=Status.EXITED,
            pending=None,
            process=None,
            monitor=None,
            exit_code=128,
            error=_START_INTERRUPTED,
        )
        await self._remove_if_asked(await self._catalog.put(replace(container, state=state, endpoints=())))

    async def _resume(self, container: Container, launched: Launched) -> None:
        await self._runtime.resume(container.id, container.runtime)
        state = replace(container.state, status=Status.RUNNING, pending=None)
        self._supervisor.watch(await self._catalog.put(replace(container, state=state)), launched)

    async def _tear_down(self, container: Container) -> None:
        """One that does not run holds nothing, but may have said what nobody has heard; one that should have removed
        itself is removed."""
        await self._teardown.everything(container)
        self._forwarding.resume(container)
        await self._remove_if_asked(container)

    async def _remove_if_asked(self, container: Container) -> None:
        if container.spec.host.auto_remove:
            await self._removal.remove_locked(container, volumes=True)

    async def _sweep(self) -> None:
        """Remove what an interrupted transition left and no row owns."""
        known = {container.id for container in self._catalog.all()}
        sandboxes = {container_id: self._sandboxes.path(container_id) for container_id in known}
        plugins = {plugin.id for plugin in self._records.plugins.all() if plugin.enabled}
        for container_id in sorted({*self._runtime.ids()} - known - plugins):
            await self._attempt(f"runtime state of {container_id} could not be removed", self._forget(container_id))
        for container_id in sorted({*self._files.ids()} - known):
            await self._attempt(f"files of {container_id} could not be removed", self._files.remove(container_id))
        await self._attempt("stray mounts could not be removed", self._unmount_strays(known))
        await self._attempt("stray namespaces could not be removed", self._networks.sweep(sandboxes))
        await self._attempt("stray user namespaces could not be removed", self._sandboxes.sweep(known))
        await self._attempt("images could not be swept", self._images.sweep(known))
        await self._attempt("volumes could not be swept", self._volumes.sweep())
        await self._attempt("mounts of volumes could not be swept", self._volume_use.sweep())

    async def _forget(self, container_id: str) -> None:
        """Which runtime made it is not known: each that can be used is asked to let it go."""
        for runtime in self._runtime.available():
            if not runtime.reason:
                await self._runtime.delete(container_id, runtime.name)
        await self._runtime.forget(container_id)

    async def _attempt(self, otherwise: str, step: Coroutine[Any, Any, None]) -> None:
        """A repair as far as it goes: what fails is logged and hinders nothing else."""
        try:
            await step
        except (WherryError, OSError, ExceptionGroup):
            _log.exception(otherwise)

    async def _unmount_strays(self, known: set[str]) -> None:
        mounted = set(self._mounts.targets())
        for name in set(self._snapshots.names()) - known:
            target = self._snapshots.overlay(name, ()).target
            if target in mounted:
                await self._mounts.unmount(target)

    def _start_by_policy(self) -> None:
        for container in self._catalog.all():
            if restarts.after_boot(container):
                self._supervisor.restart_later(container, 0)


def _launched(container: Container, seen: Observation) -> Launched:
    """Whom to watch. Who has gone is named as the row has it, and counts as ended."""
    process = seen.process or container.state.process
    monitor = seen.monitor or container.state.monitor or process
    if process is None or monitor is None:
        raise InternalError(f"container {container.id} runs by its record, which names no process")
    return Launched(process=process, monitor=monitor)
