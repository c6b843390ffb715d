"""Work that may wait for ever, in threads of its own."""

import asyncio
import gc
import threading
import weakref

import pytest

from wherry.threads import LoneThread, alone


async def test_a_result_and_an_error_come_back() -> None:
    assert await alone(divmod, 7, 3) == (2, 1)
    with pytest.raises(ZeroDivisionError):
        await alone(divmod, 7, 0)


async def test_any_number_may_wait_at_once() -> None:
    everybody = threading.Barrier(100, timeout=20)
    await asyncio.gather(*(alone(everybody.wait) for _ in range(100)))


async def test_work_of_one_thread_is_done_in_order() -> None:
    done: list[int] = []
    thread = LoneThread()
    last = [thread.begin(done.append, number) for number in range(100)][-1]
    thread.end()
    await last
    assert done == list(range(100))


def test_a_loop_ends_with_work_that_does_not() -> None:
    for_ever = threading.Event()

    async def leave() -> None:
        LoneThread().begin(for_ever.wait)

    asyncio.run(leave())
    for_ever.set()


async def test_a_cancelled_caller_leaves_nothing_behind() -> None:
    class Held:
        """What a caller has in its hands while it waits."""

    may_end = threading.Event()
    marks: list[weakref.ref[Held]] = []

    async def call() -> None:
        held = Held()
        marks.append(weakref.ref(held))
        await alone(may_end.wait, 20)

    gc.disable()
    try:
        caller = asyncio.create_task(call())
        await asyncio.sleep(0)
        caller.cancel()
        may_end.set()
        await asyncio.wait([caller])
        del caller
        await asyncio.sleep(0)
        assert marks[0]() is None
    finally:
        gc.enable()
