"""Managed plugins as the API knows them: none."""

from typing import NoReturn

from wherry.errors import NotFound
from wherry.model.plugin import Plugin
from wherry.model.registry import Credentials


class FakeManagedPlugins:
    def all(self) -> tuple[Plugin, ...]:
        return ()

    def find(self, name: str) -> NoReturn:
        raise NotFound(f'plugin "{name}" not found')

    async def remove(self, name: str, *, force: bool) -> None:
        self.find(name)

    def push(self, name: str, credentials: Credentials | None) -> NoReturn:
        self.find(name)

    async def disable(self, name: str, *, force: bool) -> None:
        self.find(name)
