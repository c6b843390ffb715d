"""What a container holds on the host while it runs, and how it is let go."""

import asyncio
from collections.abc import Awaitable, Sequence

from wherry.engine.containers.launch.rootfs import Roots
from wherry.engine.containers.launch.sandboxes import Sandboxes
from wherry.engine.ports import Runtime
from wherry.engine.volumes.use import VolumeUse
from wherry.model.container import Container


class Teardown:
    """Lets go of processes, network and root mount: each part idempotent, all tried, failures told together."""

    def __init__(self, *, runtime: Runtime, sandboxes: Sandboxes, roots: Roots, volumes: VolumeUse) -> None:
        self._runtime = runtime
        self._sandboxes = sandboxes
        self._roots = roots
        self._volumes = volumes

    async def release(self, container: Container) -> None:
        """Processes and network: what others may be waiting to get."""
        await _all(self._runtime.delete(container.id, container.runtime), self._sandboxes.close(container))

    async def finish(self, container: Container, *, at_once: bool = False) -> None:
        """The rest, once the exit is in the row: the monitor's record of it, root file system and volumes. ``at_once``:
        even if somebody copies files of it. May wait for the disk: nobody who wants an exit code should wait for that
        too."""
        await _all(
            self._runtime.forget(container.id),
            self._roots.unmount(container, at_once=at_once),
            self._volumes.release(container),
        )

    async def everything(self, container: Container) -> None:
        """Whatever is left of it on the host. What still runs is killed first: it may use the rest."""
        released = await _outcome(self.release(container))
        _raise([released, await _outcome(self.finish(container, at_once=True))])


async def _all(*steps: Awaitable[None]) -> None:
    _raise(await asyncio.gather(*steps, return_exceptions=True))


async def _outcome(step: Awaitable[None]) -> BaseException | None:
    return (await asyncio.gather(step, return_exceptions=True))[0]


def _raise(results: Sequence[BaseException | None]) -> None:
    failures = [result for result in results if isinstance(result, Exception)]
    if failures:
        raise failures[0] if len(failures) == 1 else ExceptionGroup("tear-down failed", failures)
