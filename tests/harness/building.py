"""Building, typed with a client."""

import re
from pathlib import Path

from tests.harness.cli import Cli, Done

ID = re.compile(r"Successfully built ([0-9a-f]{12})")


def failure(said: str) -> str:
    """What a client says of a build that fails; plugins later than Debian 13's put words of their own in front."""
    return said.replace("ERROR: failed to build: ", "ERROR: ")


class Builder:
    """Builds what ``context`` holds, typed with a client: ``words`` are the command."""

    def __init__(self, cli: Cli, context: Path, words: tuple[str, ...] = ("build",)) -> None:
        self.cli = cli
        self.context = context
        self.words = words

    def write(self, name: str, content: str, mode: int = 0o644) -> None:
        path = self.context / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(mode)

    def __call__(self, dockerfile: str, *flags: str, check: bool = True) -> Done:
        self.write("Dockerfile", dockerfile)
        return self.cli(*self.words, *flags, self.context, check=check)

    def fails(self, dockerfile: str, *flags: str, status: int = 1) -> str:
        """What a build that fails says at last."""
        done = self(dockerfile, *flags, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return failure(done.stderr).strip().splitlines()[-1]

    def image(self, dockerfile: str, *flags: str) -> str:
        """The short ID of what was built."""
        match = ID.search(self(dockerfile, *flags).stdout)
        assert match
        return match[1]

    def output(self, image: str, *command: str) -> str:
        return self.cli.line("run", "--rm", image, *command)


def cached_steps(done: Done) -> int:
    return done.stdout.count(" ---> Using cache")
