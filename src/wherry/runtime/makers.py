"""Who makes a container: its monitor and runtime, until the process is noted that they made.

They may have outlived the engine that wanted it. A runtime that has read its bundle goes on when that is gone, and what
it made then would be nobody's.
"""

import asyncio
import signal

from wherry.errors import RuntimeFailure
from wherry.kernel import identity
from wherry.runtime.monitor import Seat

_PATIENCE = 10.0  # seconds; one that the kernel holds up, at a dead share for one, does not end at all


async def end(seat: Seat, container_id: str) -> None:
    """Kill those of a container whose process has not been noted, and wait until they are gone. RuntimeFailure.

    They are told by their command lines, which are those of their forks as well: all that a runtime makes, up to the
    container's first process, which waits to be let go.
    """
    if seat.begun() or not seat.bundle.exists():
        return
    try:
        async with asyncio.timeout(_PATIENCE):
            while makers := identity.with_arguments(f"--root={seat.state_root}", container_id):
                for process in makers:
                    identity.send_signal(process, signal.SIGKILL)
                await asyncio.gather(*map(identity.exited, makers))
    except TimeoutError as error:
        raise RuntimeFailure(f"what made container {container_id} cannot be ended") from error
