"""``cp``: files into a container and out of it, whether it runs or not."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from msgspec import Struct

from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell
from wherry.engine.containers.launch.rootfs import Roots
from wherry.engine.events import Events
from wherry.engine.ports import ContainerFiles, Mounts, ViewFiles
from wherry.engine.volumes.use import VolumeUse
from wherry.errors import InvalidArgument, NoSuchContainer, NotFound
from wherry.model.container import Container
from wherry.model.mount import Viewed
from wherry.model.path_stat import PathStat
from wherry.plan.containers import namespaces, users
from wherry.plan.mounts import views


class Packed(Struct, frozen=True, kw_only=True):
    """What is at a path, and its archive."""

    stat: PathStat
    chunks: AsyncIterable[bytes]


class Copying:
    """Paths are the container's own: links lead where they lead a process in it."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        roots: Roots,
        volumes: VolumeUse,
        files: ContainerFiles,
        mounts: Mounts,
        view_files: ViewFiles,
        events: Events,
    ) -> None:
        self._catalog = catalog
        self._roots = roots
        self._volumes = volumes
        self._files = files
        self._mounts = mounts
        self._view_files = view_files
        self._events = events

    async def stat(self, ref: str, path: str) -> PathStat:
        """NotFound if nothing is there; a link is not followed."""
        async with self._view(self._find(ref, path)) as viewed:
            return await self._stat(viewed, ref, path, path)

    @asynccontextmanager
    async def pack(self, ref: str, path: str) -> AsyncIterator[Packed]:
        """A file, or a directory and all in it, while the block runs. NotFound."""
        container = self._find(ref, path)
        async with self._view(container) as viewed:
            place = views.absolute(path)
            stat = await self._stat(viewed, ref, path, place)
            async with aclosing(self._view_files.pack(viewed, place)) as chunks:
                tell(self._events, container, "archive-path")
                yield Packed(stat=stat, chunks=chunks)

    async def unpack(self, ref: str, path: str, chunks: AsyncIterable[bytes], *, keep: bool, as_user: bool) -> None:
        """An archive into the directory at ``path``. ``keep``: no file takes a directory's place, nor the other way
        round; ``as_user``: all belongs to the container's user, if it has one.

        NotFound, Forbidden where it may not be written, InvalidArgument for no directory or no archive. What was
        unpacked till then stays.
        """
        container = self._find(ref, path)
        async with self._view(container) as viewed:
            directory = await self._view_files.resolve(viewed, views.absolute(path))
            if directory is None:
                raise _not_there(ref, path)
            views.check_writable(container, directory)
            owner = await self._owner(container, viewed) if as_user else None
            await self._view_files.unpack(viewed, directory, chunks, owner=owner, keep=keep)
        tell(self._events, container, "extract-to-dir")

    def _find(self, ref: str, path: str) -> Container:
        if not path:
            raise InvalidArgument("bad parameter: pathcannot be empty")
        return self._catalog.find(ref)

    @asynccontextmanager
    async def _view(self, container: Container) -> AsyncIterator[Viewed]:
        async with self._roots.borrowed(container) as root, self._volumes.borrowed(container) as mounted:
            async with self._mounts.view(views.view(mounted, root, self._own_files(container))) as viewed:
                yield viewed

    def _own_files(self, container: Container) -> dict[str, str]:
        """Those that a start writes, its own or of the container whose network it shares: target → path on the host."""
        peer = namespaces.peer(container.spec.host.network)
        if peer:
            try:
                return self._own_files(self._catalog.find(peer))
            except NoSuchContainer:  # it was removed, and its files with it
                return {}
        folder = self._files.folder(container.id)
        if not container.state.started_at:
            return {}
        return {f"/etc/{name}": str(folder / name) for name in ("hosts", "hostname", "resolv.conf")}

    async def _stat(self, viewed: Viewed, ref: str, asked: str, path: str) -> PathStat:
        found = await self._view_files.stat(viewed, path)
        if found is None:
            raise _not_there(ref, asked)
        return found

    async def _owner(self, container: Container, viewed: Viewed) -> tuple[int, int] | None:
        user = container.spec.user
        if not user:
            return None
        passwd = await self._view_files.read_text(viewed, "/etc/passwd")
        group = await self._view_files.read_text(viewed, "/etc/group")
        identity = users.resolve(user, passwd, group)
        return identity.uid, identity.gid


def _not_there(ref: str, path: str) -> NotFound:
    return NotFound(f"Could not find the file {path} in container {ref}")
