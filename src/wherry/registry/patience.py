"""Trying again, with longer and longer pauses."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from wherry.registry.reasons import Unreachable, UploadLost

_FIRST_PAUSE = 0.5
_MAX_PAUSE = 10.0
_MAX_WISH = 60.0  # seconds for which a registry may wish to be left alone

Pausing = Callable[[float], None]


class Patience(Struct, frozen=True, kw_only=True):
    """``attempts`` is how often to try what brings no progress; ``sleep`` takes seconds."""

    attempts: int
    sleep: Callable[[float], Awaitable[None]]

    async def bear(self, error: Unreachable | UploadLost, failures: int, pausing: Pausing | None = None) -> None:
        """Pause after this many failures in a row, the last of which was ``error``; raises it if they are enough, or if
        the registry wishes for too long a pause. ``pausing`` is told for how long it is."""
        wish = error.pause if isinstance(error, Unreachable) else 0
        if failures >= self.attempts or wish > _MAX_WISH:
            raise error
        pause = max(wish, min(_FIRST_PAUSE * 2 ** (failures - 1), _MAX_PAUSE))
        if pausing is not None:
            pausing(pause)
        await self.sleep(pause)
