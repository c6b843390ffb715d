"""Fixtures of the command line's tests."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CommandLine
from fake_engine import FakeEngine


@pytest.fixture
def wherry(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    """The command line in UTC, with an empty configuration, against an engine of its own."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    engine = FakeEngine(tmp_path / "socket")
    yield CommandLine(engine, capfd)
    engine.close()
