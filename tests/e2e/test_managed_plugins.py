"""``plugin``: what is made, shown, set, run and removed, as it is with dockerd."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.plugins import managed_plugin
from tests.harness.waiting import eventually

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
    row = cli.line("plugin", "ls", "--filter", "enabled=false").splitlines()[-1]
    assert row.split() == [shown["Id"][:12], f"{plugin}:latest", "a", "test", "false"]


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
    kept = {path.name for path in root.iterdir()}
    assert plugin_id in kept
    assert list(root.glob("*/rootfs/bin/busybox"))
    (root / ("f" * 64)).mkdir()

    engine.kill()
    engine.start()

    assert {path.name for path in root.iterdir() if not path.name.startswith(".")} == kept
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


@pytest.fixture
def driver(cli: Cli, tmp_path: Path) -> Iterator[str]:
    """A driver of volumes that runs."""
    name = f"test-{os.urandom(4).hex()}"
    cli("plugin", "create", name, managed_plugin(tmp_path / "driver", "docker.volumedriver/1.0"))
    assert cli.line("plugin", "enable", name) == name
    yield name
    cli("plugin", "rm", "-f", name, check=False)


def running(plugin_id: str) -> list[int]:
    """Processes in a plugin's control group."""
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cgroup") if plugin_id in _text(path)]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_one_that_runs_drives_volumes(cli: Cli, driver: str, engine: Engine) -> None:
    plugin_id = cli.line("plugin", "inspect", "-f", "{{.Id}}", driver)
    assert cli.line("plugin", "ls", "--filter", "enabled=true", "--format", "{{.Name}}") == f"{driver}:latest"
    assert "plugin already enabled" in cli.fails(1, "plugin", "enable", driver)

    cli("volume", "create", "-d", driver, "one")
    assert cli.line("volume", "inspect", "-f", "{{.Driver}} {{.Mountpoint}}", "one") == f"{driver}:latest /data/one"
    assert (
        cli.line("run", "--rm", "-v", "one:/v", "busybox", "sh", "-c", "echo hello > /v/file; cat /v/file") == "hello"
    )
    file = engine.data_root / "plugins" / plugin_id / "propagated-mount" / "one" / "file"
    assert file.read_text() == "hello\n"

    in_use = f"plugin {driver}:latest is in use"
    assert in_use in cli.fails(1, "plugin", "disable", driver)
    assert in_use in cli.fails(1, "plugin", "rm", driver)
    cli("volume", "rm", "one")
    assert f"plugin {driver}:latest is enabled" in cli.fails(1, "plugin", "rm", driver)
    assert running(plugin_id)
    cli("plugin", "disable", driver)
    assert not running(plugin_id)
    assert "found but disabled" in cli.fails(1, "volume", "create", "-d", driver, "two")
    assert "found but disabled" in cli.fails(1, "plugin", "disable", driver)
    cli("plugin", "rm", driver)
    assert "not found" in cli.fails(1, "volume", "create", "-d", driver, "two")


def test_it_outlives_the_engine(cli: Cli, driver: str, engine: Engine) -> None:
    plugin_id = cli.line("plugin", "inspect", "-f", "{{.Id}}", driver)
    before = running(plugin_id)

    engine.kill()
    engine.start()

    assert running(plugin_id) == before
    cli("volume", "create", "-d", driver, "one")
    assert cli.line("run", "--rm", "-v", "one:/v", "busybox", "ls", "-d", "/v") == "/v"
    cli("volume", "rm", "one")


def test_one_that_died_meanwhile_is_started_with_the_engine(cli: Cli, driver: str, engine: Engine) -> None:
    plugin_id = cli.line("plugin", "inspect", "-f", "{{.Id}}", driver)
    engine.kill()
    for pid in running(plugin_id):
        os.kill(pid, signal.SIGKILL)
    engine.start()
    cli("volume", "create", "-d", driver, "one")
    cli("volume", "rm", "one")


def test_one_that_dies_is_started_again(cli: Cli, driver: str) -> None:
    plugin_id = cli.line("plugin", "inspect", "-f", "{{.Id}}", driver)
    before = running(plugin_id)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: set(running(plugin_id)) - set(before))
    eventually(lambda: cli("volume", "create", "-d", driver, "one", check=False).returncode == 0)
    cli("volume", "rm", "one")


