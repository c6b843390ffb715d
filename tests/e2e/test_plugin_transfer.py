"""``plugin install``, ``upgrade`` and ``push``: plugins from a registry and to it, as with dockerd."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.plugins import managed_plugin
from tests.harness.registry import Registry
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

VOLUMES = "docker.volumedriver/1.0"


@pytest.fixture(scope="module")
def registry(engine: Engine, disk: Path) -> Iterator[Registry]:
    folder = disk / f"registry-{os.urandom(4).hex()}"
    folder.mkdir()
    with Registry(engine.host, folder) as registry:
        yield registry


class Maker:
    """Makes plugins and brings them to a registry."""

    def __init__(self, cli: Cli, registry: Registry, folder: Path) -> None:
        self._cli = cli
        self._registry = registry
        self._folder = folder

    def publish(self, tag: str, **config: Any) -> str:
        """The name in the registry of a new driver of volumes, which is only there."""
        return self.publish_made(tag, managed_plugin(self._folder / tag, VOLUMES, **config))

    def publish_made(self, tag: str, made: Path) -> str:
        name = f"{self._registry.address}/test/driver:{tag}"
        self._cli("plugin", "create", name, made)
        pushed = self._cli.line("plugin", "push", name)
        assert f"The push refers to repository [{self._registry.address}/test/driver]" in pushed
        assert "Upload complete" in pushed
        self._cli("plugin", "rm", name)
        return name


@pytest.fixture
def maker(cli: Cli, registry: Registry, tmp_path: Path) -> Iterator[Maker]:
    yield Maker(cli, registry, tmp_path)
    for plugin in cli.line("plugin", "ls", "-q").split():
        cli("plugin", "rm", "-f", plugin)


def kept(engine: Engine) -> set[str]:
    return {name for name in os.listdir(engine.data_root / "plugins") if not name.startswith(".")}


def test_one_goes_to_a_registry_and_comes_back_and_runs(cli: Cli, maker: Maker) -> None:
    remote = maker.publish("one")

    told = cli.line("plugin", "install", "--grant-all-permissions", "--alias", "mine", remote, "ANSWER=/data/vol")

    assert told.splitlines()[0] == f"one: Pulling from {remote.removesuffix(':one')}"
    assert told.splitlines()[-1] == f"Installed plugin {remote}"
    shown = cli.line("plugin", "inspect", "-f", "{{.Name}} {{.PluginReference}} {{.Enabled}} {{.Settings.Env}}", "mine")
    assert shown == f"mine:latest {remote} true [ANSWER=/data/vol]"
    cli("volume", "create", "-d", "mine", "vol")
    assert cli.line("run", "--rm", "-v", "vol:/v", "busybox", "ls", "-d", "/v") == "/v"
    cli("volume", "rm", "vol")
    assert "plugin mine:latest already exists" in cli.fails(
        1, "plugin", "install", "--grant-all-permissions", "--alias", "mine", remote
    )


def test_what_was_had_goes_back_as_it_came(cli: Cli, maker: Maker, engine: Engine) -> None:
    remote = maker.publish("same")
    cli("plugin", "install", "--grant-all-permissions", remote)  # what runs may write to its root
    before = manifest_at(engine, remote)
    cli("plugin", "push", remote)
    assert manifest_at(engine, remote) == before


def manifest_at(engine: Engine, name: str) -> str:
    return engine.host.run(["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{name}"]).stdout


def test_it_is_asked_what_it_may(cli: Cli, maker: Maker, engine: Engine) -> None:
    remote = maker.publish("asking", network={"type": "host"}, linux={"capabilities": ["CAP_SYS_ADMIN"]})

    done = cli("plugin", "install", "--disable", remote, check=False, stdin="n\n")
    assert done.returncode == 1
    assert f'Plugin "{remote}" is requesting the following privileges:\n - network: [host]\n' in done.stdout
    assert " - mount: [/usr]\n" in done.stdout
    assert " - capabilities: [CAP_SYS_ADMIN]\nDo you grant the above permissions? [y/N] " in done.stdout
    assert f"permission denied while installing plugin {remote}" in done.stderr
    assert kept(engine) == set()

    cli("plugin", "install", "--disable", remote, stdin="y\n")
    assert cli.line("plugin", "ls", "--format", "{{.Name}} {{.Enabled}}") == f"{remote} false"


def test_nothing_is_had_that_was_not_granted(maker: Maker, api: docker.DockerClient, engine: Engine) -> None:
    remote = maker.publish("greedy", linux={"capabilities": ["CAP_SYS_ADMIN"]})
    wanted = api.api.plugin_privileges(remote)
    assert wanted[-1]["Name"] == "capabilities"

    told = list(api.api.pull_plugin(remote, wanted[:-1]))
    assert told[-1]["error"] == "incorrect privileges"
    assert kept(engine) == set()
    assert "error" not in list(api.api.pull_plugin(remote, wanted[::-1]))[-1]
    assert [plugin["Name"] for plugin in api.api.plugins()] == [remote]


def test_an_upgrade_keeps_what_was_set_and_stored(cli: Cli, maker: Maker, engine: Engine) -> None:
    old, new = maker.publish("old"), maker.publish("new", description="a newer test")
    cli("plugin", "install", "--grant-all-permissions", "--alias", "mine", old, "ANSWER=/data/one")
    plugin_id = cli.line("plugin", "inspect", "-f", "{{.ID}}", "mine")
    cli("volume", "create", "-d", "mine", "one")
    cli("run", "--rm", "-v", "one:/v", "busybox", "sh", "-c", "echo precious > /v/file")
    assert "the plugin must be disabled before upgrading" in cli.fails(1, "plugin", "upgrade", "mine", new)
    cli("plugin", "disable", "-f", "mine")
    before = kept(engine)

    asked = cli.line("plugin", "upgrade", "--grant-all-permissions", "mine", new, stdin="n\n")
    assert f"Upgrading plugin mine:latest from {old} to {new}\nPlugin images do not match, are you sure? [y/N]" in asked
    assert kept(engine) == before

    told = cli.line("plugin", "upgrade", "--grant-all-permissions", "--skip-remote-check", "mine", new)
    assert told.splitlines()[-1] == f"Upgraded plugin mine:latest to {new}"
    template = "{{.ID}} {{.PluginReference}} {{.Config.Description}} {{.Settings.Env}}"
    assert cli.line("plugin", "inspect", "-f", template, "mine") == (
        f"{plugin_id} {new} a newer test [ANSWER=/data/one]"
    )
    after = kept(engine)
    assert plugin_id in after
    assert len(after) == len(before) and after != before
    cli("plugin", "enable", "mine")
    assert cli.line("run", "--rm", "-v", "one:/v", "busybox", "cat", "/v/file") == "precious"
    cli("volume", "rm", "one")


def test_what_is_no_plugin_is_not_installed(cli: Cli, maker: Maker, registry: Registry, engine: Engine) -> None:
    image = f"{registry.address}/test/image:latest"
    cli("tag", "busybox", image)
    cli("push", image)
    cli("rmi", image)

    problem = f"did not find plugin config for specified reference {image}"
    assert problem in cli.fails(1, "plugin", "install", image)
    nowhere = f"{registry.address}/test/nothing"
    problem = f"error resolving plugin reference: manifest for {nowhere}:latest not found"
    assert problem in cli.fails(1, "plugin", "install", nowhere)
    assert kept(engine) == set()


def test_a_plugin_is_no_image(cli: Cli, maker: Maker) -> None:
    assert "(plugin) when fetching" in cli.fails(1, "pull", maker.publish("image"))


def test_a_damaged_layer_leaves_nothing(cli: Cli, maker: Maker, engine: Engine, registry: Registry) -> None:
    remote = maker.publish("damaged")
    digest = json.loads(manifest_at(engine, remote))["layers"][0]["digest"].removeprefix("sha256:")
    blob = registry.folder / f"docker/registry/v2/blobs/sha256/{digest[:2]}/{digest}/data"
    blob.write_bytes(blob.read_bytes()[::-1])

    problem = cli.fails(1, "plugin", "install", "--grant-all-permissions", remote)

    assert f"filesystem layer verification failed for digest sha256:{digest}" in problem
    assert kept(engine) == set()


def test_a_death_on_the_way_leaves_nothing(cli: Cli, maker: Maker, engine: Engine, tmp_path: Path) -> None:
    made = managed_plugin(tmp_path / "large", VOLUMES)
    (made / "rootfs/ballast").write_bytes(os.urandom(64 << 20))
    remote = maker.publish_made("large", made)

    with cli.beside("plugin", "install", "--grant-all-permissions", remote):
        eventually(lambda: kept(engine))
        engine.kill()
    engine.start()
    assert cli.line("plugin", "ls", "-q") == ""
    assert kept(engine) == set()

    cli("plugin", "install", "--grant-all-permissions", remote)
    assert cli.line("plugin", "ls", "--format", "{{.Enabled}}") == "true"


def test_what_is_had_is_told_of(cli: Cli, maker: Maker, engine: Engine) -> None:
    remote = maker.publish("told")
    cli("plugin", "install", "--disable", "--grant-all-permissions", "--alias", "mine", remote)
    until = engine.host.run(["date", "+%s.%N"]).stdout.strip()
    lines = cli.line(
        *("events", "--since", "10m", "--until", until, "--filter", "type=plugin"),
        *("--format", "{{.Action}} {{.Actor.ID}} {{.Actor.Attributes.name}}"),
    ).splitlines()
    assert lines[-1] == f"pull {remote} mine:latest"
