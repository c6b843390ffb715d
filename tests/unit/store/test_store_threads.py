"""Work in threads: nothing of it goes on behind a cancelled caller's back."""

import asyncio
import threading
from pathlib import Path

import pytest
from tests.contract.samples import VOLUME

from wherry.store.records import Records
from wherry.store.records.database import Database
from wherry.threads import Threads


async def test_a_result_and_an_error_come_back(threads: Threads) -> None:
    assert await threads.run(divmod, 7, 3) == (2, 1)
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 7, 0)


async def test_a_cancelled_caller_leaves_when_the_work_is_done(threads: Threads) -> None:
    begun, may_end = threading.Event(), threading.Event()
    done = False

    def work() -> None:
        nonlocal done
        begun.set()
        may_end.wait(5)
        done = True

    caller = asyncio.create_task(threads.run(work))
    await asyncio.to_thread(begun.wait, 5)
    for _ in range(3):
        caller.cancel()
        await asyncio.sleep(0)
    assert not caller.done()

    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done


async def test_an_error_that_a_cancelled_caller_did_not_see_is_not_reported(threads: Threads) -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    caller = asyncio.create_task(threads.run(divmod, 1, 0))
    await asyncio.sleep(0)

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    del caller

    assert reported == []


async def test_a_cancelled_put_is_seen_if_it_was_written(tmp_path: Path) -> None:
    database = Database(tmp_path / "wherry.db")
    records = Records(database)
    writing = asyncio.create_task(records.volumes.put(VOLUME))
    await asyncio.sleep(0)

    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing

    assert records.volumes.all() == (VOLUME,)
    assert len(database.rows("volumes")) == 1
    database.close()