def test_one_that_was_about_to_run_is_forgotten_by_the_next_engine(cli: Cli, tmp_path: Path, engine: Engine) -> None:
    waiting = [os.path.realpath(sys.executable), "-S", "-c", "import time; time.sleep(1000)"]
    cli("plugin", "create", "test-waiting", managed_plugin(tmp_path / "made", "docker.authz/1.0", entrypoint=waiting))
    plugin_id = cli.line("plugin", "inspect", "-f", "{{.Id}}", "test-waiting")
    with cli.beside("plugin", "enable", "test-waiting"):
        eventually(lambda: running(plugin_id))
        assert plugin_id in Path("/proc/self/mountinfo").read_text()
        engine.kill()
    engine.start()

    assert not running(plugin_id)
    assert plugin_id not in Path("/proc/self/mountinfo").read_text()
    assert cli.line("plugin", "inspect", "-f", "{{.Enabled}}", "test-waiting") == "false"
    cli("plugin", "rm", "test-waiting")


def test_nothing_of_it_is_left(cli: Cli, driver: str, engine: Engine) -> None:
    plugin_id = cli.line("plugin", "inspect", "-f", "{{.Id}}", driver)
    cli("plugin", "rm", "-f", driver)

    assert not running(plugin_id)
    assert plugin_id not in Path("/proc/self/mountinfo").read_text()
    assert plugin_id[:12] not in " ".join(str(path) for path in engine.exec_root.rglob("*"))


def test_a_path_of_its_own_is_none_of_the_host(cli: Cli, tmp_path: Path) -> None:
    """A link in its file system leads nowhere else for those who mount what it answers."""
    made = managed_plugin(tmp_path / "driver", "docker.volumedriver/1.0")
    (made / "rootfs" / "out").symlink_to("/")
    name = f"test-{os.urandom(4).hex()}"
    cli("plugin", "create", name, made)
    cli("plugin", "set", name, "ANSWER=/out/etc")
    cli("plugin", "enable", name)
    cli("volume", "create", "-d", name, "one")
    assert "leads out of its file system" in cli.fails(125, "run", "--rm", "-v", "one:/v", "busybox", "ls", "/v")
    cli("volume", "rm", "one")
    cli("plugin", "rm", "-f", name)


def test_what_it_mounts_is_seen_by_containers_and_goes_with_it(cli: Cli, tmp_path: Path, engine: Engine) -> None:
    capable = {"linux": {"capabilities": ["CAP_SYS_ADMIN"]}}
    cli("plugin", "create", "test-capable", managed_plugin(tmp_path / "made", "docker.volumedriver/1.0", **capable))
    plugin_id = cli.line("plugin", "inspect", "-f", "{{.Id}}", "test-capable")
    cli("plugin", "set", "test-capable", "CAPABLE=1")
    cli("plugin", "enable", "test-capable")
    cli("volume", "create", "-d", "test-capable", "one")
    found = cli.line("run", "--rm", "-v", "one:/v", "busybox", "grep", " /v ", "/proc/mounts")
    assert found.split()[:3] == ["memory", "/v", "tmpfs"]

    engine.kill()
    engine.start()
    assert cli.line("run", "--rm", "-v", "one:/v", "busybox", "grep", " /v ", "/proc/mounts") == found
    cli("volume", "rm", "one")
    cli("plugin", "rm", "-f", "test-capable")
    assert plugin_id not in Path("/proc/self/mountinfo").read_text()


def test_one_that_does_not_listen_is_not_enabled(cli: Cli, tmp_path: Path, engine: Engine) -> None:
    made = managed_plugin(tmp_path / "made", "docker.volumedriver/1.0", entrypoint=["/nope"])
    cli("plugin", "create", "test-nope", made)
    try:
        assert "no such file" in cli.fails(1, "plugin", "enable", "test-nope")
        assert cli.line("plugin", "inspect", "-f", "{{.Enabled}}", "test-nope") == "false"
    finally:
        cli("plugin", "rm", "-f", "test-nope")


def test_one_authorizes_requests(other: Engine, tmp_path: Path, client: str) -> None:
    """It runs before anybody is served, and is asked until it is disabled."""
    other.start()
    cli = Cli(other, client)
    cli("plugin", "create", "guard", managed_plugin(tmp_path / "guard", "docker.authz/1.0"))
    cli("plugin", "enable", "guard")
    other.stop()
    other.start("--authorization-plugin", "guard")
    assert cli.line("plugin", "ls", "--format", "{{.Name}} {{.Enabled}}") == "guard:latest true"
    assert "authorization denied by plugin guard" in cli.fails(1, "volume", "ls")
    cli("plugin", "disable", "guard")
    cli("volume", "ls")
    assert cli.line("plugin", "ls", "--format", "{{.Name}} {{.Enabled}}") == "guard:latest false"
    cli("plugin", "rm", "guard")
    other.stop()
