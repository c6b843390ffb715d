"""The root file system of a container: mounted, and looked into without leaving it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.images import Images
from wherry.engine.ports import DeviceNodes, Mounts, RootFiles, Snapshots
from wherry.model.container import Container, HostSpec
from wherry.model.device import DeviceNode
from wherry.model.mount import OverlayMount
from wherry.model.remapping import ROOT
from wherry.plan.containers import users
from wherry.plan.containers.users import Identity
from wherry.plan.oci import proc_mounts
from wherry.plan.oci.resources import device_paths


class _Loan:
    """Of a container's mounted root. ``ends_mount``: with the last borrower it is unmounted."""

    def __init__(self, *, ends_mount: bool) -> None:
        self.ends_mount = ends_mount
        self.borrowers = 0


class Roots:
    """Mounts roots, reads who their users are, and finds the devices to put in."""

    def __init__(
        self, *, images: Images, snapshots: Snapshots, mounts: Mounts, files: RootFiles, devices: DeviceNodes
    ) -> None:
        self._images = images
        self._snapshots = snapshots
        self._mounts = mounts
        self._files = files
        self._devices = devices
        self._locks = KeyedLocks()
        self._loans: dict[str, _Loan] = {}

    def overlay(self, container: Container) -> OverlayMount:
        """The mount of a container's root. One that is removed when it ends need not be synced to disk."""
        lowers = tuple(layer.directory for layer in self._images.chain(container.chain_id))
        return self._snapshots.overlay(container.id, lowers, volatile=container.spec.host.auto_remove)

    async def mount(self, container: Container) -> str:
        """Mount the root; gives its path."""
        overlay = self.overlay(container)
        async with self._locks.hold(container.id):
            if container.id in self._loans:
                self._loans[container.id].ends_mount = False
            else:
                await self._mount(container, overlay)
        return overlay.target

    async def unmount(self, container: Container, *, at_once: bool = False) -> None:
        """Once nobody has it on loan, or ``at_once``. May wait for the disk."""
        async with self._locks.hold(container.id):
            if container.id in self._loans and not at_once:
                self._loans[container.id].ends_mount = True
            else:
                await self._mounts.unmount(self._target(container))

    @asynccontextmanager
    async def borrowed(self, container: Container) -> AsyncIterator[str]:
        """The path of the root, mounted while the block runs, whether the container runs or not."""
        async with self._locks.hold(container.id):
            loan = self._loans.get(container.id)
            if loan is None:
                loan = _Loan(ends_mount=self._target(container) not in self._mounts.targets())
                if loan.ends_mount:
                    await self._mount(container, self.overlay(container))
                self._loans[container.id] = loan
            loan.borrowers += 1
        try:
            yield self._target(container)
        finally:
            await self._give_back(container, loan)

    @asynccontextmanager
    async def pristine(self, container: Container) -> AsyncIterator[str]:
        """The path of the root as the image has it, mounted while the block runs, of a container that is being made."""
        overlay = replace(self.overlay(container), upper="", work="", volatile=False)
        await self._mounts.overlay(self._owned(container, overlay))
        try:
            yield overlay.target
        finally:
            await self._mounts.unmount(overlay.target)

    async def _give_back(self, container: Container, loan: _Loan) -> None:
        async with self._locks.hold(container.id):
            loan.borrowers -= 1
            if not loan.borrowers:
                del self._loans[container.id]
                if loan.ends_mount:
                    await self._mounts.unmount(self._target(container))

    async def _mount(self, container: Container, overlay: OverlayMount) -> None:
        await self._snapshots.prepare(container.id, volatile=overlay.volatile)
        await self._mounts.overlay(self._owned(container, overlay))

    def _owned(self, container: Container, overlay: OverlayMount) -> OverlayMount:
        """The mount in which files are owned by those whom the container's users are on the host."""
        return self._snapshots.remapped(overlay) if container.remapping else overlay

    def _target(self, container: Container) -> str:
        return self._snapshots.overlay(container.id, ()).target

    async def identity(self, root: str, user: str, group_add: tuple[str, ...]) -> Identity:
        """Who ``user`` is by the root's own /etc/passwd and /etc/group."""
        passwd = await self._files.read_text(root, "/etc/passwd")
        group = await self._files.read_text(root, "/etc/group")
        return users.resolve(user, passwd, group, group_add)

    async def make_working_dir(self, container: Container, root: str) -> None:
        """As Docker does: root's, whoever the container's user is."""
        if container.spec.working_dir:
            owner = container.remapping.root if container.remapping else ROOT
            await self._files.make_directory(root, container.spec.working_dir, *owner)

    async def check_mounts(self, container: Container, root: str) -> None:
        """RuntimeFailure for one on /proc, which the root's links may lead to."""
        for point in container.mounts:
            proc_mounts.check(point, await self._files.leads_to(root, point.target))

    async def devices(self, host: HostSpec) -> tuple[DeviceNode, ...]:
        """The host's nodes that the container gets: those asked for, or all of them if it is privileged."""
        if host.privileged:
            return self._devices.all()
        return tuple([node for path in device_paths(host) for node in await self._devices.find(path)])

    def init_path(self) -> str:
        return self._devices.init_path()
