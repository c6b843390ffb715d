"""BuildKit's protocol, which a daemon loads when the first client speaks it."""

import asyncio
from collections.abc import Mapping

from wherry.build.engine import BuildingEngine
from wherry.buildkit import face


class BuildKitProtocol:
    """Makes the protocols that take connections over."""

    def __init__(self, engine: BuildingEngine) -> None:
        self._engine = engine
        self._face: face.BuildKit | None = None

    def control(self) -> asyncio.Protocol:
        """For a client that calls us, by HTTP/2 from its first byte on."""
        return self._loaded().control()

    def session(self, headers: Mapping[str, str]) -> asyncio.Protocol:
        """For a client that is called by us, and says in ``headers`` who it is."""
        return self._loaded().session(headers)

    def require_new_session(self, headers: Mapping[str, str]) -> None:
        """InvalidArgument if another client that is called by us says of itself the same."""
        self._loaded().require_new_session(headers)

    async def close(self) -> None:
        """End what goes on."""
        if self._face is not None:
            await self._face.close()

    def _loaded(self) -> "face.BuildKit":
        if self._face is None:
            self._face = face.BuildKit(self._engine)
        return self._face
