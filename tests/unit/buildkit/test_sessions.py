"""Sessions: who is asked for what a client has."""

import asyncio
import socket

import pytest

from wherry.buildkit.sessions import ClientSession, Sessions
from wherry.errors import InvalidArgument


async def test_nobody_takes_the_place_of_a_session_while_it_lasts() -> None:
    sessions, (ours, theirs) = Sessions(), socket.socketpair()
    who = {"x-docker-expose-session-uuid": "one"}
    first = sessions.connect(who, ())
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: first, theirs)
    with ours:
        with pytest.raises(InvalidArgument, match="session one already exists"):
            sessions.connect(who, ())
        found = await sessions.find("one")
        assert isinstance(found, ClientSession)
        assert found.connection is first
        transport.close()
        await asyncio.sleep(0)
        sessions.require_new(who)
