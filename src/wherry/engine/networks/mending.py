"""What others took away under us: bridges, their addresses and ports, and rules of the firewall."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wherry.engine.networks.catalog import Catalog
from wherry.engine.networks.firewall import Firewall
from wherry.engine.networks.leases import Leases
from wherry.engine.networks.making import Making
from wherry.engine.ports import Clock, Networking
from wherry.errors import WherryError
from wherry.plan.networks import endpoints

_log = logging.getLogger(__name__)

_PAUSE = 1.0  # seconds, should another program take away again and again what is made


class Mending:
    """Makes them anew: soon after they went, and before a container that starts needs them."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        leases: Leases,
        networking: Networking,
        making: Making,
        firewall: Firewall,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._leases = leases
        self._networking = networking
        self._making = making
        self._firewall = firewall
        self._clock = clock
        self._working = asyncio.Lock()
        self._coming_and_going = 0  # containers that hold this off
        self._still = asyncio.Event()
        self._still.set()
        self._broken = False  # what is known to be missing, and could not be made
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to mend what is taken away from now on."""
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def close(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait((self._keeper,))

    async def mend(self) -> None:
        """Make what is missing, if something was taken away."""
        if self._networking.disturbed() or self._broken:
            await self._mend()

    @asynccontextmanager
    async def held_off(self) -> AsyncIterator[None]:
        """While the block runs nothing is mended: what is published then would be missing in rules that were written
        before and come after, and what is withdrawn would be in them."""
        async with self._working:
            self._coming_and_going += 1
            self._still.clear()
        try:
            yield
        finally:
            self._coming_and_going -= 1
            if not self._coming_and_going:
                self._still.set()

    async def attach_loose(self) -> None:
        """Interfaces of containers that are in no bridge come into that where they belong."""
        for host_interface, bridge in self._loose():
            await self._networking.attach(host_interface, bridge)

    async def _keep(self) -> None:
        while True:
            await self._networking.disturbance()
            try:
                await self._mend()
            except (WherryError, OSError):
                _log.exception("the next container that starts tries again")
            await self._clock.sleep(_PAUSE)

    async def _mend(self) -> None:
        async with self._making.paused(), self._working:
            await self._still.wait()
            if not self._networking.lacks(self._making.bridge_plans()) and not self._loose():
                return
            _log.warning("bridges or firewall rules are gone, and made anew")
            self._broken = True
            await self._firewall.apply(endpoints.published(self._leases.all()))
            await self._making.make_bridges()
            await self.attach_loose()
            self._broken = False

    def _loose(self) -> tuple[tuple[str, str], ...]:
        """Interfaces that are in no bridge, and the bridges where they belong."""
        present = self._networking.interfaces()
        return tuple(
            (end.host_interface, self._catalog.find(end.network_id).bridge)
            for end in self._leases.all()
            if present.get(end.host_interface, "there") == ""
        )
