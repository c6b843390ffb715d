"""An engine that must have left nothing on its host when a test is over."""

from collections.abc import Iterator

import pytest

from tests.harness.engine import Engine
from tests.harness.leftovers import assert_nothing_left


@pytest.fixture
def clean(engine: Engine) -> Iterator[Engine]:
    """The engine, running and empty after the test, with nothing left on its host."""
    yield engine
    ids = engine.run("docker", "ps", "-aq").stdout.split()
    if ids:
        engine.run("docker", "rm", "-fv", *ids)
    assert_nothing_left(engine)
