"""The host: mounts, processes, control groups, devices."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from wherry.model.container import Container
from wherry.model.device import DeviceNode
from wherry.model.host import Forwarding, HostFacts
from wherry.model.mount import DeviceMount, OverlayMount, View, Viewed
from wherry.model.process import ProcessId
from wherry.model.remapping import Owner, Remapping
from wherry.model.usage import Usage


class Mounts(Protocol):
    async def overlay(self, mount: OverlayMount) -> None: ...

    async def device(self, mount: DeviceMount) -> None:
        """Mount what mount(8) could. InternalError, with what the kernel said."""
        ...

    async def unmount(self, target: str) -> None: ...

    def view(self, view: View) -> AbstractAsyncContextManager[Viewed]:
        """The view mounted where it is in nobody's way, while the block runs."""
        ...

    async def part(self, source: str, subpath: str, target: str, *, recursive: bool) -> None:
        """Make ``target`` what is at ``subpath`` of a directory, "" for itself, if not ``recursive`` without the mounts
        below. InternalError if nothing is there, or it leads out."""
        ...

    def remove_part(self, target: str) -> None: ...

    def shared_memory(self, target: str, size: int, owner: Owner) -> None:
        """Make ``target`` a directory in memory, of at most ``size`` bytes, for several containers' /dev/shm."""
        ...

    def remove_shared_memory(self, target: str) -> None: ...

    async def share(self, folder: str) -> None:
        """Make a folder a mount of its own, in which mounts are seen by all who have it bound. Idempotent."""
        ...

    async def unshare(self, folder: str) -> None:
        """Unmount it, and all that is mounted in it. Idempotent."""
        ...

    def targets(self) -> tuple[str, ...]:
        """All mount points of the host, for the sweep."""
        ...


class UserNamespaces(Protocol):
    async def create(self, path: str, remapping: Remapping) -> None:
        """Pin a new user namespace at ``path``. InternalError if this host has none for us."""
        ...

    def remove(self, path: str) -> None:
        """Unpin it: it lives as long as a process is in it, or a network namespace is its."""
        ...

    def all(self) -> tuple[str, ...]:
        """Paths of all pinned namespaces, for the sweep."""
        ...


class Host(Protocol):
    def facts(self) -> HostFacts: ...

    def forwarding(self) -> Forwarding: ...

    def alive(self, process: ProcessId) -> bool: ...

    async def signal(self, process: ProcessId, signal: int) -> bool:
        """Send a signal, race-free; False if the process is gone."""
        ...

    async def processes(
        self, container: Container, ps_args: str
    ) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Titles and rows of ps(1) for the processes of a container's cgroup."""
        ...

    async def usage(self, container: Container) -> Usage:
        """What a container's control group has used. FileNotFoundError if there is none."""
        ...

    def cpu_time(self) -> int:
        """What all processors together have done since boot, idling too: nanoseconds."""
        ...

    def hosts(self) -> str:
        """The host's /etc/hosts."""
        ...

    def resolv_conf(self) -> str:
        """The host's /etc/resolv.conf, or the real one where a local stub resolver stands in it."""
        ...


class RootFiles(Protocol):
    """Files below a container's root, whose links may be hostile: nothing outside is ever reached."""

    async def read_text(self, root: str, path: str) -> str:
        """A small text file, "" if it is not there."""
        ...

    async def make_directory(self, root: str, path: str, uid: int, gid: int) -> None:
        """A directory and its parents, where they are missing."""
        ...

    async def leads_to(self, root: str, path: str) -> str:
        """The path without links; what is not there has none. InvalidArgument where links go round in circles."""
        ...


class DeviceNodes(Protocol):
    async def find(self, path: str) -> tuple[DeviceNode, ...]:
        """A device node of the host, or all below a directory. InvalidArgument if there is none."""
        ...

    def all(self) -> tuple[DeviceNode, ...]:
        """All device nodes of the host, for privileged containers."""
        ...

    def init_path(self) -> str:
        """The host's small init (docker-init, tini, catatonit), "" if it has none."""
        ...
