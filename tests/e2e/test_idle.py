"""A daemon at rest is small: it has not loaded what it does not use."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.engine import Host
from wherry.wiring import EngineConfig, exec_root_of

AT_REST = """
import sys
from types import ModuleType

from wherry.daemon.main import POSTPONED
from wherry.postponing import postpone

postpone(POSTPONED)

import asyncio
from pathlib import Path

from wherry.daemon.process import BuildKitProtocol, build_router, open_engine
from wherry.wiring import EngineConfig

def loaded():
    return sorted(name for name in POSTPONED if type(sys.modules.get(name)) is ModuleType)

async def main():
    async with open_engine(EngineConfig(data_root=Path(sys.argv[1]))) as engine:
        build_router(engine, BuildKitProtocol(engine))
        print(loaded())
        await engine.builds.usage()
        print(loaded())

asyncio.run(main())
"""


@pytest.fixture
def root(disk: Path, tmp_path: Path) -> Iterator[Path]:
    root = disk / f"idle-{tmp_path.name}"
    yield root
    shutil.rmtree(exec_root_of(EngineConfig(data_root=root)))


@pytest.mark.root
def test_what_builds_and_moves_images_is_loaded_when_somebody_asks_for_it(host: Host, root: Path) -> None:
    at_rest, after_a_question = host.run([sys.executable, "-c", AT_REST, root]).stdout.splitlines()
    # In Python before 3.13 ``inspect``, which dataclasses need, makes a class of one of ast's.
    assert at_rest == ("[]" if sys.version_info >= (3, 13) else "['ast']")
    assert "wherry.wiring.builds" in after_a_question
