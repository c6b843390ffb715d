"""What a container holds on the host while it runs, and how it is let go."""

import asyncio
from collections.abc import Awaitable, Sequence

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

    async def finish(self, container: Container) -> None:
        """The rest, once the exit is in the row: the monitor's record of it, and the root file system. May wait for the
        disk: nobody who wants an exit code should wait for that too."""
        await _all(self._runtime.forget(container.id), self._roots.unmount(container))

    async def everything(self, container: Container) -> None:
        """Whatever is left of it on the host. What still runs is killed first: it may use the rest."""
        _raise([await _outcome(step(container)) for step in (self.release, self.finish)])


async def _all(*steps: Awaitable[None]) -> None:
    _raise(await asyncio.gather(*steps, return_exceptions=True))


async def _outcome(step: Awaitable[None]) -> BaseException | None:
    return (await asyncio.gather(step, return_exceptions=True))[0]


def _raise(results: Sequence[BaseException | None]) -> None:
    failures = [result for result in results if isinstance(result, Exception)]
    if failures:
        raise failures[0] if len(failures) == 1 else ExceptionGroup("tear-down failed", failures)
