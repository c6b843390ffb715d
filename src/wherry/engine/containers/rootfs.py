"""The root file system of a container: mounted, and looked into without leaving it."""

from wherry.engine.images import Images
from wherry.engine.ports import DeviceNodes, Mounts, RootFiles, Snapshots
from wherry.model.container import Container, HostSpec
from wherry.model.device import DeviceNode
from wherry.model.mount import OverlayMount
from wherry.plan import users
from wherry.plan.linux_resources import device_paths
from wherry.plan.users import Identity


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

    def overlay(self, container: Container) -> OverlayMount:
        """The mount of a container's root. One that is removed when it ends need not be synced to disk."""
        lowers = tuple(layer.directory for layer in self._images.chain(container.chain_id))
        return self._snapshots.overlay(container.id, lowers, volatile=container.spec.host.auto_remove)

    async def mount(self, container: Container) -> str:
        """Mount the root; gives its path."""
        overlay = self.overlay(container)
        await self._snapshots.prepare(container.id, volatile=overlay.volatile)
        await self._mounts.overlay(overlay)
        return overlay.target

    async def unmount(self, container: Container) -> None:
        """May wait for the disk."""
        await self._mounts.unmount(self._snapshots.overlay(container.id, ()).target)

    async def identity(self, root: str, user: str, group_add: tuple[str, ...]) -> Identity:
        """Who ``user`` is by the root's own /etc/passwd and /etc/group."""
        passwd = await self._files.read_text(root, "/etc/passwd")
        group = await self._files.read_text(root, "/etc/group")
        return users.resolve(user, passwd, group, group_add)

    async def make_working_dir(self, root: str, path: str) -> None:
        """As Docker does: root's, whoever the container's user is."""
        await self._files.make_directory(root, path, 0, 0)

    def devices(self, host: HostSpec) -> tuple[DeviceNode, ...]:
        """The host's nodes that the container gets: those asked for, or all of them if it is privileged."""
        if host.privileged:
            return self._devices.all()
        return tuple(node for path in device_paths(host) for node in self._devices.find(path))

    def init_path(self) -> str:
        return self._devices.init_path()
