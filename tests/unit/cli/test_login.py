"""login and logout: what is sent, what is kept, and where."""

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine
from fake_engine import Peer, Request
from tests.harness.terminal import CTRL_C, Terminal

import wherry as package

SERVER = "r:5000"
INSECURE = "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n"
UNENCRYPTED = (
    "WARNING! Your password will be stored unencrypted in {}/config.json.\n"
    "Configure a credential helper to remove this warning. See\n"
    "https://docs.docker.com/engine/reference/commandline/login/#credentials-store\n\n"
)


def basic(pair: str) -> str:
    return base64.b64encode(pair.encode()).decode()


def welcomes(line: CommandLine, token: str = "") -> None:
    line.engine.on("POST", "/auth", body={"Status": "Login Succeeded", "IdentityToken": token})


def config(folder: Path) -> Any:
    return json.loads((folder / "config.json").read_text())


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``docker-credential-fake`` on the PATH, which keeps one secret in a file; gives that file."""
    kept = tmp_path / "kept"
    program = tmp_path / "docker-credential-fake"
    program.write_text(
        f"#!/bin/sh\ncase $1 in store) cat > {kept};; erase) rm -f {kept};;\n"
        f"get) cat {kept} 2> /dev/null || {{ echo credentials not found in native keychain; exit 1; }};; esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "fake"}))
    return kept


def test_a_password_that_the_registry_takes_is_kept(wherry: CommandLine, tmp_path: Path) -> None:
    welcomes(wherry)

    assert wherry.run("login", "-u", "me", "-p", "pass:w", SERVER) == (
        0,
        "Login Succeeded\n",
        INSECURE + UNENCRYPTED.format(tmp_path),
    )

    sent = {"username": "me", "password": "pass:w", "serveraddress": SERVER}
    assert wherry.engine.requests[-1].json() == sent
    assert config(tmp_path) == {"auths": {SERVER: {"auth": basic("me:pass:w")}}}
    assert stat.S_IMODE((tmp_path / "config.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("argument", "key"),
    [
        ([], "https://index.docker.io/v1/"),
        (["docker.io"], "https://index.docker.io/v1/"),
        (["https://r:5000/v2/"], SERVER),
        (["http://r:5000"], SERVER),
    ],
)
def test_what_a_server_is_kept_under(wherry: CommandLine, tmp_path: Path, argument: list[str], key: str) -> None:
    welcomes(wherry)
    wherry.run("login", "-u", "me", "-p", "w", *argument)
    assert list(config(tmp_path)["auths"]) == [key]


def test_a_password_that_the_registry_refuses_is_not_kept(wherry: CommandLine, tmp_path: Path) -> None:
    wherry.engine.on("POST", "/auth", status=401, body={"message": "no"})
    assert wherry.run("login", "-u", "me", "-p", "w", SERVER) == (
        1,
        "",
        f"{INSECURE}Error response from daemon: no\n",
    )
    assert not (tmp_path / "config.json").exists()


def test_an_identity_token_is_kept_in_the_place_of_the_password(wherry: CommandLine, tmp_path: Path) -> None:
    welcomes(wherry, token="t")
    assert wherry.run("login", "-u", "me", "-p", "w", SERVER)[2] == INSECURE
    assert config(tmp_path)["auths"] == {SERVER: {"auth": basic("me:"), "identitytoken": "t"}}


def test_the_rest_of_the_configuration_stays(wherry: CommandLine, tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text('{"psFormat": "{{.ID}}", "own": {"ü": 1}, "auths": {"other": {"auth": "eDp5"}}}')
    real.chmod(0o640)
    (tmp_path / "config.json").symlink_to(real)
    welcomes(wherry)

    wherry.run("login", "-u", "me", "-p", "w", SERVER)
    wherry.run("logout", SERVER)

    assert json.loads(real.read_text()) == {
        "psFormat": "{{.ID}}",
        "own": {"ü": 1},
        "auths": {"other": {"auth": "eDp5"}},
    }
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@pytest.mark.parametrize("broken", ['{"auths": {"other": ', '{"auths": 3}', "[]"])
def test_a_configuration_that_cannot_be_understood_is_not_replaced(
    wherry: CommandLine, tmp_path: Path, broken: str
) -> None:
    (tmp_path / "config.json").write_text(broken)
    welcomes(wherry)

    status, out, err = wherry.run("login", "-u", "me", "-p", "w", SERVER)

    assert (status, out) == (1, "")
    assert f"Error saving credentials: {tmp_path}/config.json: " in err
    assert (tmp_path / "config.json").read_text() == broken


def test_a_configuration_that_cannot_be_written(
    wherry: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "file/folder"))
    welcomes(wherry)

    err = wherry.run("login", "-u", "me", "-p", "w", SERVER)[2]

    assert err.endswith(f"Error saving credentials: {tmp_path}/file/folder/config.json: Not a directory\n")


def test_logout_forgets_all_spellings(wherry: CommandLine, tmp_path: Path) -> None:
    kept = {"auth": basic("me:w")}
    auths = {SERVER: kept, f"http://{SERVER}": kept, f"https://{SERVER}": kept, "other": kept}
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))

    assert wherry.output("logout", f"https://{SERVER}/v2/") == f"Removing login credentials for {SERVER}\n"

    assert config(tmp_path) == {"auths": {"other": kept}}


def test_logout_where_nobody_was(wherry: CommandLine, tmp_path: Path) -> None:
    assert wherry.output("logout") == "Removing login credentials for https://index.docker.io/v1/\n"
    assert not (tmp_path / "config.json").exists()


def test_a_helper_keeps_and_forgets(wherry: CommandLine, tmp_path: Path, helper: Path) -> None:
    welcomes(wherry)

    assert wherry.run("login", "-u", "me", "-p", "w", SERVER) == (0, "Login Succeeded\n", INSECURE)
    assert json.loads(helper.read_text()) == {"ServerURL": SERVER, "Username": "me", "Secret": "w"}
    assert config(tmp_path) == {"credsStore": "fake", "auths": {SERVER: {}}}

    wherry.output("logout", SERVER)
    assert not helper.exists()
    assert config(tmp_path) == {"credsStore": "fake", "auths": {}}


def test_a_helper_keeps_an_identity_token(wherry: CommandLine, helper: Path) -> None:
    welcomes(wherry, token="t")
    wherry.run("login", "-u", "me", "-p", "w", SERVER)
    assert json.loads(helper.read_text()) == {"ServerURL": SERVER, "Username": "<token>", "Secret": "t"}


@pytest.mark.parametrize(("script", "reason"), [("echo locked; exit 1", "locked"), (None, "No such file or directory")])
def test_a_helper_that_fails(
    wherry: CommandLine, tmp_path: Path, helper: Path, script: str | None, reason: str
) -> None:
    program = tmp_path / "docker-credential-fake"
    if script is None:
        program.unlink()
    else:
        program.write_text(f"#!/bin/sh\n{script}\n")
    welcomes(wherry)

    status, out, err = wherry.run("login", "-u", "me", "-p", "w", SERVER)
    assert (status, out) == (1, "")
    assert "Error saving credentials: " in err
    assert reason in err
    assert config(tmp_path) == {"credsStore": "fake"}

    status, out, err = wherry.run("logout", SERVER)
    assert (status, out) == (0, f"Removing login credentials for {SERVER}\n")
    assert err.startswith("WARNING: could not erase credentials:\n")
    assert reason in err


def test_credentials_that_were_kept_are_tried(wherry: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auths": {SERVER: {"auth": basic("me:w")}}}))
    welcomes(wherry)

    status, out, _ = wherry.run("login", SERVER)

    assert (status, out) == (0, "Authenticating with existing credentials...\nLogin Succeeded\n")
    assert wherry.engine.requests[-1].json() == {"username": "me", "password": "w", "serveraddress": SERVER}


@pytest.mark.parametrize(
    ("argv", "err"),
    [
        (["-p", "w", "--password-stdin"], INSECURE + "--password and --password-stdin are mutually exclusive\n"),
        (["--password-stdin"], "Must provide --username with --password-stdin\n"),
        (["-u", "me"], "Error: Cannot perform an interactive login from a non TTY device\n"),
        ([], "Error: Cannot perform an interactive login from a non TTY device\n"),
    ],
)
def test_login_refuses_before_it_asks(
    wherry: CommandLine, monkeypatch: pytest.MonkeyPatch, argv: list[str], err: str
) -> None:
    monkeypatch.setattr("wherry.cli.prompts.STDIN", os.open("/dev/null", os.O_RDONLY))
    assert wherry.run("login", *argv, SERVER) == (1, "", err)
    assert wherry.engine.requests == []


@pytest.mark.parametrize("typed", [b"a b \n", b"a b \r\n", b"a b "])
def test_the_password_comes_from_stdin(wherry: CommandLine, tmp_path: Path, typed: bytes) -> None:
    welcomes(wherry)
    done = subprocess.run(
        [*program(wherry), "login", "-u", "me", "--password-stdin", SERVER],
        input=typed,
        capture_output=True,
        check=True,
        env=environment(tmp_path),
    )
    assert done.stdout == b"Login Succeeded\n"
    assert wherry.engine.requests[-1].json()["password"] == "a b "


def program(line: CommandLine) -> list[str]:
    return [sys.executable, "-m", "wherry.cli.main", "-H", line.engine.host]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "DOCKER_CONFIG": str(folder), "PYTHONPATH": str(Path(package.__file__).parents[1])}


def terminal(line: CommandLine, *argv: str) -> Terminal:
    return Terminal([*program(line), *argv])


def test_name_and_password_are_asked_for(wherry: CommandLine, tmp_path: Path) -> None:
    welcomes(wherry)
    with terminal(wherry, "login", SERVER) as screen:
        screen.expect("Username: ")
        screen.type("me\n")
        screen.expect("Password: ")
        screen.type("secret\n")
        shown = screen.expect("Login Succeeded")
        assert screen.wait() == 0

    assert "secret" not in shown
    assert config(tmp_path)["auths"] == {SERVER: {"auth": basic("me:secret")}}


def test_the_terminal_shows_what_is_typed_again_after_ctrl_c(wherry: CommandLine) -> None:
    with terminal(wherry, "login", "-u", "me", SERVER) as screen:
        before = screen.settings()
        screen.expect("Password: ")
        assert screen.settings() != before
        screen.type(CTRL_C)
        assert screen.wait() != 0
        assert screen.settings() == before


def test_kept_credentials_that_are_no_good_any_more(wherry: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auths": {SERVER: {"auth": basic("me:old")}}}))

    def only_new(request: Request, peer: Peer) -> None:
        if request.json()["password"] == "new":
            peer.answer(200, {"Status": "Login Succeeded", "IdentityToken": ""})
        else:
            peer.answer(401, {"message": "no"})

    wherry.engine.on("POST", "/auth", only_new)
    with terminal(wherry, "login", SERVER) as screen:
        screen.expect("Stored credentials invalid or expired")
        screen.expect("Username (me): ")
        screen.type("\n")
        screen.expect("Password: ")
        screen.type("new\n")
        screen.expect("Login Succeeded")
        assert screen.wait() == 0

    assert config(tmp_path)["auths"] == {SERVER: {"auth": basic("me:new")}}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["\n"], "Error: Non-null Username Required"),
        (["me\n", "\n"], "Error: Password Required"),
        (["\x04"], "error while reading input: EOF"),
    ],
)
def test_nothing_typed_is_nothing_to_try(wherry: CommandLine, keys: list[str], said: str) -> None:
    with terminal(wherry, "login", SERVER) as screen:
        for question, key in zip(("Username: ", "Password: "), keys, strict=False):
            screen.expect(question)
            screen.type(key)
        screen.expect(said)
        assert screen.wait() == 1
    assert wherry.engine.requests == []
