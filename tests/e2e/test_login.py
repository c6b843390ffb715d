"""Registries that want to know who one is, and registries that must show who they are: login, logout, certificates."""

import base64
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.authority import Authority
from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.httpserver import Scripted
from tests.harness.registry import Registry, encrypted, passwords
from tests.harness.tokens import IDENTITY_TOKEN, TokenServer
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

PASSWORD = "open sesame"
OUTSIDE = "192.0.2.1"  # an address of the test's host that is not loopback


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The client's ``config.json``, which is not there yet."""
    folder = tmp_path / "client"
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder / "config.json"


@pytest.fixture
def guarded(engine: Engine, tmp_path: Path) -> Iterator[Registry]:
    """A registry that only alice may use."""
    with Registry(engine.host, tmp_path, extra=passwords(tmp_path)) as registry:
        yield registry


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def login(cli: Cli, registry: Registry, password: str = PASSWORD) -> str:
    return cli("login", "-u", "alice", "--password-stdin", registry.address, stdin=password + "\n").stdout


def auths(configuration: Path) -> Any:
    return json.loads(configuration.read_text())["auths"]


# --- who one is ------------------------------------------------------------------------------------------------------


def test_a_build_stands_on_an_image_that_needs_a_password(cli: Cli, guarded: Registry) -> None:
    image = f"{guarded.address}/base"
    cli("tag", "busybox", image)
    login(cli, guarded)
    cli("push", image)
    cli("rmi", image)
    dockerfile = f"FROM {image}\nRUN echo built > /it\n"

    done = cli("build", "--no-cache", "-t", "on-base", "-", stdin=dockerfile)

    assert "latest: Pulling from base" in done.stdout
    assert cli.line("run", "--rm", "on-base", "cat", "/it") == "built"
    cli("rmi", "on-base", image)
    cli("builder", "prune", "-af")
    cli("logout", guarded.address)
    assert "no basic auth credentials" in cli.fails(1, "build", "--pull", "-", stdin=dockerfile)


def test_a_password_opens_a_registry_until_logout(cli: Cli, guarded: Registry, configuration: Path) -> None:
    image = f"{guarded.address}/tool"
    cli("tag", "busybox", image)
    assert cli.fails(1, "push", image) == "no basic auth credentials\n"

    assert login(cli, guarded) == "Login Succeeded\n"
    cli("push", image)
    cli("rmi", image)
    cli("pull", image)
    assert auths(configuration) == {guarded.address: {"auth": base64.b64encode(f"alice:{PASSWORD}".encode()).decode()}}

    assert cli.line("logout", guarded.address) == f"Removing login credentials for {guarded.address}"
    assert auths(configuration) == {}
    assert cli.fails(1, "push", image) == "no basic auth credentials\n"
    assert "no basic auth credentials" in cli.fails(1, "pull", image)


def test_a_wrong_password(cli: Cli, guarded: Registry, configuration: Path) -> None:
    said = cli.fails(1, "login", "-u", "alice", "--password-stdin", guarded.address, stdin="guess")

    where = f"http://{guarded.address}/v2/"
    assert f"Error response from daemon: login attempt to {where} failed with status: 401 Unauthorized\n" in said
    assert not configuration.exists()


def test_name_and_password_are_asked_for_on_a_terminal(cli: Cli, guarded: Registry) -> None:
    with cli.terminal("login", guarded.address) as terminal:
        terminal.expect("Username: ")
        terminal.type("alice\n")
        terminal.expect("Password: ")
        eventually(lambda: not terminal.echoes())  # docker asks first, and then stops the echo
        terminal.type(f"{PASSWORD}\n")
        shown = terminal.expect("Login Succeeded")

        assert terminal.wait() == 0
    assert PASSWORD not in shown
    again = cli("login", guarded.address)
    assert "Authenticating with existing credentials..." in (again.stderr if cli.is_later else again.stdout)


