"""Programs beside the engine that answer JSON over HTTP (moby ``pkg/plugins``): those of Docker's first kind, which are
found by their sockets, and managed ones, which the engine runs and offers."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from wherry.errors import InternalError, NotFound, PluginUnreachable
from wherry.plugins.discovery import Address, Folders
from wherry.plugins.exchange import Answer, NoAnswer, NotConnected, dial, exchange
from wherry.plugins.managed import Managed
from wherry.threads import alone

T = TypeVar("T")

_log = logging.getLogger(__name__)

PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between attempts to reach a plugin: those of dockerd, which gives up before 30 seconds are over."""
_REACHING: Final = (0.05, 0.1, 0.2, 0.5, *(1.0,) * 20)  # seconds between looks whether a plugin listens
_ACTIVATION: Final = 30.0  # seconds
_GLANCE: Final = 5.0  # seconds in which a plugin nobody asked for by name has to say what it is


class _Manifest(Struct, frozen=True, rename="pascal"):
    implements: tuple[str, ...] = ()


class _Failure(Struct, frozen=True, rename="pascal"):
    err: str = ""


class _Plugin(Struct, frozen=True):
    address: Address
    implements: tuple[str, ...]


class Plugins:
    """Each is activated once, when it is first needed, and keeps its address from then on."""

    def __init__(self, folders: Folders = Folders(), pauses: Sequence[float] = PAUSES) -> None:  # noqa: B008 - frozen
        self._folders = folders
        self._pauses = pauses
        self._active: dict[str, _Plugin] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._managed = Managed()
        self.full_name = self._managed.full_name
        self.offer = self._managed.offer
        self.withdraw = self._managed.withdraw
        self.on_host = self._managed.on_host
        self.shared_folder = self._managed.shared_folder

    def known(self, kind: str) -> tuple[str, ...]:
        """Names of the plugins of a kind that were needed so far."""
        return tuple(sorted(name for name, plugin in self._active.items() if kind in plugin.implements))

    async def all(self, kind: str) -> tuple[str, ...]:
        """Names of all plugins of a kind. Those that cannot be asked what they are, are left out."""
        names = await alone(self._folders.names)
        await asyncio.gather(*[self._glance(name) for name in names if name not in self._active])
        return (*self.known(kind), *self._managed.of(kind))

    async def reach(self, socket: Path) -> None:
        """Wait until somebody listens at a socket. PluginUnreachable when that has taken too long."""
        for pause in (*_REACHING, None):
            try:
                return await dial(Address(path=str(socket)))
            except NotConnected as error:
                failure = str(error)
            if pause is not None:
                await asyncio.sleep(pause)
        raise PluginUnreachable(failure)

    async def require(self, name: str, kind: str) -> None:
        """NotFound if there is no such plugin, InternalError if it is of another kind or cannot be reached."""
        if self._managed.has(name):
            self._managed.require(name, kind)
            return
        plugin = await self._activated(name, self._pauses)
        if kind not in plugin.implements:
            raise InternalError(
                f"legacy plugin: Plugin does not implement the requested driver: "
                f'plugin="{name}", requested implementation="{kind}"'
            )

    async def call(
        self, name: str, kind: str, method: str, arguments: object, answer: type[T], *, patience: float, retry: bool
    ) -> T:
        """Ask a plugin. ``patience``: seconds for its answer; ``retry``: wait for one that is not there at the moment.

        Raises what ``require`` does; PluginUnreachable; InternalError for what it refuses, and for lies.
        """
        await self.require(name, kind)
        body = msgspec.json.encode(arguments) + b"\n"
        socket = self._managed.socket(name)
        address = Address(path=str(socket)) if socket else self._active[name].address
        found = await _ask(address, method, body, patience, self._pauses if retry else ())
        return _decoded(method, found, answer)

    async def _activated(self, name: str, pauses: Sequence[float]) -> _Plugin:
        if (known := self._active.get(name)) is not None:
            return known
        async with self._locks.setdefault(name, asyncio.Lock()):
            if (known := self._active.get(name)) is None:
                known = self._active[name] = await self._activate(name, pauses)
            return known

    async def _activate(self, name: str, pauses: Sequence[float]) -> _Plugin:
        try:
            address = await alone(self._folders.find, name)
            if address is None:
                raise NotFound(f'plugin "{name}" not found')
            found = await _ask(address, "Plugin.Activate", b"", _ACTIVATION, pauses)
            manifest = _decoded("Plugin.Activate", found, _Manifest)
        except InternalError as error:
            raise type(error)(f"legacy plugin: {error}") from error
        _log.info("plugin %s implements %s", name, ", ".join(manifest.implements))
        return _Plugin(address, manifest.implements)

    async def _glance(self, name: str) -> None:
        try:
            async with asyncio.timeout(_GLANCE):
                await self._activated(name, ())
        except (NotFound, InternalError, TimeoutError) as error:
            _log.warning("plugin %s cannot be used: %s", name, error)


async def _ask(address: Address, method: str, body: bytes, patience: float, pauses: Sequence[float]) -> Answer:
    """Try again after ``pauses`` while nobody is there: what was asked once is not asked again."""
    for pause in (*pauses, None):
        try:
            async with asyncio.timeout(patience):
                return await exchange(address, method, body)
        except NotConnected as error:
            failure = f'Post "{address.url}/{method}": {error}'
        except (NoAnswer, TimeoutError) as error:
            reason = str(error) or "context deadline exceeded"
            raise PluginUnreachable(f'Post "{address.url}/{method}": {reason}') from error
        if pause is not None:
            _log.warning("Unable to connect to plugin: %s, retrying in %gs", failure, pause)
            await asyncio.sleep(pause)
    raise PluginUnreachable(failure)


def _decoded(method: str, found: Answer, kind: type[T]) -> T:
    if found.status != 200:
        raise InternalError(f"{method}: {_told(found.body)}")
    try:
        return msgspec.json.decode(found.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InternalError(f"{method}: the plugin's answer makes no sense: {error}") from None


def _told(body: bytes) -> str:
    """Why it failed: what it says in JSON, or just says."""
    try:
        failure = msgspec.json.decode(body, type=_Failure).err
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        failure = ""
    return failure or body.decode(errors="replace")
