"""A client of the API that speaks JSON and knows no more than HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tests.unit.api.fakes import FakeEngine
from tests.unit.api.http_server.http_peer import Answer, Peer, Served, serving

from wherry.api.app import build_router
from wherry.api.buildkit import BuildKitProtocol

UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")


class Client:
    """One request after the other, a connection each.

    Attributes:
        version: of the API that it asks for.
    """

    def __init__(self, served: Served) -> None:
        self._served = served
        self.version = "1.45"

    async def send(
        self, method: str, path: str, body: object = None, *headers: str, **query: str | list[str] | dict[str, Any]
    ) -> Peer:
        """Send a request; ``body`` as JSON unless it is bytes, ``query`` encoded, dictionaries in it as JSON."""
        data, lines = b"", [*headers]
        if isinstance(body, bytes):
            data = body
        elif body is not None:
            data = json.dumps(body).encode()
            lines.append("Content-Type: application/json")
        if data:
            lines.append(f"Content-Length: {len(data)}")
        shown = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in query.items()}
        target = f"/v{self.version}{path}" + (f"?{urlencode(shown, doseq=True, quote_via=quote)}" if query else "")
        peer = await self._served.connect()
        peer.send("\r\n".join((f"{method} {target} HTTP/1.1", "Host: d", *lines)).encode() + b"\r\n\r\n" + data)
        return peer

    async def ask(self, method: str, path: str, body: object = None, *headers: str, **query: Any) -> Answer:
        peer = await self.send(method, path, body, *headers, **query)
        return await peer.answer(to_head=method == "HEAD")

    async def json(self, method: str, path: str, body: object = None, *, status: int = 200, **query: Any) -> Any:
        """The answer's JSON, which must have this status."""
        answer = await self.ask(method, path, body, **query)
        assert answer.status == status, answer.body
        assert answer.headers["content-type"] == "application/json"
        return json.loads(answer.body)

    async def message(self, status: int, method: str, path: str, body: object = None, **query: Any) -> str:
        """The text of an error, which must have this status."""
        text = (await self.json(method, path, body, status=status, **query))["message"]
        assert isinstance(text, str)
        return text


@asynccontextmanager
async def api(folder: Path) -> AsyncIterator[tuple[FakeEngine, Client]]:
    """A fresh engine in memory, and a client of its API."""
    engine = FakeEngine()
    async with serving(build_router(engine, BuildKitProtocol(engine)), folder / "d.sock") as served:
        yield engine, Client(served)


def lines_of(answer: Answer) -> list[Any]:
    return [json.loads(line) for line in answer.body.splitlines()]
