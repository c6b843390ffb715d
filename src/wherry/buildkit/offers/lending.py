"""Secrets and SSH agents of a session's client (``moby.buildkit.secrets.v1`` and ``moby.sshforward.v1``)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from msgspec import Struct

from wherry.buildkit.messages.common import Bytes
from wherry.buildkit.protobuf import decode, encode
from wherry.buildkit.session import Session, Stream
from wherry.buildkit.status import CallFailed, Code
from wherry.errors import NotFound

GET_SECRET = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
CHECK_AGENT = "/moby.sshforward.v1.SSH/CheckAgent"
FORWARD_AGENT = "/moby.sshforward.v1.SSH/ForwardAgent"

_NOWHERE = (Code.NOT_FOUND, Code.UNIMPLEMENTED)


class Named(Struct, frozen=True):
    """``GetSecretRequest`` and ``CheckAgentRequest``."""

    id: Annotated[str, 1] = ""


class AgentWire:
    """Bytes to and from an agent."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def send(self, data: bytes) -> None:
        await self._stream.send(encode(Bytes(data)))

    async def receive(self) -> bytes | None:
        message = await self._stream.receive()
        return None if message is None else decode(Bytes, message).data

    async def end(self) -> None:
        await self._stream.end()


async def secret(session: Session, secret_id: str) -> bytes:
    """A secret's content. NotFound; CallFailed where the client fails."""
    try:
        return decode(Bytes, await session.call(GET_SECRET, encode(Named(secret_id)))).data
    except CallFailed as error:
        if error.code in _NOWHERE:
            raise NotFound(f"secret {secret_id}: not found") from error
        raise


async def check_agent(session: Session, agent_id: str) -> None:
    """NotFound if the client forwards no such agent."""
    try:
        await session.call(CHECK_AGENT, encode(Named(agent_id)))
    except CallFailed as error:
        if error.code == Code.UNIMPLEMENTED:
            raise NotFound(f'no SSH key "{agent_id}" forwarded from the client') from error
        raise NotFound(str(error)) from error


@asynccontextmanager
async def agent(session: Session, agent_id: str) -> AsyncIterator[AgentWire]:
    """A connection to an agent. CallFailed."""
    async with session.stream(FORWARD_AGENT, {"buildkit.ssh.id": (agent_id,)}) as stream:
        yield AgentWire(stream)
