"""Which runtimes there are."""

import os
from pathlib import Path

import pytest

from wherry.runtime.binaries import discover


@pytest.mark.parametrize(("says", "reads"), [("runc version 9.9", False), ("Another Runtime version 9.9", None)])
async def test_a_runtime_may_be_named_as_it_is_found_in_path_and_is_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, reads: bool | None
) -> None:
    program = tmp_path / "some-runtime"
    program.write_text(f"#!/bin/sh\necho {says}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    binaries = await discover({"other": "some-runtime"}, "other")
    found = binaries.get("")
    binaries.close()

    assert (found.info.path, found.info.version) == ("some-runtime", "9.9")
    assert os.path.isabs(found.command)
    assert found.reads is reads
