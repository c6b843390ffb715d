"""What a client lends to one command: secrets, SSH agents. What it does not have is left out, unless it is required."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from wherry.build.client import Client
from wherry.build.plan.actions import LentMount, RunMount, SecretMount
from wherry.engine.ports import StepFiles, StepFolder
from wherry.errors import NotFound

Lent = tuple[tuple[LentMount, Path], ...]


class Lending:
    def __init__(self, files: StepFiles) -> None:
        self._files = files

    @asynccontextmanager
    async def lent(self, mounts: Iterable[RunMount], client: Client | None) -> AsyncIterator[Lent]:
        """Where on the host that is which is to be mounted, while the block runs. NotFound for what is required and not
        there."""
        wanted = [mount for mount in mounts if isinstance(mount, LentMount)]
        if not wanted:
            yield ()
            return
        async with self._files.lent() as folder:
            found = [(mount, await _path(mount, client, folder)) for mount in wanted]
            yield tuple((mount, path) for mount, path in found if path is not None)


async def _path(mount: LentMount, client: Client | None, folder: StepFolder) -> Path | None:
    try:
        if client is None:
            raise NotFound(f"{_called(mount)}: not found: only clients that build with BuildKit have any")
        return await _lend(mount, client, folder)
    except NotFound:
        if mount.required:
            raise
        return None


async def _lend(mount: LentMount, client: Client, folder: StepFolder) -> Path:
    owner = mount.uid, mount.gid
    if isinstance(mount, SecretMount):
        return folder.secret(await client.secret(mount.id), mount.mode, owner)
    await client.check_agent(mount.id)
    return await folder.agent(partial(client.agent, mount.id), mount.mode, owner)


def _called(mount: LentMount) -> str:
    return f"secret {mount.id}" if isinstance(mount, SecretMount) else f"SSH key {mount.id!r}"
