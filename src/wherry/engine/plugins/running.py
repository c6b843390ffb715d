"""Managed plugins that run: begun, found again, kept going, ended."""

import asyncio
import logging
from pathlib import Path
from typing import Final

from wherry.engine.containers.launch.rootfs import Roots
from wherry.engine.ports import Clock, Host, Mounts, PluginFiles, Plugins, Runtime
from wherry.errors import PluginUnreachable, WherryError
from wherry.model.launch import Launch, Launched
from wherry.model.plugin import OfferedPlugin, Plugin
from wherry.plan import signals
from wherry.plan.plugins import running

_log = logging.getLogger(__name__)

_GRACE: Final = 10.0  # seconds from SIGTERM to SIGKILL, as dockerd
_LOG_SIZE: Final = 1 << 20  # bytes
_SHORT: Final = 12  # characters of an id: a socket's path may have 108 bytes (unix(7))
_PAUSES: Final = (1.0, 60.0)  # seconds before a plugin that has ended is begun again: at first, and at most


class Running:
    """A plugin goes on when the engine ends, as containers do. One that ends by itself is begun again."""

    def __init__(
        self,
        exec_root: Path,
        *,
        files: PluginFiles,
        plugins: Plugins,
        mounts: Mounts,
        runtime: Runtime,
        host: Host,
        roots: Roots,
        clock: Clock,
    ) -> None:
        self._folder = exec_root / "plugins"
        self._files = files
        self._plugins = plugins
        self._mounts = mounts
        self._runtime = runtime
        self._host = host
        self._roots = roots
        self._clock = clock
        self._watches: dict[str, asyncio.Task[None]] = {}

    async def start(self, plugin: Plugin) -> None:
        """It runs and listens when this returns. What cannot be begun leaves nothing: InvalidArgument, InternalError,
        and what the runtime raises."""
        self._watch(plugin, await self._begin(plugin))

    async def resume(self, plugin: Plugin) -> None:
        """After the start of an engine: one that runs is watched, and one that does not is begun, now or later."""
        process, monitor = self._runtime.process(plugin.id), self._runtime.monitor(plugin.id)
        if process and monitor and self._host.alive(process):
            self._offer(plugin)
            self._watch(plugin, Launched(process=process, monitor=monitor))
        else:
            self._watch(plugin, await self._attempt(plugin))

    async def stop(self, plugin: Plugin) -> None:
        """Idempotent."""
        self._plugins.offer(plugin.name, None)
        if (watch := self._watches.pop(plugin.id, None)) is not None:
            watch.cancel()
            await asyncio.wait((watch,))
        await self._terminate(plugin)
        await self.clear(plugin)

    async def clear(self, plugin: Plugin) -> None:
        """Let go of whatever is left of one on the host. Idempotent."""
        for runtime in self._runtime.available():  # which of them made it is not known
            if not runtime.reason:
                await self._runtime.delete(plugin.id, runtime.name)
        await self._runtime.forget(plugin.id)
        await self._mounts.unshare(str(self._files.folder(plugin.id) / "propagated-mount"))
        await self._files.remove_sockets(self._sockets(plugin))

    def close(self) -> None:
        """Stop watching."""
        for watch in self._watches.values():
            watch.cancel()

    async def _begin(self, plugin: Plugin) -> Launched:
        running.check(plugin)
        await self.clear(plugin)
        try:
            launched = await self._launch(plugin)
            await self._listening(plugin, launched)
        except BaseException:
            await self.clear(plugin)
            raise
        self._offer(plugin)
        return launched

    async def _launch(self, plugin: Plugin) -> Launched:
        folder, sockets = self._files.folder(plugin.id), self._sockets(plugin)
        propagated, root = str(folder / "propagated-mount"), str(self._files.root(plugin.revision))
        await self._files.open_sockets(sockets)
        if plugin.config.propagated_mount:
            await self._mounts.share(propagated)
        container = running.as_container(plugin, propagated)
        runtime = self._runtime.check("")
        launch = Launch(
            container_id=plugin.id,
            name=plugin.id,
            runtime=runtime,
            command=container.argv[0],
            log=folder / "log",
            log_driver="json-file",
            log_size=_LOG_SIZE,
        )
        self._runtime.prepare(launch)
        spec = running.build(
            plugin,
            container,
            root=root,
            sockets=str(sockets),
            identity=await self._roots.identity(root, container.spec.user, ()),
            facts=self._host.facts(),
            devices=await self._roots.devices(container.spec.host),
        )
        launched = await self._runtime.create(launch, spec, b"")
        await self._runtime.start(plugin.id, runtime)
        return launched

    async def _listening(self, plugin: Plugin, launched: Launched) -> None:
        """PluginUnreachable if it ends, or takes too long."""
        socket = self._socket(plugin)
        reaching = asyncio.ensure_future(self._plugins.reach(socket))
        ending = asyncio.ensure_future(self._runtime.exited(plugin.id, launched))
        try:
            await asyncio.wait((reaching, ending), return_when=asyncio.FIRST_COMPLETED)
            if not reaching.done():
                raise PluginUnreachable(f"dial unix {socket}: connect: no such file or directory")
            reaching.result()
        finally:
            reaching.cancel()
            ending.cancel()
            await asyncio.wait((reaching, ending))

    def _watch(self, plugin: Plugin, launched: Launched | None) -> None:
        self._watches[plugin.id] = asyncio.get_running_loop().create_task(self._keep(plugin, launched))

    async def _keep(self, plugin: Plugin, launched: Launched | None) -> None:
        """Begin it again whenever it has ended, later and later while that fails."""
        first, most = _PAUSES
        pause = first
        while True:
            if launched is not None:
                await self._exited(plugin, launched)
                self._plugins.offer(plugin.name, None)
                _log.warning("plugin %s has ended, and is started again", plugin.name)
            await self._clock.sleep(pause)
            launched = await self._attempt(plugin)
            pause = first if launched else min(pause * 2, most)

    async def _exited(self, plugin: Plugin, launched: Launched) -> None:
        """The end, waited for however long the kernel has no descriptor left to wait with."""
        while True:
            try:
                await self._runtime.exited(plugin.id, launched)
            except OSError:
                _log.exception("plugin %s cannot be watched", plugin.name)
                await self._clock.sleep(_PAUSES[0])
            else:
                return

    async def _attempt(self, plugin: Plugin) -> Launched | None:
        try:
            return await self._begin(plugin)
        except (WherryError, OSError):
            _log.exception("plugin %s could not be started", plugin.name)
            return None

    async def _terminate(self, plugin: Plugin) -> None:
        process, monitor = self._runtime.process(plugin.id), self._runtime.monitor(plugin.id)
        if not process or not monitor or not await self._host.signal(process, signals.TERM):
            return
        try:
            async with asyncio.timeout(_GRACE):
                await self._runtime.exited(plugin.id, Launched(process=process, monitor=monitor))
        except TimeoutError:
            _log.warning("plugin %s did not end in time, and is killed", plugin.name)

    def _offer(self, plugin: Plugin) -> None:
        folder = self._files.folder(plugin.id)
        offered = OfferedPlugin(
            socket=self._socket(plugin),
            kinds=running.kinds(plugin),
            root=self._files.root(plugin.revision),
            propagated_mount=plugin.config.propagated_mount,
            propagated=folder / "propagated-mount",
        )
        self._plugins.offer(plugin.name, offered)

    def _sockets(self, plugin: Plugin) -> Path:
        return self._folder / plugin.id[:_SHORT]

    def _socket(self, plugin: Plugin) -> Path:
        return self._sockets(plugin) / plugin.config.interface.socket