def test_a_credential_helper_keeps_the_password(
    cli: Cli, guarded: Registry, configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    program = tmp_path / "docker-credential-file"
    program.write_text(f"#!/bin/sh\ncase $1 in store) cat > {kept};; get) cat {kept};; erase) rm -f {kept};; esac\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    configuration.parent.mkdir()
    configuration.write_text(json.dumps({"credHelpers": {guarded.address: "file"}}))
    image = f"{guarded.address}/tool"
    cli("tag", "busybox", image)

    login(cli, guarded)
    cli("push", image)

    assert PASSWORD not in configuration.read_text()
    assert json.loads(kept.read_text())["Secret"] == PASSWORD
    cli("logout", guarded.address)
    assert not kept.exists()


@pytest.fixture
def tokens(engine: Engine, authority: Authority) -> Iterator[TokenServer]:
    server = Scripted(listener=engine.host.listen(5001))
    yield TokenServer(server, authority)
    server.close()


def test_a_token_server_lets_in_who_logged_in(
    cli: Cli, engine: Engine, tokens: TokenServer, configuration: Path, tmp_path: Path
) -> None:
    with Registry(engine.host, tmp_path, extra=tokens.configuration) as registry:
        image = f"{registry.address}/tool"
        cli("tag", "busybox", image)
        assert cli.fails(1, "push", image) == "denied: requested access to the resource is denied\n"

        login(cli, registry)
        assert auths(configuration)[registry.address]["identitytoken"] == IDENTITY_TOKEN
        assert PASSWORD not in base64.b64decode(auths(configuration)[registry.address]["auth"]).decode()
        cli("push", image)
        cli("rmi", image)
        cli("pull", image)


def test_a_build_begins_with_an_image_of_a_guarded_registry(cli: Cli, guarded: Registry, tmp_path: Path) -> None:
    image = f"{guarded.address}/base"
    (tmp_path / "context").mkdir()
    (tmp_path / "context/Dockerfile").write_text(f"FROM {image}\nLABEL built=yes\n")
    login(cli, guarded)
    cli("tag", "busybox", image)
    cli("push", image)
    cli("rmi", image)

    cli("build", "-t", "built", tmp_path / "context")

    assert cli.inspect("built", "{{.Config.Labels}}") == "map[built:yes]"
    cli("rmi", "built", image)
    cli("logout", guarded.address)
    assert "no basic auth credentials" in cli.fails(1, "build", "-t", "built", "--no-cache", tmp_path / "context")


# --- who the registry is ---------------------------------------------------------------------------------------------


@pytest.fixture
def port() -> int:
    """A port whose number no other run of the tests is likely to have: certs.d belongs to the whole machine."""
    return 20000 + secrets.randbelow(40000)


@pytest.fixture
def certs(port: int) -> Iterator[Path]:
    """The folder of a registry's certificates."""
    folder = Path(f"/etc/docker/certs.d/{OUTSIDE}:{port}")
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def outside(engine: Engine) -> Iterator[None]:
    address = ["ip", "address", "{}", f"{OUTSIDE}/32", "dev", "lo"]
    engine.host.run([word.format("add") for word in address])
    yield
    engine.host.run([word.format("delete") for word in address])


def test_only_a_registry_with_a_known_certificate_is_spoken_to(
    cli: Cli, engine: Engine, outside: None, authority: Authority, port: int, certs: Path, tmp_path: Path
) -> None:
    tls = encrypted(*authority.issue("registry", f"IP:{OUTSIDE}"))
    with Registry(engine.host, tmp_path, tls=tls, address=OUTSIDE, port=port):
        image = f"{OUTSIDE}:{port}/tool"
        cli("tag", "busybox", image)
        said = cli.fails(1, "push", image)
        assert said.startswith(f'Get "https://{OUTSIDE}:{port}/v2/": tls: failed to verify certificate: x509: ')
        assert "certificate signed by unknown authority" in said

        shutil.copy(authority.certificate, certs / "ca.crt")
        cli("push", image)
        cli("rmi", image)
        cli("pull", image)


def test_a_registry_that_wants_a_certificate_of_its_clients(
    cli: Cli, engine: Engine, outside: None, authority: Authority, port: int, certs: Path, tmp_path: Path
) -> None:
    tls = encrypted(*authority.issue("registry", f"IP:{OUTSIDE}"), clients=authority.certificate)
    shutil.copy(authority.certificate, certs / "ca.crt")
    with Registry(engine.host, tmp_path, tls=tls, address=OUTSIDE, port=port):
        image = f"{OUTSIDE}:{port}/tool"
        cli("tag", "busybox", image)
        assert "tls: " in cli.fails(1, "push", image)

        certificate, key = authority.issue("client", "DNS:client")
        shutil.copy(certificate, certs / "client.cert")
        assert "missing key client.key for client certificate client.cert" in cli.fails(1, "push", image)
        shutil.copy(key, certs / "client.key")
        cli("push", image)


def test_a_registry_without_tls_is_refused_and_told_what_to_do(
    cli: Cli, engine: Engine, outside: None, port: int, tmp_path: Path
) -> None:
    with Registry(engine.host, tmp_path, address=OUTSIDE, port=port):
        image = f"{OUTSIDE}:{port}/tool"
        cli("tag", "busybox", image)
        text = f'Get "https://{OUTSIDE}:{port}/v2/": http: server gave HTTP response to HTTPS client'
        assert cli.fails(1, "push", image).startswith(text)
        assert text in cli.fails(1, "pull", image)


@pytest.mark.parametrize("listed", ["192.0.2.1:{port}", "192.0.2.0/24"])
def test_an_insecure_registry_may_do_without(
    other: Engine, busybox: Path, client: str, port: int, tmp_path: Path, listed: str
) -> None:
    other.host.run(["ip", "address", "add", f"{OUTSIDE}/32", "dev", "lo"])
    other.start("--insecure-registry", listed.format(port=port))
    cli = Cli(other, client)
    cli("import", busybox, "busybox")
    with Registry(other.host, tmp_path, address=OUTSIDE, port=port):
        image = f"{OUTSIDE}:{port}/tool"
        cli("tag", "busybox", image)
        cli("push", image)
        cli("rmi", image)
        cli("pull", image)
