"""Images that go to registries and come back: push and pull, with one of Debian's docker-registry on loopback."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.registry import BreakingRelay, Registry

pytestmark = pytest.mark.root

DIGEST = r"sha256:[0-9a-f]{64}"


@pytest.fixture
def registry(engine: Engine, tmp_path: Path) -> Iterator[Registry]:
    with Registry(engine.host, tmp_path) as registry:
        yield registry


@pytest.fixture
def cli(cli: Cli) -> Iterator[Cli]:
    """A client; after the test only the engine's first image is left, under its first name."""
    yield cli
    for container in cli.line("ps", "-aq").split():
        cli("rm", "-f", container)
    names = cli.line("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    for name in names:
        if name != "busybox:latest" and not name.endswith(":<none>"):
            cli("rmi", "-f", name)


def short(diff_id: str) -> str:
    return diff_id.removeprefix("sha256:")[:12]


def diff_ids(cli: Cli, image: str) -> list[str]:
    return cli.inspect(image, "{{range .RootFS.Layers}}{{.}} {{end}}").split()


def with_file(cli: Cli, base: str, name: str, size: int = 100) -> None:
    """An image ``name``: ``base`` with a file of random bytes in a layer of its own."""
    container = cli.line("create", base, "true")
    cli("rm", container)
    cli("run", "--name", "maker", base, "dd", "if=/dev/urandom", f"of=/{os.urandom(4).hex()}", f"bs={size}", "count=1")
    cli("commit", "maker", name)
    cli("rm", "maker")


def test_an_image_goes_there_and_comes_back(cli: Cli, registry: Registry) -> None:
    image = f"{registry.address}/tool"
    cli("tag", "busybox", image)
    (layer,) = diff_ids(cli, image)
    before = cli.inspect(image, "{{.Id}}")

    printed = cli.line("push", image).splitlines()

    assert printed[:3] == [
        "Using default tag: latest",
        f"The push refers to repository [{image}]",
        f"{short(layer)}: Preparing",
    ]
    assert printed[3] == f"{short(layer)}: Pushed"
    end = re.fullmatch(f"latest: digest: ({DIGEST}) size: [0-9]+", printed[4])
    assert end
    assert len(printed) == 5
    assert cli.inspect(image, "{{index .RepoDigests 0}}") == f"{image}@{end[1]}"
    cli("rmi", image)
    assert f"Digest: {end[1]}" in cli("pull", image).stdout
    assert cli.inspect(image, "{{.Id}}") == before
    assert cli.line("run", "--rm", image, "echo", "runs") == "runs"


def test_only_what_is_missing_is_sent(cli: Cli, registry: Registry) -> None:
    image = f"{registry.address}/tool"
    cli("tag", "busybox", f"{image}:1")
    with_file(cli, "busybox", f"{image}:2")
    with_file(cli, f"{image}:2", f"{image}:3")
    base, middle, top = map(short, diff_ids(cli, f"{image}:3"))
    cli("push", "-q", f"{image}:1")

    printed = cli.line("push", f"{image}:3").splitlines()

    assert printed[1:4] == [f"{layer}: Preparing" for layer in (top, middle, base)]
    assert set(printed[4:-1]) == {f"{base}: Layer already exists", f"{middle}: Pushed", f"{top}: Pushed"}
    assert len(printed) == 8


def test_a_layer_of_another_repository_is_mounted(cli: Cli, registry: Registry) -> None:
    cli("tag", "busybox", f"{registry.address}/one/tool")
    cli("tag", "busybox", f"{registry.address}/two")
    (layer,) = diff_ids(cli, "busybox")
    cli("push", "-q", f"{registry.address}/one/tool")

    assert f"{short(layer)}: Mounted from one/tool" in cli.line("push", f"{registry.address}/two").splitlines()


def test_what_was_pulled_goes_back_as_it_came(cli: Cli, engine: Engine, registry: Registry, tmp_path: Path) -> None:
    """skopeo packs layers and writes manifests in its own way."""
    with_file(cli, "busybox", "made")
    engine.run("docker", "save", "-o", tmp_path / "made.tar", "made")
    cli("rmi", "made")
    registry.push(tmp_path / "made.tar", "theirs:1")
    cli("pull", f"{registry.address}/theirs:1")
    digest = cli.inspect(f"{registry.address}/theirs:1", "{{index .RepoDigests 0}}").partition("@")[2]
    cli("tag", f"{registry.address}/theirs:1", f"{registry.address}/ours:2")

    assert f"2: digest: {digest} size: " in cli("push", f"{registry.address}/ours:2").stdout
    digests = cli.inspect(f"{registry.address}/ours:2", "{{.RepoDigests}}")
    assert f"{registry.address}/ours@{digest}" in digests


def test_all_tags(cli: Cli, registry: Registry) -> None:
    image = f"{registry.address}/tool"
    for tag in ("1", "2"):
        cli("tag", "busybox", f"{image}:{tag}")

    printed = cli("push", "--all-tags", image).stdout

    assert re.search(f"^1: digest: {DIGEST} size: ", printed, re.MULTILINE)
    assert re.search(f"^2: digest: {DIGEST} size: ", printed, re.MULTILINE)
    for tag in ("1", "2"):
        cli("rmi", f"{image}:{tag}")
    assert cli.line("pull", "-a", "-q", image) == image
    assert sorted(cli.line("images", "--format", "{{.Tag}}", image).split()) == ["1", "2"]


def test_quiet(cli: Cli, registry: Registry) -> None:
    image = f"{registry.address}/tool"
    cli("tag", "busybox", image)

    assert cli("push", "-q", image).stdout == f"{image}:latest\n"
    assert cli("push", "-aq", image).stdout == f"{image}\n"


def test_progress_on_a_terminal_has_bars(cli: Cli, registry: Registry) -> None:
    image = f"{registry.address}/tool"
    with_file(cli, "busybox", image, size=4 << 20)
    with cli.terminal("push", image, columns=120) as terminal:
        terminal.expect("Pushing [")
        terminal.expect("MB/")
        terminal.expect("Pushed")
        terminal.expect("latest: digest: sha256:")

        assert terminal.wait() == 0


def test_what_cannot_be_pushed(cli: Cli, registry: Registry) -> None:
    image = f"{registry.address}/tool"
    said = cli.fails(1, "push", image)
    assert said == f"An image does not exist locally with the tag: {image}\n"
    cli("tag", "busybox", f"{image}:1")
    assert cli.fails(1, "push", f"{image}:2") == f"tag does not exist: {image}:2\n"
    assert cli.fails(1, "push", "-a", f"{image}:1") == "tag can't be used with --all-tags/-a\n"
    digest = f"{image}@sha256:{'a' * 64}"
    assert cli.fails(1, "push", digest) == "cannot push a digest reference\n"


def test_nobody_there(cli: Cli) -> None:
    cli("tag", "busybox", "localhost:5057/tool")
    assert cli.fails(1, "push", "localhost:5057/tool") == (
        'Get "http://localhost:5057/v2/": dial tcp 127.0.0.1:5057: connect: connection refused\n'
    )


@pytest.fixture
def hasty(other: Engine, busybox: Path, client: str) -> Cli:
    """A client of an engine that tries everything once."""
    other.start("--max-download-attempts", "1")
    other.run("docker", "import", busybox, "busybox")
    return Cli(other, client)


def test_a_push_that_broke_goes_on(hasty: Cli, tmp_path: Path) -> None:
    with Registry(hasty.engine.host, tmp_path) as registry:
        image = "localhost:5056/tool"
        with_file(hasty, "busybox", image, size=4 << 20)
        base, top = map(short, diff_ids(hasty, image))
        hasty("tag", "busybox", f"{image}:base")
        with BreakingRelay(registry, tmp_path, limit=100 << 20):
            hasty("push", "-q", f"{image}:base")

        with BreakingRelay(registry, tmp_path, limit=2 << 20):
            said = hasty.fails(1, "push", image)
        with BreakingRelay(registry, tmp_path, limit=100 << 20):
            printed = hasty.line("push", image).splitlines()

        assert re.match(r'(Patch|Put|Post|Head|Get) "http://localhost:5056/v2/tool/.*": .+\n', said)
        assert {f"{base}: Layer already exists", f"{top}: Pushed"} < set(printed)
        hasty("rmi", image, f"{image}:base")
        hasty("pull", "-q", f"{registry.address}/tool")
        assert diff_ids(hasty, f"{registry.address}/tool")[1:]
