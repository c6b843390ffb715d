"""A daemon that dies in the middle of a build: nothing of it is left, and whole steps count."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = pytest.mark.root


@pytest.fixture
def cli(clean: Engine) -> Cli:
    return Cli(clean, "docker")


@contextmanager
def begun(cli: Cli, context: Path, dockerfile: str, until: str) -> Iterator[None]:
    """For the block a build goes on that has said ``until``; with the block it is over, one way or the other."""
    (context / "Dockerfile").write_text(dockerfile)
    with cli.beside("build", "-t", "app", context) as building:
        assert building.stdout is not None
        said = []
        for line in building.stdout:
            said.append(line)
            if line.startswith(until):
                break
        else:
            raise AssertionError(f"the build ended without {until!r}: {''.join(said)}")
        yield
        building.communicate(timeout=60)


def trees(engine: Engine) -> int:
    return len([path for path in (engine.data_root / "overlay2").iterdir() if not path.name.startswith(".")])


@pytest.mark.parametrize("mount", ["", "--mount=type=cache,target=/c", "--mount=target=/in"])
def test_killed_in_a_command(cli: Cli, tmp_path: Path, mount: str) -> None:
    dockerfile = f"FROM busybox\nCOPY Dockerfile /x\nRUN {mount} echo going; sleep 1000\n"
    with begun(cli, tmp_path, dockerfile, until="going\n"):
        cli.engine.kill()
    cli.engine.start()

    assert cli.line("ps", "-aq") == ""
    assert cli.line("images", "-aq", "--filter", "since=busybox") == ""
    assert list((cli.engine.data_root / "builds").iterdir()) == []
    assert trees(cli.engine) == 2  # busybox, and what COPY made
    cli("builder", "prune", "-af")
    assert trees(cli.engine) == 1


def test_killed_at_every_moment(cli: Cli, tmp_path: Path) -> None:
    """However far a build came, the next daemon builds it to its end, and can forget it again."""
    for number in range(8):
        dockerfile = f"FROM busybox\nENV N={number}\n" + "".join(
            f"RUN echo {number}.{step} > /{step}\nCOPY Dockerfile /d{step}\n" for step in range(4)
        )
        with begun(cli, tmp_path, dockerfile, until=f"Step {number + 2}/"):
            cli.engine.kill()
        cli.engine.start()
        assert cli.line("ps", "-aq") == ""
        done = cli("build", "-t", "app", tmp_path)
        assert done.stdout.splitlines()[-1] == "Successfully tagged app:latest"
        assert cli.line("run", "--rm", "app", "cat", "/3") == f"{number}.3"
    cli("rmi", "-f", *cli.line("images", "-aq", "--filter", "since=busybox").split())
    cli("builder", "prune", "-af")
    assert trees(cli.engine) == 1
