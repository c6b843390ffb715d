"""Managed plugins: made, found, set, switched and removed. Texts are those of moby's ``plugin/``."""

import logging
from collections.abc import AsyncIterable, Coroutine
from typing import Any

from msgspec.structs import replace

from wherry.engine.authorization import Authorization
from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations, together
from wherry.engine.events import Events
from wherry.engine.plugins.running import Running
from wherry.engine.ports import Chance, PluginFiles, Plugins, Records
from wherry.errors import Conflict, InternalError, InvalidArgument, InvalidReference, NotFound, WherryError
from wherry.model.plugin import Plugin, PluginRootfs
from wherry.model.reference import Reference
from wherry.plan.plugins.config import initial_settings, read_config
from wherry.plan.plugins.settings import changed

_log = logging.getLogger(__name__)


class ManagedPlugins:
    """One thing at a time is done with a plugin. The folder is there before the row, and the row goes before it."""

    def __init__(
        self,
        *,
        records: Records,
        files: PluginFiles,
        plugins: Plugins,
        running: Running,
        authorization: Authorization,
        chance: Chance,
        events: Events,
        operations: Operations,
        version: str,
    ) -> None:
        """``version``: of the engine, which is written into each configuration."""
        self._table = records.plugins
        self._volumes = records.volumes
        self._files = files
        self._plugins = plugins
        self._running = running
        self._authorization = authorization
        self._chance = chance
        self._events = events
        self._operations = operations
        self._version = version
        self._locks = KeyedLocks()

    def all(self) -> tuple[Plugin, ...]:
        """Oldest first."""
        return self._table.all()

    def find(self, name: str) -> Plugin:
        """By id, name, or the beginning of an id. NotFound, InvalidArgument."""
        if (plugin := self._table.get(name)) is not None:
            return plugin
        try:
            full = Reference.parse(name).with_default_tag().familiar
        except InvalidReference:
            raise NotFound(f'plugin "{name}" not found') from None
        named = [plugin for plugin in self.all() if plugin.name == full]
        found = named or [plugin for plugin in self.all() if plugin.id.startswith(name)]
        if len(found) > 1:
            raise InvalidArgument(f'multiple plugins found for "{name}"')
        if not found:
            raise NotFound(f'plugin "{name}" not found')
        return found[0]

    async def create(self, name: str, chunks: AsyncIterable[bytes]) -> None:
        """Of an archive with ``config.json`` and ``rootfs``. InvalidReference, Conflict, and what unpacking raises."""
        full = _full_name(name)
        async with self._locks.hold(full):
            if any(plugin.name == full for plugin in self.all()):
                raise Conflict(f"plugin {full} already exists")
            plugin = await self._made(full, chunks)
            self._plugins.offer(full, None)
        self._tell("create", plugin, full)

    async def set(self, name: str, settings: tuple[str, ...]) -> None:
        """``KEY[.FIELD][=VALUE]`` each. InternalError for what cannot be set, and while the plugin is enabled."""
        async with self._locks.hold(self.find(name).name):
            plugin = self.find(name)
            if plugin.enabled:
                raise InternalError("cannot set on an active plugin, disable plugin before setting")
            await self._table.put(replace(plugin, settings=changed(plugin.config, plugin.settings, settings)))

    async def enable(self, name: str) -> None:
        """It runs and listens when this returns. Conflict if it does already, and what ``Running.start`` raises."""
        async with self._locks.hold(self.find(name).name):
            plugin = self.find(name)
            if plugin.enabled:
                raise Conflict(f"plugin already enabled: plugin {plugin.name} is enabled")
            await self._operations.run(self._begin(plugin))
        self._tell("enable", plugin, name)

    async def disable(self, name: str, *, force: bool) -> None:
        """Conflict for one that is disabled, or in use unless it is forced."""
        async with self._locks.hold(self.find(name).name):
            plugin = self.find(name)
            if not plugin.enabled:
                raise Conflict(f"plugin is already disabled: plugin {plugin.name} found but disabled")
            if not force:
                self._check_unused(plugin)
            await self._operations.run(self._end(plugin))
        self._tell("disable", plugin, name)

    async def remove(self, name: str, *, force: bool) -> None:
        """Conflict for one that is in use, or enabled, unless it is forced."""
        async with self._locks.hold(self.find(name).name):
            plugin = self.find(name)
            if not force:
                self._check_unused(plugin)
                if plugin.enabled:
                    raise Conflict(f"plugin {plugin.name} is enabled")
            await self._operations.run(self._take_away(plugin))
        self._tell("remove", plugin, name)

    async def resume(self) -> None:
        """After the start of an engine: those that are enabled run when this returns, if they can be begun. What is
        left of others is let go."""
        for plugin in self.all():
            self._plugins.offer(plugin.name, None)
        await together(*(self._resume(plugin) for plugin in self.all()))
        known = {plugin.id for plugin in self.all()}
        await together(*(self._attempt(self._files.remove(each)) for each in self._files.ids() if each not in known))

    async def _resume(self, plugin: Plugin) -> None:
        running = self._running
        await self._attempt(running.resume(plugin) if plugin.enabled else running.clear(plugin))

    async def _attempt(self, step: Coroutine[Any, Any, None]) -> None:
        """What fails is logged, and hinders nothing else."""
        try:
            await step
        except (WherryError, OSError):
            _log.exception("what an earlier engine left of a plugin could not be put in order")

    def close(self) -> None:
        """Those that run go on."""
        self._running.close()

    async def _made(self, name: str, chunks: AsyncIterable[bytes]) -> Plugin:
        plugin_id = self._chance.new_id()
        try:
            found = await self._files.unpack(plugin_id, chunks)
            config = replace(
                read_config(found.config),
                docker_version=self._version,
                rootfs=PluginRootfs(type="layers", diff_ids=(found.diff_id,)),
            )
            plugin = Plugin(
                id=plugin_id, name=name, plugin_reference=name, config=config, settings=initial_settings(config)
            )
            await self._table.put(plugin)
        except BaseException:
            await self._files.remove(plugin_id)
            raise
        return plugin

    async def _begin(self, plugin: Plugin) -> None:
        await self._running.start(plugin)
        try:
            await self._table.put(replace(plugin, enabled=True))
        except BaseException:
            await self._running.stop(plugin)
            raise

    async def _end(self, plugin: Plugin) -> None:
        self._authorization.drop(plugin.name)
        await self._table.put(replace(plugin, enabled=False))
        await self._running.stop(plugin)

    async def _take_away(self, plugin: Plugin) -> None:
        self._authorization.drop(plugin.name)
        await self._running.stop(plugin)
        await self._table.delete(plugin.id)
        self._plugins.withdraw(plugin.name)
        await self._files.remove(plugin.id)

    def _check_unused(self, plugin: Plugin) -> None:
        if any(volume.driver == plugin.name for volume in self._volumes.all()):
            raise Conflict(f"plugin {plugin.name} is in use")

    def _tell(self, action: str, plugin: Plugin, name: str) -> None:
        """``name``: as whoever asked has it."""
        self._events.publish("plugin", action, plugin.id, {"name": name})


def _full_name(name: str) -> str:
    try:
        reference = Reference.parse(name)
    except InvalidReference as error:
        raise InvalidReference(f"failed to parse reference {name}: {error}") from None
    if reference.digest:
        raise InternalError("canonical references are not permitted")
    return reference.with_default_tag().familiar
