"""Plugins that have a say in what clients ask for."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.plugins import Authorizer, installed
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root


@pytest.fixture
def authorizer() -> Authorizer:
    return Authorizer()


@pytest.fixture
def name(authorizer: Authorizer) -> Iterator[str]:
    with installed(authorizer) as name:
        yield name


def test_requests_are_allowed_or_denied(other: Engine, client: str, authorizer: Authorizer, name: str) -> None:
    authorizer.denied["POST", "/volumes/create"] = "no volumes"
    other.start("--authorization-plugin", name)
    cli = Cli(other, client)

    assert cli.fails(1, "volume", "create", "store") == (
        f"Error response from daemon: authorization denied by plugin {name}: no volumes\n"
    )
    assert cli.line("volume", "ls", "-q") == ""
    assert json.loads(cli.line("info", "-f", "{{json .Plugins.Authorization}}")) == [name]
    assert cli.line("network", "create", "net")
    cli("network", "rm", "net")
    other.stop()


def test_a_hup_takes_the_plugins_of_the_file(
    other: Engine, client: str, authorizer: Authorizer, name: str, tmp_path: Path
) -> None:
    authorizer.denied["GET", "/volumes"] = "no volumes"
    file, cli = tmp_path / "daemon.json", Cli(other, client)
    file.write_text("{}")
    other.start("--config-file", str(file))

    def reload(*plugins: str) -> None:
        file.write_text(json.dumps({"authorization-plugins": plugins}))
        assert other.process is not None
        other.process.send_signal(signal.SIGHUP)

    def listed() -> bool:
        return cli("volume", "ls", check=False).returncode == 0

    assert listed()
    reload(name)
    eventually(lambda: not listed())
    reload("there-is-no-such-plugin")
    eventually(lambda: "Error reloading configuration" in other.log.read_text())
    assert not listed()
    reload()
    eventually(listed)
    other.stop()


def test_a_daemon_does_not_start_without_its_plugins(other: Engine) -> None:
    other.launch("--authorization-plugin", "there-is-no-such-plugin")
    assert other.process is not None
    assert other.process.wait(60) == 1
    reason = 'failed to validate authorization plugin: plugin "there-is-no-such-plugin" not found'
    assert reason in other.log.read_text()
