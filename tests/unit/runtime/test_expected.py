"""Runtimes that wait for sessions: which one a session gets, and which are given up."""

import asyncio
import os
from typing import Any

import pytest
from msgspec.structs import replace
from tests.harness.waiting import eventually

from wherry.errors import Conflict
from wherry.kernel import identity
from wherry.model.launch import ExecLaunch
from wherry.model.process import ProcessId
from wherry.runtime import expected
from wherry.runtime.expected import Expected

OURSELVES = identity.identify(os.getpid())
GONE = ProcessId(pid=OURSELVES.pid, start_time=OURSELVES.start_time - 1, boot_id=OURSELVES.boot_id)


class Session:
    """One whose runtime ends when a test says so."""

    def __init__(self) -> None:
        self.closed = False
        self.end = asyncio.Event()

    def close(self) -> None:
        self.closed = True

    async def ended(self) -> None:
        await self.end.wait()

    async def given_up(self) -> None:
        await self.end.wait()


class Runtimes:
    """All that were loaded, and who they wait for."""

    def __init__(self) -> None:
        self.loaded: list[Session] = []
        self.refused = 0
        self.gone = False
        load: Any = self._load
        self.expected = Expected(load)

    def _load(self, launch: ExecLaunch) -> Session:
        if self.gone:
            self.refused += 1
            raise Conflict("not running")
        self.loaded.append(Session())
        return self.loaded[-1]

    def run(self, launch: ExecLaunch) -> Session:
        """A session of its whole life, in a row with others; the one it got."""
        self.expected.expect(launch)
        session: Any = self.expected.take(launch)
        self.expected.follow(launch, session)
        session.end.set()
        return session


def session_of(number: int, init: ProcessId = OURSELVES) -> ExecLaunch:
    return ExecLaunch(
        exec_id=f"{number:064}",
        container_id="b" * 64,
        runtime="",
        command=f"command {number}",
        tty=False,
        stdin=False,
        attached=True,
        init=init,
    )


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is given up because a test is slow."""
    monkeypatch.setattr(expected, "_NAMED", 1000)
    monkeypatch.setattr(expected, "_IN_A_ROW", 1000)


async def test_a_session_that_was_named_gets_its_own() -> None:
    runtimes = Runtimes()
    for number in (1, 2):
        runtimes.expected.expect(session_of(number))

    assert runtimes.expected.take(session_of(2)) is runtimes.loaded[1]
    assert runtimes.expected.take(session_of(2)) is None
    assert runtimes.expected.take(session_of(1)) is runtimes.loaded[0]
    assert runtimes.expected.take(session_of(3)) is None


async def test_none_is_loaded_after_a_session_that_is_alone() -> None:
    runtimes = Runtimes()

    runtimes.run(session_of(1))
    await asyncio.sleep(0.05)

    assert len(runtimes.loaded) == 1


async def test_in_a_row_one_is_loaded_when_the_last_has_ended_whatever_the_next_runs() -> None:
    runtimes = Runtimes()
    runtimes.run(session_of(1))
    runtimes.run(session_of(2))
    await asyncio.to_thread(eventually, lambda: len(runtimes.loaded) == 3)

    assert runtimes.run(session_of(3)) is runtimes.loaded[2]


async def test_a_session_of_another_kind_does_not_get_it() -> None:
    runtimes = Runtimes()
    runtimes.run(session_of(1))
    runtimes.run(session_of(2))
    await asyncio.to_thread(eventually, lambda: len(runtimes.loaded) == 3)

    runtimes.run(replace(session_of(3), stdin=True))

    assert runtimes.loaded[2].closed
    assert len(runtimes.loaded) == 4


async def test_what_waits_for_a_container_that_has_ended_is_given_up() -> None:
    runtimes = Runtimes()
    runtimes.expected.expect(session_of(1, init=GONE))

    assert runtimes.expected.take(session_of(1, init=GONE)) is None
    assert runtimes.loaded[0].closed


async def test_after_a_while_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected, "_NAMED", 0)
    runtimes = Runtimes()
    runtimes.expected.expect(session_of(1))

    await asyncio.to_thread(eventually, lambda: runtimes.loaded[0].closed)

    assert runtimes.expected.take(session_of(1)) is None


async def test_a_container_that_goes_waits_for_the_end_of_what_was_given_up() -> None:
    runtimes = Runtimes()
    runtimes.expected.expect(session_of(1))

    leaving = asyncio.create_task(runtimes.expected.leave(session_of(1).container_id))

    await asyncio.to_thread(eventually, lambda: runtimes.loaded[0].closed)
    assert not leaving.done()
    runtimes.loaded[0].end.set()
    await leaving
    assert runtimes.expected.take(session_of(1)) is None


async def test_there_are_not_more_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected, "_AT_MOST", 2)
    runtimes = Runtimes()

    for number in range(5):
        runtimes.expected.expect(session_of(number))

    assert len(runtimes.loaded) == 2


async def test_a_container_that_went_while_a_session_ended_hinders_nothing() -> None:
    runtimes = Runtimes()
    runtimes.run(session_of(1))
    runtimes.run(session_of(2))
    runtimes.gone = True

    await asyncio.to_thread(eventually, lambda: runtimes.refused)


async def test_the_end_of_the_engine_gives_all_up() -> None:
    runtimes = Runtimes()
    runtimes.run(session_of(1))
    runtimes.run(session_of(2))
    runtimes.expected.expect(session_of(3))

    runtimes.expected.close()
    await asyncio.sleep(0.05)

    assert [session.closed for session in runtimes.loaded] == [False, False, True]
