"""Name servers in memory: what is served where, and other servers that answer as told."""

from collections.abc import Awaitable, Callable

from wherry.engine.ports import Respond
from wherry.model.network import NameServer


class FakeNameServers:
    """``served`` tells of namespaces by path. ``answers`` are for tests to set: what a server says to a message, by its
    address; ``asked`` tells who was asked from where."""

    def __init__(self) -> None:
        self.served: dict[str, Respond] = {}
        self.answers: dict[str, Callable[[bytes], bytes]] = {}
        self.asked: list[tuple[str, NameServer]] = []

    async def serve(self, path: str, respond: Respond) -> None:
        self.served[path] = respond

    async def stop(self, path: str) -> None:
        self.served.pop(path, None)

    async def exchange(
        self,
        path: str,
        server: NameServer,
        message: bytes,
        *,
        streamed: bool,
        accepts: Callable[[bytes], bool],
        seconds: float,
    ) -> bytes | None:
        self.asked.append((path, server))
        if server.address not in self.answers:
            return None
        answer = self.answers[server.address](message)
        return answer if accepts(answer) else None

    async def ask(self, path: str, message: bytes, *, streamed: bool = False) -> bytes | None:
        """What a process in a namespace is answered."""
        answer = self.served[path](message, streamed)
        return await answer if isinstance(answer, Awaitable) else answer
