"""What containers have mounted for them on the host, off the event loop where that may wait for a disk or a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from wherry.errors import InternalError
from wherry.kernel import mounts
from wherry.kernel.mounts import devices as device_mounts
from wherry.kernel.mounts import parts
from wherry.kernel.mounts.views import OpenView, open_view
from wherry.model.mount import DeviceMount, OverlayMount, View, Viewed
from wherry.model.remapping import Owner
from wherry.threads import alone


class HostMounts:
    """Root file systems and shared memory.

    Mounting takes 0.15 ms. Taking an overlay off syncs the file system below it, unless it is volatile.
    """

    def __init__(self) -> None:
        self._volatile: set[str] = set()

    async def overlay(self, mount: OverlayMount) -> None:
        """InternalError, with what the kernel said, if it cannot be mounted."""
        try:
            mounts.overlay(mount)
        except OSError as error:
            raise InternalError(f"mount root file system at {mount.target}: {error}") from error
        if mount.volatile:
            self._volatile.add(mount.target)

    async def device(self, mount: DeviceMount) -> None:
        """InternalError, with what the kernel said, if it cannot be mounted: a server of files may not be there."""
        await alone(device_mounts.mount, mount)

    async def unmount(self, target: str) -> None:
        if target in self._volatile:
            self._volatile.discard(target)
            mounts.unmount(target)
        else:
            await alone(mounts.unmount, target)

    @asynccontextmanager
    async def view(self, view: View) -> AsyncIterator[Viewed]:
        """InternalError, with what the kernel said, if something of it cannot be mounted."""
        opened: list[OpenView] = []  # what a cancelled caller has no result of is there, too
        try:
            try:
                await alone(lambda: opened.append(open_view(view)))
            except OSError as error:
                raise InternalError(f"mount a view of {view.root}: {error}") from error
            yield opened[0].viewed
        finally:
            for each in opened:
                await alone(each.close)

    async def part(self, source: str, subpath: str, target: str, *, recursive: bool) -> None:
        """InternalError if it is not there, or leads out of the source."""
        try:
            await alone(partial(parts.mount, source, subpath, Path(target), recursive=recursive))
        except OSError as error:
            raise InternalError(f"mount {source}/{subpath} at {target}: {error}") from error

    def remove_part(self, target: str) -> None:
        parts.remove(Path(target))

    def shared_memory(self, target: str, size: int, owner: Owner) -> None:
        Path(target).mkdir(parents=True, exist_ok=True)
        try:
            mounts.shared_memory(target, size, owner)
        except OSError as error:
            raise InternalError(f"mount shared memory at {target}: {error}") from error

    def remove_shared_memory(self, target: str) -> None:
        mounts.unmount(target)
        with suppress(FileNotFoundError):
            Path(target).rmdir()

    async def share(self, folder: str) -> None:
        """InternalError, with what the kernel said, if it cannot be."""
        try:
            await alone(mounts.share, folder)
        except OSError as error:
            raise InternalError(f"mount {folder}: {error}") from error

    async def unshare(self, folder: str) -> None:
        await alone(_unmount_all, folder)

    def targets(self) -> tuple[str, ...]:
        """Mount points in the order they were made."""
        return tuple(entry.target for entry in mounts.mount_table())


def _unmount_all(folder: str) -> None:
    for entry in reversed(mounts.mount_table()):
        if f"{entry.target}/".startswith(f"{folder}/"):
            mounts.unmount(entry.target)
