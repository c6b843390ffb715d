"""The start script works wherever the interpreter lies."""

import subprocess
import sys
from pathlib import Path

import pytest

from wherry.cli.launcher import write_script


@pytest.mark.parametrize("folder", ["plain", "a space", "it's", "long" * 50])
def test_the_script_starts_the_command_line(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    python = tmp_path / folder / "python"
    python.symlink_to(sys.executable)
    script = tmp_path / folder / "wherry"
    write_script(script, str(python))
    said = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("wherry version")
