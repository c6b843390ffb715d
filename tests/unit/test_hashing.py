"""Digests that a thread makes."""

import hashlib
import random
import threading
from collections.abc import Callable

import pytest

from wherry.hashing import SMALL, Hasher

DATA = random.Random(1).randbytes(3 * SMALL + 17)


def fed(hasher: Hasher, data: bytes, size: int) -> Hasher:
    for at in range(0, len(data), size):
        hasher.update(memoryview(data)[at : at + size])
    return hasher


def hash_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "hash"]


@pytest.mark.parametrize("length", [0, 1, SMALL, SMALL + 1, len(DATA)])
@pytest.mark.parametrize("size", [100_000, SMALL, len(DATA)])
def test_the_digest_is_that_of_all_pieces(length: int, size: int) -> None:
    data = DATA[:length]
    assert fed(Hasher(), data, size).hexdigest() == hashlib.sha256(data).hexdigest()
    assert not hash_threads()


def test_without_a_thread_to_be_had_it_is_the_same(no_more_threads: Callable[[], None]) -> None:
    no_more_threads()
    assert fed(Hasher(), DATA, 100_000).hexdigest() == hashlib.sha256(DATA).hexdigest()


def test_one_that_is_given_up_leaves_no_thread() -> None:
    hasher = fed(Hasher(), DATA, 100_000)
    assert len(hash_threads()) == 1
    hasher.end()
    hasher.end()
    assert not hash_threads()
