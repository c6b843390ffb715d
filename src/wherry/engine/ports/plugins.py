"""Programs beside the engine that do some of its work."""

from collections.abc import AsyncIterable
from pathlib import Path
from typing import Protocol, TypeVar

from wherry.engine.ports.content import Content
from wherry.model.plugin import OfferedPlugin, PluginFilesFound

T = TypeVar("T")


class Plugins(Protocol):
    """Found by name. A plugin is of one kind or several: ``VolumeDriver``, ``authz``. Managed ones are offered by
    whoever runs them."""

    def known(self, kind: str) -> tuple[str, ...]:
        """Names of the plugins of a kind that were needed so far."""
        ...

    async def all(self, kind: str) -> tuple[str, ...]:
        """Names of all plugins of a kind. Those that cannot be asked what they are, are left out."""
        ...

    async def require(self, name: str, kind: str) -> None:
        """NotFound if there is no such plugin, InternalError if it is of another kind or cannot be reached."""
        ...

    async def call(
        self, name: str, kind: str, method: str, arguments: object, answer: type[T], *, patience: float, retry: bool
    ) -> T:
        """Ask a plugin. ``patience``: seconds for its answer; ``retry``: wait for one that is not there at the moment.

        Raises what ``require`` does; PluginUnreachable; InternalError for what it refuses, and for lies.
        """
        ...

    def offer(self, name: str, plugin: OfferedPlugin | None) -> None:
        """A managed plugin by its whole name, which has a tag; None for one that does not run: PluginDisabled is raised
        to those who ask for it."""
        ...

    def withdraw(self, name: str) -> None:
        """It is not there any more."""
        ...

    def full_name(self, name: str) -> str:
        """The whole name of a managed plugin; any other name as it is."""
        ...

    async def on_host(self, name: str, path: str) -> str:
        """Where a path that a plugin has answered is on the host. InternalError for one that leads out."""
        ...

    async def reach(self, socket: Path) -> None:
        """Wait until somebody listens at a socket. PluginUnreachable when that has taken too long."""
        ...


class PluginFiles(Protocol):
    """Files of managed plugins, below ``<data-root>/plugins``: those of a plugin, and those of a revision of one, which
    are others after an upgrade."""

    def folder(self, plugin_id: str) -> Path:
        """With ``propagated-mount`` in it."""
        ...

    async def make_folder(self, plugin_id: str) -> None: ...

    def root(self, revision: str) -> Path: ...

    async def begin(self, revision: str) -> Content:
        """The files of a new revision, none so far, to be removed if they do not become all; its blobs."""
        ...

    def blobs(self, revision: str) -> Content:
        """As its registry has them: a manifest, a configuration and layers."""
        ...

    async def unpack(self, revision: str, chunks: AsyncIterable[bytes]) -> PluginFilesFound:
        """The root of an archive that holds ``config.json`` and ``rootfs``, and the blob of its layer. CorruptLayer,
        InternalError, NoSpace."""
        ...

    async def assemble(self, revision: str, digests: tuple[str, ...]) -> None:
        """The root of layers, the lowest first, that are among the blobs. CorruptLayer, InternalError, NoSpace."""
        ...

    async def open_sockets(self, folder: Path) -> None:
        """An empty folder for the socket of one that is about to run."""
        ...

    async def remove_sockets(self, folder: Path) -> None: ...

    async def remove(self, name: str) -> None:
        """The files of a plugin or of a revision."""
        ...

    def names(self) -> tuple[str, ...]:
        """Plugins and revisions that have files."""
        ...
