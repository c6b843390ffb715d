"""What a client of a build offers while the build is under way, so that not everything has to be sent before it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from wherry.engine.ports import StackFiles, Wire
from wherry.model.mirror import Told
from wherry.model.registry import Credentials

DOCKERFILE, CONTEXT = "dockerfile", "context"
"""Names of the directories that clients offer: the one with the Dockerfile, and that of the build."""
IGNORE_FILE = ".dockerignore"
"""Says what of its directory is left out."""


class Offer(Protocol):
    """Files of one of a client's directories."""

    @property
    def told(self) -> Told:
        """Those that there are."""
        ...

    def contents(self, wanted: Sequence[int]) -> AsyncGenerator[tuple[int, bytes], None]:
        """Pieces of files by their numbers, of several at a time, and an empty one at the end of each. To be called
        once, or `packets`."""
        ...

    def packets(self, wanted: Sequence[int]) -> AsyncGenerator[bytes, None]:
        """The same for `Mirrors`, as it comes: to be closed when all is there."""
        ...


class Client(Protocol):
    """One that is there until the build ends. All calls raise when it has left."""

    def key(self, name: str) -> str:
        """The same for the same directory in another build."""
        ...

    def files(
        self, name: str, *, follow: tuple[str, ...] = (), exclude: tuple[str, ...] = ()
    ) -> AbstractAsyncContextManager[Offer]:
        """What a directory of this name holds: ``follow`` alone and where links of that lead, if anything is named,
        without what the patterns of .dockerignore ``exclude``. NotFound for a name that is not offered."""
        ...

    async def credentials(self, registry: str) -> Credentials | None:
        """What it shows to a registry (``docker.io``, ``host:port``); None for nothing."""
        ...

    async def secret(self, secret_id: str) -> bytes:
        """A secret's content. NotFound."""
        ...

    async def check_agent(self, agent_id: str) -> None:
        """NotFound if there is no such SSH agent."""
        ...

    def agent(self, agent_id: str) -> AbstractAsyncContextManager[Wire]:
        """A connection to an SSH agent."""
        ...


class Output(Protocol):
    """Where the files of a build's result go, if it is to be no image."""

    async def take(self, result: StackFiles) -> None: ...
