"""ContainerFiles: what the fake and the folder ``containers`` promise."""

from pathlib import Path

import pytest

from tests.fakes.store import FakeContainerFiles
from wherry.engine.ports import ContainerFiles
from wherry.errors import InvalidArgument
from wherry.store.files import ContainerFiles as StoredContainerFiles
from wherry.threads import Threads


@pytest.fixture(params=["fake", "real"])
def files(request: pytest.FixtureRequest, tmp_path: Path, threads: Threads) -> ContainerFiles:
    return FakeContainerFiles() if request.param == "fake" else StoredContainerFiles(tmp_path, threads)


async def test_files_written_are_read(files: ContainerFiles) -> None:
    await files.write("c1", {"hostname": "c1\n", "hosts": "127.0.0.1 localhost\n"})
    await files.write("c1", {"hosts": "::1\n"})
    await files.write("c2", {"hostname": "ü\n"})

    assert await files.read("c1", "hostname") == "c1\n"
    assert await files.read("c1", "hosts") == "::1\n"
    assert await files.read("c2", "hostname") == "ü\n"
    assert files.ids() == ("c1", "c2")


async def test_a_file_that_is_not_there_is_empty(files: ContainerFiles) -> None:
    assert await files.read("c1", "hosts") == ""


async def test_a_container_without_files_has_a_folder(files: ContainerFiles) -> None:
    await files.write("c1", {})
    assert files.ids() == ("c1",)


def test_the_log_is_in_the_folder(files: ContainerFiles) -> None:
    assert files.folder("c1").name == "c1"
    assert files.log("c1") == files.folder("c1") / "c1.log"


async def test_removed_files_are_gone_and_removing_them_again_no_error(files: ContainerFiles) -> None:
    await files.write("c1", {"hostname": "c1\n"})

    await files.remove("c1")
    await files.remove("c1")

    assert files.ids() == ()
    assert await files.read("c1", "hostname") == ""


def test_an_id_that_leads_elsewhere_is_refused(files: ContainerFiles) -> None:
    with pytest.raises(InvalidArgument):
        files.folder("../x")
    with pytest.raises(InvalidArgument):
        files.log("")
