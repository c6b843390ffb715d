"""What a container holds on the host while it runs, and how it is let go."""

import asyncio
from collections.abc import Awaitable

from wherry.engine.containers.rootfs import Roots
from wherry.engine.ports import Runtime
from wherry.engine.sandboxes import Sandboxes
from wherry.model.container import Container


class Teardown:
    """Lets go of processes, network and root mount: each part idempotent, all tried, failures told together."""

    def __init__(self, *, runtime: Runtime, sandboxes: Sandboxes, roots: Roots) -> None:
        self._runtime = runtime
        self._sandboxes = sandboxes
        self._roots = roots

    async def release(self, container: Container) -> None:
        """Processes and network: what others may be waiting to get."""
        await _all(self._runtime.delete(container.id, container.runtime), self._sandboxes.close(container))

    async def unmount(self, container: Container) -> None:
        """The root file system. May wait for the disk: nobody who wants an exit code should wait for it too."""
        await self._roots.unmount(container)

    async def everything(self, container: Container) -> None:
        """Whatever is left of it on the host. What still runs is killed first: it may use the rest."""
        await self.release(container)
        await self.unmount(container)


async def _all(*steps: Awaitable[None]) -> None:
    results = await asyncio.gather(*steps, return_exceptions=True)
    failures = [result for result in results if isinstance(result, Exception)]
    if failures:
        raise failures[0] if len(failures) == 1 else ExceptionGroup("tear-down failed", failures)
