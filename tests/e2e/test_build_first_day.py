"""What the first Dockerfile of a tutorial has, built with both command lines."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli

pytestmark = pytest.mark.root

DOCKERFILE = r"""
# The first one
FROM busybox
ENV GREETING="hello from" \
    PLACE=a\ container \
    NOTHING=
RUN mkdir -p /srv && \
    echo "$GREETING $PLACE" > /srv/greeting && \
    echo there > /srv/again
RUN rm /srv/again
EXPOSE 80 5002/udp
VOLUME ["/data", "/more data"]
CMD cat /srv/greeting
"""

Build = Callable[..., str]


@pytest.fixture
def build(cli: Cli, tmp_path: Path) -> Iterator[Build]:
    """Builds the image ``x`` from the text of a Dockerfile; gives what is printed. All is gone again afterwards."""

    def run(dockerfile: str) -> str:
        (tmp_path / "Dockerfile").write_text(dockerfile)
        return cli("build", "-t", "x", tmp_path).stdout

    yield run
    for container in cli.line("ps", "-aq").split():
        cli("rm", "-fv", container)
    cli("rmi", "-f", "x")
    cli("image", "prune", "-f")
    cli("builder", "prune", "-af")


def layers(cli: Cli, image: str) -> int:
    return len(json.loads(cli.inspect(image, "{{json .RootFS.Layers}}")))


def test_the_image_is_what_the_dockerfile_says(cli: Cli, build: Build) -> None:
    printed = build(DOCKERFILE)

    config = json.loads(cli.inspect("x", "{{json .Config}}"))
    assert "Successfully tagged x:latest" in printed
    assert [line for line in config["Env"] if not line.startswith("PATH=")] == [
        "GREETING=hello from",
        "PLACE=a container",
        "NOTHING=",
    ]
    assert config["ExposedPorts"] == {"80/tcp": {}, "5002/udp": {}}
    assert config["Volumes"] == {"/data": {}, "/more data": {}}
    assert config["Cmd"] == ["/bin/sh", "-c", "cat /srv/greeting"]
    assert cli.line("run", "--rm", "x") == "hello from a container"
    assert cli.line("run", "--rm", "x", "ls", "/srv") == "greeting"
    assert layers(cli, "x") == layers(cli, "busybox") + 2


def test_what_was_built_is_not_built_again(cli: Cli, build: Build) -> None:
    build(DOCKERFILE)
    first = cli.inspect("x", "{{.Id}}")

    again = build(DOCKERFILE)
    assert again.count("---> Using cache") == 6
    assert cli.inspect("x", "{{.Id}}") == first

    changed = build(DOCKERFILE.replace("rm /srv/again", "mv /srv/again /srv/elsewhere"))
    assert changed.count("---> Using cache") == 2
    assert cli.line("run", "--rm", "x", "cat", "/srv/elsewhere") == "there"


@pytest.mark.parametrize(
    ("instructions", "arguments", "printed"),
    [
        ('CMD ["echo", "$HOME"]', (), "$HOME"),
        ("CMD echo $HOME", (), "/root"),
        ('CMD ["echo", "default"]', ("echo", "given"), "given"),
        ('ENTRYPOINT ["echo", "always"]\nCMD ["default"]', (), "always default"),
        ('ENTRYPOINT ["echo", "always"]\nCMD ["default"]', ("given",), "always given"),
        ("ENTRYPOINT echo only", ("given",), "only"),
    ],
)
def test_commands_and_entrypoints(
    cli: Cli, build: Build, instructions: str, arguments: tuple[str, ...], printed: str
) -> None:
    build(f"FROM busybox\n{instructions}\n")

    assert cli.line("run", "--rm", "x", *arguments) == printed
