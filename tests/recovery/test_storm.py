"""The daemon is killed at random moments under many clients; ``./dev soak`` does it longer."""

from pathlib import Path

import pytest
from soak.materials import prepare
from soak.storm import Storm

from tests.harness.engine import Engine
from tests.harness.registry import Registry

pytestmark = pytest.mark.root

KILLS = 8
SEED = 20261


def test_a_storm_of_kills_leaves_only_what_works_and_can_be_removed(
    engine: Engine, busybox: Path, tmp_path: Path
) -> None:
    with Registry(engine.host, tmp_path) as registry:
        Storm(engine, prepare(engine, tmp_path, busybox, registry), SEED).rage(KILLS)
