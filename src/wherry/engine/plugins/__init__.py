"""Managed plugins: made, had from registries and brought there, found, set, switched and removed. Texts are those of
moby's ``plugin/``."""

import logging
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from msgspec.structs import replace

from wherry.engine.authorization import Authorization
from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations, together
from wherry.engine.concurrency.progress import Report, listen
from wherry.engine.events import Events
from wherry.engine.plugins.revisions import Revision, Revisions
from wherry.engine.plugins.running import Running
from wherry.engine.ports import Chance, PluginFiles, Plugins, Records
from wherry.engine.transfer.fetching import Source
from wherry.errors import Conflict, InternalError, InvalidArgument, InvalidReference, NotFound, WherryError
from wherry.model.plugin import Plugin, PluginPrivilege
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.plan.plugins.config import initial_settings
from wherry.plan.plugins.names import full_name
from wherry.plan.plugins.settings import changed

_log = logging.getLogger(__name__)


class ManagedPlugins:
    """One thing at a time is done with a plugin. Files are there before the row, and the row goes before them."""

    def __init__(
        self,
        *,
        records: Records,
        files: PluginFiles,
        plugins: Plugins,
        revisions: Revisions,
        running: Running,
        authorization: Authorization,
        chance: Chance,
        events: Events,
        operations: Operations,
    ) -> None:
        self._table = records.plugins
        self._volumes = records.volumes
        self._files = files
        self._plugins = plugins
        self._revisions = revisions
        self._running = running
        self._authorization = authorization
        self._chance = chance
        self._events = events
        self._operations = operations
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
        full = full_name(name)
        async with self._locks.hold(full):
            if self._has(full):
                raise Conflict(f"plugin {full} already exists")
            plugin = await self._add(full, full, partial(self._revisions.made, chunks))
        self._tell("create", plugin, full)

    async def privileges(self, remote: str, credentials: Credentials | None) -> tuple[PluginPrivilege, ...]:
        """What of the host a plugin in a registry wants. InvalidReference, and what ``Revisions.privileges`` raises."""
        return await self._revisions.privileges(_source(remote, credentials))

    def pull(
        self, remote: str, name: str, granted: tuple[PluginPrivilege, ...], credentials: Credentials | None
    ) -> AsyncGenerator[Progress, None]:
        """Have a plugin from a registry, by the name that ``local_name`` gives, telling how far it is. To be closed:
        that ends it. InvalidReference, InvalidArgument if there is one of that name, and what ``Revisions.fetched``
        raises."""
        source = _source(remote, credentials)

        async def work(report: Report) -> None:
            async with self._locks.hold(name):
                if self._has(name):
                    raise InvalidArgument(f"plugin {name} already exists")
                fetched = partial(self._revisions.fetched, source, granted, report)
                await self._add(name, source.reference.familiar, fetched)
            self._events.publish("plugin", "pull", source.reference.familiar, {"name": name})

        return listen(work)

    def upgrade(
        self, name: str, remote: str, granted: tuple[PluginPrivilege, ...], credentials: Credentials | None
    ) -> AsyncGenerator[Progress, None]:
        """Another revision of a plugin from a registry, telling how far it is; what was set stays. To be closed: that
        ends it. Conflict for one that is enabled; otherwise as ``pull``."""
        source = _source(remote, credentials)

        async def work(report: Report) -> None:
            async with self._locks.hold(self.find(name).name):
                plugin = self.find(name)
                if plugin.enabled:
                    raise Conflict(f"plugin must be disabled before upgrading: plugin {plugin.name} is enabled")
                async with self._revision(partial(self._revisions.fetched, source, granted, report)) as revision:
                    upgraded = replace(
                        plugin,
                        plugin_reference=source.reference.familiar,
                        revision=revision.name,
                        manifest=revision.manifest,
                        config=revision.config,
                    )
                    await self._table.put(upgraded)
                await self._files.remove(plugin.revision)
            self._events.publish("plugin", "pull", source.reference.familiar, {"name": plugin.name})

        return listen(work)

    def push(self, name: str, credentials: Credentials | None) -> AsyncGenerator[Progress, None]:
        """Bring a plugin to the registry that its name says. To be closed: that ends it. Raises as
        ``Revisions.push``."""
        plugin = self.find(name)

        async def work(report: Report) -> None:
            async with self._locks.hold(plugin.name):
                await self._revisions.push(self.find(plugin.id), _source(plugin.name, credentials), report)

        return listen(work)

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
        known = {name for plugin in self.all() for name in (plugin.id, plugin.revision)}
        await together(*(self._attempt(self._files.remove(each)) for each in self._files.names() if each not in known))

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

    def _has(self, name: str) -> bool:
        return any(plugin.name == name for plugin in self.all())

    async def _add(self, name: str, reference: str, make: Callable[[str], Awaitable[Revision]]) -> Plugin:
        async with self._revision(make) as revision:
            plugin = Plugin(
                id=self._chance.new_id(),
                name=name,
                plugin_reference=reference,
                revision=revision.name,
                manifest=revision.manifest,
                config=revision.config,
                settings=initial_settings(revision.config),
            )
            try:
                await self._files.make_folder(plugin.id)
                await self._table.put(plugin)
            except BaseException:
                await self._files.remove(plugin.id)
                raise
        self._plugins.offer(name, None)
        return plugin

    @asynccontextmanager
    async def _revision(self, make: Callable[[str], Awaitable[Revision]]) -> AsyncIterator[Revision]:
        """The revision that ``make`` makes under a name; its files are removed if that fails, or the block."""
        name = self._chance.new_id()
        try:
            yield await make(name)
        except BaseException:
            await self._files.remove(name)
            raise

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
        for files in (plugin.id, plugin.revision):
            await self._files.remove(files)

    def _check_unused(self, plugin: Plugin) -> None:
        if any(volume.driver == plugin.name for volume in self._volumes.all()):
            raise Conflict(f"plugin {plugin.name} is in use")

    def _tell(self, action: str, plugin: Plugin, name: str) -> None:
        """``name``: as whoever asked has it."""
        self._events.publish("plugin", action, plugin.id, {"name": name})


def _source(remote: str, credentials: Credentials | None) -> Source:
    return Source(reference=Reference.parse(remote).with_default_tag(), credentials=credentials)
