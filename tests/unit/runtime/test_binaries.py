"""Which runtimes there are."""

import os
from pathlib import Path

import pytest

from wherry.errors import NotSupported
from wherry.runtime.binaries import discover


def program(folder: Path, says: str) -> Path:
    """One that tells this version."""
    path = folder / "some-runtime"
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("says", "reads"), [("runc version 9.9", False), ("Another Runtime version 9.9", None)])
async def test_a_runtime_may_be_named_as_it_is_found_in_path_and_is_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, reads: bool | None
) -> None:
    program(tmp_path, says)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    binaries = await discover({"other": "some-runtime"}, "other")
    found = binaries.get("")
    binaries.close()

    assert (found.info.path, found.info.version) == ("some-runtime", "9.9")
    assert os.path.isabs(found.command)
    assert found.reads is reads


async def test_a_runtime_that_is_not_there_is_told_by_its_path(tmp_path: Path) -> None:
    there = str(program(tmp_path, "runc version 9.9"))
    binaries = await discover({"there": there, "vm": "/nowhere/vm"})
    try:
        with pytest.raises(NotSupported, match="/nowhere/vm: no such file or directory"):
            binaries.get("vm")
    finally:
        binaries.close()
