"""What a client lends to a command: found, left out, or missing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.fakes.building import FakeStepFiles

from wherry.build.client import Client
from wherry.build.plan.actions import AgentMount, RunMount, SecretMount
from wherry.build.solver.lending import Lending
from wherry.buildkit.offers.offering import SessionClient
from wherry.buildkit.session import Metadata, Stream
from wherry.buildkit.status import CallFailed, Code
from wherry.errors import NotFound


class Session:
    """Has the secret ``token`` and the agent ``work``."""

    id = name = shared_key = "1"
    methods: frozenset[str] = frozenset()

    async def call(self, path: str, request: bytes) -> bytes:
        match path.rpartition("/")[2], request:
            case "GetSecret", b"\x0a\x05token":
                return b"\x0a\x07hunter2"
            case "GetSecret", _:
                raise CallFailed(Code.NOT_FOUND, "no such file")
            case "CheckAgent", b"\x0a\x04work":
                return b""
        raise CallFailed(Code.UNKNOWN, "unset ssh forward key play")

    @asynccontextmanager
    async def stream(self, path: str, metadata: Metadata) -> AsyncIterator[Stream]:
        assert metadata == {"buildkit.ssh.id": ("work",)}
        yield  # type: ignore[misc]


CLIENT = SessionClient(Session())
TOKEN = SecretMount(target="/run/secrets/token", id="token", uid=5)
WORK = AgentMount(target="/agent", id="work")


async def lent(mounts: list[RunMount], client: Client | None) -> list[str]:
    files = FakeStepFiles()
    async with Lending(files).lent(mounts, client) as found:
        targets = [mount.target for mount, _ in found]
        assert all(path in files.secrets for mount, path in found if isinstance(mount, SecretMount))
    assert files.open == 0
    return targets


async def test_what_is_there_is_lent_and_what_is_not_is_left_out() -> None:
    absent = (SecretMount(target="/x", id="x"), AgentMount(target="/y", id="play"))
    assert await lent([TOKEN, *absent, WORK], CLIENT) == ["/run/secrets/token", "/agent"]
    assert await lent([TOKEN, WORK], None) == []


@pytest.mark.parametrize(
    ("mount", "client", "text"),
    [
        (SecretMount(target="/x", id="x", required=True), CLIENT, "secret x: not found"),
        (AgentMount(target="/y", id="play", required=True), CLIENT, "unset ssh forward key play"),
        (
            SecretMount(target="/x", id="x", required=True),
            None,
            "secret x: not found: only clients that build with BuildKit have any",
        ),
    ],
)
async def test_what_is_required_is_missed(mount: RunMount, client: Client | None, text: str) -> None:
    with pytest.raises(NotFound) as error:
        await lent([mount], client)
    assert str(error.value) == text
