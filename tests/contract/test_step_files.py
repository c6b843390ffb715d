"""StepFiles: what the fake and those in memory promise."""

from pathlib import Path

import pytest

from tests.fakes.building import FakeStepFiles
from wherry.engine.ports import StepFiles
from wherry.kernel.step_files import StepFiles as FilesInMemory


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.root)])
def step_files(request: pytest.FixtureRequest, tmp_path: Path) -> StepFiles:
    return FakeStepFiles() if request.param == "fake" else FilesInMemory(tmp_path / "lent", None)


async def test_each_secret_is_a_file_of_its_own(step_files: StepFiles) -> None:
    async with step_files.lent() as folder:
        one, two = (folder.secret(content, 0o400, (0, 0)) for content in (b"one", b"two"))
        assert one != two
        assert one.is_absolute()
