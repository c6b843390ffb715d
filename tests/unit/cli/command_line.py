"""The command line in this process, against a fake engine."""

import pytest
from fake_engine import FakeEngine

from wherry.cli.main import execute


class CommandLine:
    """``run`` gives exit status, stdout and stderr of one command line."""

    def __init__(self, engine: FakeEngine, capture: pytest.CaptureFixture[str]) -> None:
        self.engine = engine
        self.capture = capture

    def run(self, *argv: str) -> tuple[int, str, str]:
        status = execute(["-H", self.engine.host, *argv])
        return status, *self.capture.readouterr()

    def output(self, *argv: str) -> str:
        """stdout of a command that succeeds and says nothing on stderr."""
        status, out, err = self.run(*argv)
        assert (status, err) == (0, "")
        return out
