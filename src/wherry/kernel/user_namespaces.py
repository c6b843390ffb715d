"""User namespaces, and network namespaces that belong to them.

Only a process with one thread may move to another user namespace (unshare(2), setns(2)), so a small one is started for
it: unshare(1) or nsenter(1), and then a ``cat``, which tells by its echo that it is there, and ends with its input.

Sources: user_namespaces(7), ``ioctl_ns(2)``; ``Documentation/filesystems/idmappings.rst`` on mounts that remap.
"""

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from wherry.errors import InternalError
from wherry.kernel.network import namespaces
from wherry.kernel.processes import ENVIRONMENT, spawn
from wherry.kernel.readiness import readable
from wherry.model.remapping import IdRange, Remapping

_MAPS: Final = ("uid_map", "gid_map")
_ECHO: Final = b"\n"
_MOST: Final = 4096
_MOUNTER: Final = IdRange(inside=2**32 - 2, outside=0, length=1)
"""Overlayfs makes files as who mounted it, our root, and then gives them away: it must be somebody there too. This is
nobody's id in any image; in containers it is nobody's at all."""


class UserNamespaces:
    """Those of containers, pinned as files in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        self._folder = folder

    async def create(self, path: str, remapping: Remapping) -> None:
        """InternalError with what unshare(1) says."""
        async with _process("unshare", "--user", "cat") as pid:
            _map(pid, remapping.uids, remapping.gids)
            namespaces.pin(f"/proc/{pid}/ns/user", path)

    def remove(self, path: str) -> None:
        """It lives on as long as a process is in it, or a namespace belongs to it. Idempotent."""
        namespaces.remove(path)

    def all(self) -> tuple[str, ...]:
        return tuple(sorted(str(path) for path in self._folder.iterdir()))


async def create_network(path: str, user: str) -> None:
    """Makes a network namespace that belongs to the user namespace at ``user``, and pins it at ``path``."""
    async with _process("nsenter", f"--user={user}", "unshare", "--net", "cat") as pid:
        namespaces.pin(f"/proc/{pid}/ns/net", path)


@asynccontextmanager
async def for_mounts(remapping: Remapping) -> AsyncIterator[int]:
    """A descriptor of a user namespace to remap a mount by that overlays are made of."""
    async with _process("unshare", "--user", "cat") as pid:
        _map(pid, (*remapping.uids, _MOUNTER), (*remapping.gids, _MOUNTER))
        descriptor = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _map(pid: int, *maps: Iterable[IdRange]) -> None:
    for name, ranges in zip(_MAPS, maps, strict=True):
        text = "".join(f"{each.inside} {each.outside} {each.length}\n" for each in ranges)
        Path(f"/proc/{pid}/{name}").write_text(text)


@asynccontextmanager
async def _process(*argv: str) -> AsyncIterator[int]:
    """The id of a process that is in its namespaces while the block runs. InternalError with what the program says."""
    with ExitStack() as ours:
        with ExitStack() as its:
            (stdin, feed), (echo, stdout) = os.pipe2(os.O_CLOEXEC), os.pipe2(os.O_CLOEXEC)
            for stack, descriptor in ((its, stdin), (ours, feed), (ours, echo), (its, stdout)):
                stack.callback(os.close, descriptor)
            child = spawn(argv, env=ENVIRONMENT, fds={0: stdin, 1: stdout, 2: stdout})
            os.write(feed, _ECHO)
        with readable(echo) as ready:
            await ready.wait()
        said = os.read(echo, _MOST)
        if said != _ECHO:
            raise InternalError(f"cannot make a user namespace: {said.decode(errors='replace').strip()}")
        yield child.pid
