from collections.abc import Iterator

import pytest

from wherry.threads import Threads


@pytest.fixture
def threads() -> Iterator[Threads]:
    pool = Threads(2, "test")
    yield pool
    pool.shutdown()
