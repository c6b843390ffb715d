"""Plugins in memory."""

from pathlib import Path
from typing import TypeVar

import msgspec

from tests.harness.plugins import Answerer
from wherry.errors import InternalError, NotFound, PluginUnreachable
from wherry.model.plugin import OfferedPlugin

T = TypeVar("T")


class FakePlugins:
    """``there`` are plugins by name, ``gone`` those of them that nobody can reach at the moment, ``awaited`` the
    questions that were to wait for one of these."""

    def __init__(self, **there: Answerer) -> None:
        self.there = dict(there)
        self.gone: set[str] = set()
        self.awaited: list[str] = []
        self._active: dict[str, list[str]] = {}

    def known(self, kind: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, kinds in self._active.items() if kind in kinds))

    async def all(self, kind: str) -> tuple[str, ...]:
        for name in self.there.keys() - self.gone:
            self._activate(name)
        return self.known(kind)

    async def require(self, name: str, kind: str) -> None:
        if name not in self.there:
            raise NotFound(f'plugin "{name}" not found')
        if name not in self._active:
            self._reach(name, "Plugin.Activate")
            self._activate(name)
        if kind not in self._active[name]:
            raise InternalError("legacy plugin: Plugin does not implement the requested driver")

    async def call(
        self, name: str, kind: str, method: str, arguments: object, answer: type[T], *, patience: float, retry: bool
    ) -> T:
        await self.require(name, kind)
        if retry and name in self.gone:
            self.awaited.append(method)
        self._reach(name, method)
        found = self.there[name](method, msgspec.json.decode(msgspec.json.encode(arguments)))
        if found.get("status", 200) != 200:
            raise InternalError(f"{method}: {found.get('Err')}")
        try:
            return msgspec.convert(found, answer, strict=True)
        except msgspec.ValidationError as error:
            raise InternalError(f"{method}: the plugin's answer makes no sense: {error}") from None

    def offer(self, name: str, plugin: OfferedPlugin | None) -> None:
        raise NotImplementedError

    def withdraw(self, name: str) -> None:
        raise NotImplementedError

    def full_name(self, name: str) -> str:
        return name

    async def on_host(self, name: str, path: str) -> str:
        return path

    async def reach(self, socket: Path) -> None:
        raise NotImplementedError

    def _activate(self, name: str) -> None:
        self._active[name] = self.there[name]("Plugin.Activate", {})["Implements"]

    def _reach(self, name: str, method: str) -> None:
        if name in self.gone:
            raise PluginUnreachable(f'Post "http://plugin.moby.localhost/{method}": dial unix {name}')
