"""Managed plugins, as far as they are asked: whoever runs them offers them."""

import os
from pathlib import Path

from wherry.errors import InternalError, PluginDisabled
from wherry.model.plugin import OfferedPlugin
from wherry.threads import alone

_TAG = ":latest"
_SOCKETS = "/run/docker/plugins"  # where a managed plugin sees the folder of its socket
_PIPES = "/run/docker/logging"


class Managed:
    """Their whole names have a tag. None is offered of one that is there and does not run."""

    def __init__(self) -> None:
        self._offered: dict[str, OfferedPlugin | None] = {}

    def offer(self, name: str, plugin: OfferedPlugin | None) -> None:
        self._offered[name] = plugin

    def withdraw(self, name: str) -> None:
        """It is not there any more."""
        self._offered.pop(name, None)

    def full_name(self, name: str) -> str:
        """The whole name of a managed plugin; any other name as it is."""
        return name + _TAG if name not in self._offered and name + _TAG in self._offered else name

    def has(self, name: str) -> bool:
        return self.full_name(name) in self._offered

    def of(self, kind: str) -> tuple[str, ...]:
        """Names of those of a kind that run."""
        return tuple(sorted(name for name, each in self._offered.items() if each and kind.lower() in each.kinds))

    def require(self, name: str, kind: str) -> None:
        """PluginDisabled, InternalError if it is of another kind."""
        full = self.full_name(name)
        plugin = self._offered[full]
        if plugin is None:
            raise PluginDisabled.called(full)
        if kind.lower() not in plugin.kinds:
            raise InternalError(f'plugin "{full}" does not implement "{kind}"')

    def socket(self, name: str) -> Path | None:
        """Of one that runs; None for all others."""
        plugin = self._offered.get(self.full_name(name))
        return plugin.socket if plugin else None

    def shared_folder(self, name: str) -> tuple[Path, str]:
        """A folder for pipes that a plugin which runs sees as well: its path here, and there (moby
        ``daemon/logger/plugin.go``)."""
        socket = self.socket(name)
        return (socket.parent, _SOCKETS) if socket else (Path(_PIPES), _PIPES)

    async def on_host(self, name: str, path: str) -> str:
        """Where a path that a plugin has answered is on the host. InternalError for a link that leads out of what it
        has there: it is not to show others what it does not see itself."""
        plugin = self._offered.get(self.full_name(name))
        if plugin is None:
            return path
        inside = os.path.normpath("/" + path.lstrip("/"))
        below = _below(inside, plugin.propagated_mount) if plugin.propagated_mount else None
        folder = plugin.root if below is None else plugin.propagated
        place = await alone(os.path.realpath, f"{folder}/{inside.lstrip('/') if below is None else below}")
        if _below(place, str(folder)) is None:
            raise InternalError(f"plugin {name}: {path} leads out of its file system")
        return place


def _below(path: str, folder: str) -> str | None:
    """The rest of a path from a folder on; None for one that is not in it."""
    path, folder = os.path.normpath(path), os.path.normpath(folder)
    return path[len(folder) :].lstrip("/") if f"{path}/".startswith(f"{folder}/") else None
