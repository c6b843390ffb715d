"""``plugin``: what is made, shown, set and removed, as it is with dockerd."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = pytest.mark.root

CONFIG: dict[str, Any] = {
    "description": "a test",
    "interface": {"socket": "p.sock", "types": ["docker.volumedriver/1.0"]},
    "entrypoint": ["/bin/busybox", "sleep", "1000"],
    "env": [
        {"name": "DEBUG", "description": "d", "settable": ["value"], "value": "0"},
        {"name": "FIXED", "value": "x"},
    ],
    "mounts": [
        {"name": "m", "settable": ["source"], "source": "/tmp", "destination": "/m", "type": "bind", "options": ["ro"]}
    ],
    "linux": {"capabilities": ["CAP_SYS_ADMIN"]},
    "network": {"type": "host"},
    "propagatedMount": "/data",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plugin as its maker has it."""
    made = tmp_path / "made"
    (made / "rootfs" / "bin").mkdir(parents=True)
    busybox = shutil.which("busybox")
    assert busybox
    shutil.copy(busybox, made / "rootfs" / "bin" / "busybox")
    (made / "config.json").write_text(json.dumps(CONFIG))
    return made


@pytest.fixture
def plugin(cli: Cli, folder: Path) -> Iterator[str]:
    name = f"test-{os.urandom(4).hex()}"
    assert cli.line("plugin", "create", name, folder) == name
    yield name
    cli("plugin", "rm", "-f", name, check=False)


def test_none_is_listed(cli: Cli) -> None:
    assert cli.line("plugin", "ls").split() == ["ID", "NAME", "DESCRIPTION", "ENABLED"]
    assert cli.line("plugin", "ls", "-q") == ""
    assert "invalid filter 'bogus'" in cli.fails(1, "plugin", "ls", "--filter", "bogus=1")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("inspect", "nope"), 'plugin "nope" not found'),
        (("enable", "nope"), 'plugin "nope" not found'),
        (("disable", "nope"), 'plugin "nope" not found'),
        (("set", "nope", "a=b"), 'plugin "nope" not found'),
        (("push", "nope"), 'plugin "nope:latest" not found'),
        (("upgrade", "nope"), 'error reading plugin data: Error response from daemon: plugin "nope" not found'),
        (("install", "nope/nope"), "managed plugins are neither run nor had from registries by this engine"),
        (("rm", "a", "b"), 'plugin "a" not found'),
    ],
)
def test_none_is_found(cli: Cli, words: tuple[str, ...], text: str) -> None:
    if cli.is_old and words[0] in ("inspect", "upgrade", "rm"):
        text = f"Error: No such plugin: {words[1]}"
    assert text in cli.fails(1, "plugin", *words)


def test_one_is_made_and_shown(cli: Cli, plugin: str) -> None:
    (shown,) = json.loads(cli.line("plugin", "inspect", plugin))

    assert (shown["Name"], shown["PluginReference"]) == (f"{plugin}:latest", f"{plugin}:latest")
    assert not shown["Enabled"]
    config = shown["Config"]
    assert config["Interface"] == {"Socket": "p.sock", "Types": ["docker.volumedriver/1.0"]}
    assert config["Args"] == {"Description": "", "Name": "", "Settable": None, "Value": None}
    assert config["Linux"] == {"AllowAllDevices": False, "Capabilities": ["CAP_SYS_ADMIN"], "Devices": None}
    assert (config["PropagatedMount"], config["User"], config["WorkDir"]) == ("/data", {}, "")
    assert config["rootfs"]["diff_ids"][0].startswith("sha256:")
    assert shown["Settings"]["Env"] == ["DEBUG=0", "FIXED=x"]
    assert (shown["Settings"]["Args"], shown["Settings"]["Devices"]) == ([], [])
    template = "{{.ID}} {{.Name}} {{.Description}} {{.Enabled}}"
    assert cli.line("plugin", "ls", "--format", template) == f"{shown['Id'][:12]} {plugin}:latest a test false"
    assert cli.line("plugin", "inspect", "-f", "{{.Name}}", shown["Id"][:10]) == f"{plugin}:latest"


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("capability=volumedriver",), True),
        (("capability=VolumeDriver", "enabled=false"), True),
        (("capability=authz",), False),
        (("enabled=true",), False),
    ],
)
def test_a_list_is_filtered(cli: Cli, plugin: str, filters: tuple[str, ...], found: bool) -> None:
    words = [word for text in filters for word in ("--filter", text)]
    assert bool(cli.line("plugin", "ls", "-q", *words)) == found


def test_what_may_be_set_is_set(cli: Cli, plugin: str) -> None:
    cli("plugin", "set", plugin, "DEBUG=1", "m.source=/var")

    assert cli.line("plugin", "inspect", "-f", "{{.Settings.Env}}", plugin) == "[DEBUG=1 FIXED=x]"
    assert cli.line("plugin", "inspect", "-f", "{{(index .Settings.Mounts 0).Source}}", plugin) == "/var"
    assert '"FIXED" is not settable' in cli.fails(1, "plugin", "set", plugin, "DEBUG=2", "FIXED=1")
    assert cli.line("plugin", "inspect", "-f", "{{.Settings.Env}}", plugin) == "[DEBUG=1 FIXED=x]"


def test_a_name_is_given_once(cli: Cli, plugin: str, folder: Path) -> None:
    assert f"plugin {plugin}:latest already exists" in cli.fails(1, "plugin", "create", plugin, folder)


def test_what_is_no_plugin_is_not_made(cli: Cli, folder: Path) -> None:
    shutil.rmtree(folder / "rootfs")
    assert "no rootfs found: EOF" in cli.fails(1, "plugin", "create", "test-nothing", folder)
    (folder / "rootfs").symlink_to("/")
    assert "no rootfs found: EOF" in cli.fails(1, "plugin", "create", "test-nothing", folder)
    (folder / "config.json").unlink()
    assert "no such file or directory" in cli.fails(1, "plugin", "create", "test-nothing", folder)
    assert cli.line("plugin", "ls", "-q") == ""


def test_a_file_elsewhere_is_no_configuration(cli: Cli, folder: Path) -> None:
    (folder / "config.json").rename(folder.parent / "config.json")
    (folder / "config.json").symlink_to(folder.parent / "config.json")
    cli.fails(1, "plugin", "create", "test-elsewhere", folder)
    assert cli.line("plugin", "ls", "-q") == ""


def test_it_is_there_after_a_death_and_leaves_nothing_behind(cli: Cli, plugin: str, engine: Engine) -> None:
    plugin_id = cli.line("plugin", "inspect", "-f", "{{.Id}}", plugin)
    root = engine.data_root / "plugins"
    assert (root / plugin_id / "rootfs" / "bin" / "busybox").exists()
    (root / ("f" * 64)).mkdir()

    engine.kill()
    engine.start()

    assert [path.name for path in root.iterdir() if not path.name.startswith(".")] == [plugin_id]
    assert cli.line("plugin", "rm", plugin) == plugin
    assert [path.name for path in root.iterdir() if not path.name.startswith(".")] == []


def test_it_is_told_of(cli: Cli, plugin: str) -> None:
    cli("plugin", "rm", plugin)
    told = cli.line(
        "events",
        "--since",
        "10m",
        "--until",
        f"{time.time():.9f}",
        "--filter",
        "type=plugin",
        "--format",
        "{{.Action}} {{.Actor.Attributes.name}}",
    ).splitlines()
    assert told[-2:] == [f"create {plugin}:latest", f"remove {plugin}"]
