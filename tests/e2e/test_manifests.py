"""``manifest``: one name for the images of several platforms, made in the client and pushed to a registry."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.registry import Registry, passwords

pytestmark = pytest.mark.root

INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The client's folder."""
    folder = tmp_path / "client"
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


@pytest.fixture
def registry(engine: Engine, tmp_path: Path) -> Iterator[Registry]:
    """Has busybox as ``one:v1`` and as ``two:v1``."""
    with Registry(engine.host, tmp_path) as registry:
        fill(engine, registry)
        yield registry


def fill(engine: Engine, registry: Registry) -> None:
    stock = Cli(engine, "docker")
    for name in (f"{registry.address}/one:v1", f"{registry.address}/two:v1"):
        stock("tag", "busybox", name)
        stock("push", name)
        stock("rmi", name)


def test_a_list_is_made_annotated_and_pushed(cli: Cli, registry: Registry, configuration: Path) -> None:
    everyone, one, two = (f"{registry.address}/{name}" for name in ("everyone", "one:v1", "two:v1"))
    assert (
        cli.line("manifest", "create", "--insecure", everyone, one, two) == f"Created manifest list {everyone}:latest"
    )
    more = ["--arch", "arm64", "--variant", "v8", "--os-features", "a,b", "--os-version", "10"]
    cli("manifest", "annotate", everyone, two, *more)

    told = json.loads(cli.line("manifest", "inspect", everyone))
    platforms = {entry["platform"]["architecture"]: entry["platform"] for entry in told["manifests"]}
    assert (told["schemaVersion"], told["mediaType"]) == (2, INDEX)
    assert platforms["arm64"] == {
        "architecture": "arm64",
        "os": "linux",
        "os.version": "10",
        "os.features": ["a", "b"],
        "variant": "v8",
    }
    *moved, digest = cli.line("manifest", "push", "--insecure", "--purge", everyone).splitlines()

    assert [line.partition("@")[0] for line in moved] == [f"Pushed ref {everyone}"] * 2
    assert digest.startswith("sha256:")
    assert not list(configuration.glob("manifests/*"))
    assert json.loads(cli.line("manifest", "inspect", "--insecure", everyone)) == told
    assert json.loads(cli.line("manifest", "inspect", "--insecure", f"{everyone}@{digest}")) == told


def test_what_one_command_line_begins_the_other_ends(cli: Cli, registry: Registry) -> None:
    other = Cli(cli.engine, "docker" if cli.client == "wherry" else "wherry")
    everyone, one = f"{registry.address}/everyone", f"{registry.address}/one:v1"

    cli("manifest", "create", "--insecure", everyone, one)

    for verbose in ([], ["-v"]):
        ours, theirs = (client.line("manifest", "inspect", *verbose, everyone) for client in (cli, other))
        assert ours == theirs
    assert other("manifest", "push", everyone).stdout == cli("manifest", "push", everyone).stdout
    other("manifest", "rm", everyone)
    assert f"No such manifest: {everyone}:latest" in cli.fails(1, "manifest", "rm", everyone)


def test_a_list_of_docker_before_23_is_read(cli: Cli, registry: Registry, configuration: Path) -> None:
    """Its files have no bytes, but what they say."""
    everyone, one = f"{registry.address}/everyone", f"{registry.address}/one:v1"
    cli("manifest", "create", "--insecure", everyone, one)
    before = [cli.line("manifest", "inspect", *verbose, everyone) for verbose in ([], ["-v"])]
    (file,) = configuration.glob("manifests/*/*")
    said = json.loads(file.read_bytes())
    raw = said.pop("Raw")
    file.write_text(json.dumps(said))

    mine = Cli(cli.engine, "wherry")
    assert json.loads(mine.line("manifest", "inspect", everyone)) == json.loads(before[0])
    verbose = json.loads(mine.line("manifest", "inspect", "-v", everyone))
    assert verbose[0].pop("Raw") == raw
    assert mine("manifest", "push", "--insecure", everyone).stdout.splitlines()[-1].startswith("sha256:")


def test_an_image_is_shown(cli: Cli, registry: Registry) -> None:
    name = f"{registry.address}/one:v1"

    told = json.loads(cli.line("manifest", "inspect", "--insecure", name))
    verbose = json.loads(cli.line("manifest", "inspect", "--insecure", "--verbose", name))

    assert told["config"]["digest"] == cli.inspect("busybox", "{{.Id}}")
    assert (verbose["Ref"], verbose["SchemaV2Manifest"]) == (name, told)
    assert verbose["Descriptor"]["platform"]["os"] == "linux"


@pytest.fixture
def closed(engine: Engine, tmp_path: Path, configuration: Path) -> Iterator[Registry]:
    """Lets only alice in, who is logged in until the test begins."""
    with Registry(engine.host, tmp_path, extra=passwords(tmp_path)) as registry:
        Cli(engine, "docker")("login", "-u", "alice", "-p", "open sesame", registry.address)
        fill(engine, registry)
        yield registry


def test_credentials_are_those_of_login(cli: Cli, closed: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{closed.address}/one:v1"
    assert "layers" in cli.line("manifest", "inspect", "--insecure", name)

    monkeypatch.setenv("DOCKER_CONFIG", os.devnull)

    assert cli.fails(1, "manifest", "inspect", "--insecure", name).strip().endswith(": no basic auth credentials")


def test_what_is_refused(cli: Cli, registry: Registry) -> None:
    everyone, one = f"{registry.address}/everyone", f"{registry.address}/one:v1"
    cli("manifest", "create", "--insecure", everyone, one)

    def refused(*words: str) -> str:
        return cli.fails(1, "manifest", *words).strip()

    assert refused("inspect", one) == f"no such manifest: {one}"  # without TLS, and without --insecure
    assert refused("inspect", "--insecure", f"{registry.address}/nope").startswith("no such manifest: ")
    assert refused("create", everyone, one) == "refusing to amend an existing manifest list with no --amend flag"
    assert refused("annotate", everyone, one, "--arch", "odd") == (
        "manifest entry for image has unsupported os/arch combination: /odd"
    )
    assert refused("annotate", everyone, "two") == f"manifest for image two does not exist in {everyone}"
    cli("manifest", "create", "--insecure", "elsewhere/list", one)
    assert refused("push", "elsewhere/list") == (
        f"cannot use source images from a different registry than the target image: {registry.address} != docker.io"
    )
    assert "must be lowercase" in refused("create", "BAD", one)
