"""Programs that have entered somebody else's root: its files are no modules of theirs, whatever goes wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.root

PRELUDE = """
import os, sys
sys.path += {path!r}
from wherry.tar.programs import cp
from wherry.tar.programs.process import confine, end_with
def work():
    {body}
end_with(work)
"""
TRAP = "open('/trap', 'w').close()\n"


def ended(body: str) -> subprocess.CompletedProcess[str]:
    """How a program that does this ends."""
    path = [each for each in sys.path if each]
    script = PRELUDE.format(path=path, body=body)
    command = [sys.executable, "-I", "-S", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def trapped(root: Path, *modules: str) -> None:
    """Has modules where the interpreter's own are outside."""
    for entry in filter(None, sys.path):
        folder = root / entry.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        for module in modules:
            (folder / f"{module}.py").write_text(TRAP)


@pytest.mark.parametrize(
    "fault",
    [
        "1 / 0",
        "import colorsys",
        "thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join(); 1 / 0",
    ],
)
def test_no_module_comes_from_a_root_that_was_entered(tmp_path: Path, fault: str) -> None:
    trapped(tmp_path, "traceback", "linecache", "colorsys", "textwrap", "contextlib")
    process = ended(f"import threading; confine({str(tmp_path)!r}); {fault}")
    assert process.returncode == 1
    assert "Error: " in process.stderr
    assert not (tmp_path / "trap").exists()


def test_no_module_comes_from_a_mount_namespace_that_was_entered() -> None:
    process = ended("cp._enter('/proc/self/ns/mnt'); import colorsys")
    assert process.returncode == 1
    assert "No module named 'colorsys'" in process.stderr


def test_where_a_fault_came_from_is_told() -> None:
    process = ended("1 / 0")
    assert "in work\n" in process.stderr
    assert process.stderr.endswith("ZeroDivisionError: division by zero\n")
