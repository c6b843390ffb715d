"""pull: what is asked of the engine, progress on pipes and terminals, credentials."""
# ruff: noqa: E501  tables have one case a line

import base64
import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from command_line import CommandLine
from fake_engine import FakeEngine, Peer, Request
from test_start_up import SOURCE

from wherry.cli.progress import bar

DIGEST = "sha256:" + "a" * 64
LAYER = "dc468cb573bc"
PULLED: Sequence[dict[str, object]] = (
    {"status": "Pulling from library/busybox", "id": "latest"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": LAYER},
    {"status": "Downloading", "progressDetail": {"current": 1000, "total": 4000}, "id": LAYER},
    {"status": "Pull complete", "progressDetail": {}, "id": LAYER},
    {"status": f"Digest: {DIGEST}"},
    {"status": "Status: Downloaded newer image for busybox:latest"},
)
LINES = f"""latest: Pulling from library/busybox
{LAYER}: Pulling fs layer
{LAYER}: Pull complete
Digest: {DIGEST}
Status: Downloaded newer image for busybox:latest
"""


def serve(engine: FakeEngine, messages: Sequence[dict[str, object]], path: str = "/images/create") -> None:
    """Answer with the messages, each a chunk of its own."""

    def handler(_: Request, peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for message in messages:
            data = json.dumps(message).encode() + b"\r\n"
            peer.raw(b"%x\r\n%b\r\n" % (len(data), data))
        peer.raw(b"0\r\n\r\n")

    engine.on("POST", path, handler)


@pytest.mark.parametrize(
    ("argv", "query", "out"),
    [
        (["busybox"], {"fromImage": "busybox", "tag": "latest"}, f"Using default tag: latest\n{LINES}docker.io/library/busybox:latest\n"),
        (["-q", "busybox"], {"fromImage": "busybox", "tag": "latest"}, "docker.io/library/busybox:latest\n"),
        (["r:5000/a/b:1"], {"fromImage": "r:5000/a/b", "tag": "1"}, f"{LINES}r:5000/a/b:1\n"),
        ([f"busybox@{DIGEST}"], {"fromImage": "busybox", "tag": DIGEST}, f"{LINES}docker.io/library/busybox@{DIGEST}\n"),
        (["-a", "busybox"], {"fromImage": "busybox"}, f"{LINES}docker.io/library/busybox\n"),
        (["-q", "--platform", "linux/arm64", "x:1"], {"fromImage": "x", "tag": "1", "platform": "linux/arm64"}, "docker.io/library/x:1\n"),
    ],
)  # fmt: skip
def test_pull_asks_and_tells(wherry: CommandLine, argv: list[str], query: dict[str, str], out: str) -> None:
    serve(wherry.engine, PULLED)
    assert wherry.output("pull", *argv) == out
    assert wherry.engine.requests[-1].query == query


@pytest.mark.parametrize(
    ("argv", "err"),
    [
        (["X:y"], "invalid reference format: repository name (library/X) must be lowercase\n"),
        (["-a", "busybox:x"], "tag can't be used with --all-tags/-a\n"),
    ],
)
def test_pull_refuses_before_it_asks(wherry: CommandLine, argv: list[str], err: str) -> None:
    assert wherry.run("pull", *argv) == (1, "", err)
    assert wherry.engine.requests == []


@pytest.mark.parametrize(
    ("failure", "err"),
    [
        ({"errorDetail": {"message": "manifest unknown"}, "error": "manifest unknown"}, "manifest unknown\n"),
        ({"error": "no space left"}, "no space left\n"),
        ({"errorDetail": {"code": 401, "message": "no"}}, "authentication is required\n"),
    ],
)
def test_a_pull_that_fails_half_way_fails(wherry: CommandLine, failure: dict[str, object], err: str) -> None:
    serve(wherry.engine, [*PULLED[:2], failure])
    status, out, told = wherry.run("pull", "busybox:1")
    assert (status, told) == (1, err)
    assert out == "".join(LINES.splitlines(keepends=True)[:2])


def test_the_platform_of_the_environment_is_the_default(wherry: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_DEFAULT_PLATFORM", "linux/s390x")
    serve(wherry.engine, PULLED)
    wherry.output("pull", "-q", "busybox")
    assert wherry.engine.requests[-1].query["platform"] == "linux/s390x"


# Bars


@pytest.mark.parametrize(
    ("detail", "columns", "text"),
    [
        ({}, 200, ""),
        (None, 200, ""),
        ({"current": 1500}, 200, "   1.5kB"),
        ({"current": 1000, "total": 4000}, 200, f"[{'=' * 12}>{' ' * 38}]      1kB/4kB"),
        ({"current": 1000, "total": 4000}, 80, "     1kB/4kB"),
        ({"current": 4000, "total": 4000}, 200, f"[{'=' * 50}>]      4kB/4kB"),
        ({"current": 5000, "total": 4000}, 80, "     5kB"),
        ({"current": 2, "total": 4, "units": "layers"}, 80, "2/4 layers"),
    ],
)  # fmt: skip
def test_a_bar_shows_how_far_it_is(detail: dict[str, object] | None, columns: int, text: str) -> None:
    assert bar(detail, columns) == text


def test_on_a_terminal_each_layer_keeps_its_line(wherry: CommandLine) -> None:
    second = {"status": "Waiting", "progressDetail": {}, "id": "eeeeeeeeeeee"}
    serve(wherry.engine, [*PULLED[:2], second, *PULLED[2:]])
    shown = on_terminal("-H", wherry.engine.host, "pull", "busybox:latest")
    clear = "\x1b[2K\r"
    assert shown.replace("\r\n", "\n") == (
        "latest: Pulling from library/busybox\n"
        f"\n\x1b[1A{clear}{LAYER}: Pulling fs layer \r\x1b[1B"
        f"\n\x1b[1A{clear}eeeeeeeeeeee: Waiting \r\x1b[1B"
        f"\x1b[2A{clear}{LAYER}: Downloading      1kB/4kB\r\x1b[2B"
        f"\x1b[2A{clear}{LAYER}: Pull complete \r\x1b[2B"
        + "".join(LINES.splitlines(keepends=True)[-2:])
        + "docker.io/library/busybox:latest\n"
    )


def on_terminal(*argv: str, **environment: str) -> str:
    """What a command writes to a terminal of 80 columns."""
    master, slave = pty.openpty()
    os.set_blocking(master, True)
    command = [sys.executable, "-m", "wherry.cli.main", *argv]
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, cwd=SOURCE, env={"PATH": os.environ["PATH"], **environment}
    ):
        os.close(slave)
        shown = b""
        try:
            while part := os.read(master, 65536):
                shown += part
        except OSError:
            pass  # EIO: the other end is closed
    os.close(master)
    return shown.decode()


# Credentials


def credentials_sent(line: CommandLine, image: str) -> object:
    serve(line.engine, PULLED)
    line.run("pull", "-q", image)
    header = line.engine.requests[-1].headers.get("x-registry-auth")
    return json.loads(base64.urlsafe_b64decode(header)) if header else None


BASIC = base64.b64encode(b"me:pass:w").decode()


@pytest.mark.parametrize(
    ("config", "image", "sent"),
    [
        ({}, "busybox", None),
        ({"auths": {"https://index.docker.io/v1/": {"auth": BASIC}}}, "busybox", {"username": "me", "password": "pass:w", "serveraddress": "https://index.docker.io/v1/"}),
        ({"auths": {"https://index.docker.io/v1/": {"auth": BASIC}}}, "quay.io/x", None),
        ({"auths": {"r:5000": {"auth": BASIC}}}, "r:5000/x", {"username": "me", "password": "pass:w", "serveraddress": "r:5000"}),
        ({"auths": {"https://r:5000/v2/": {"identitytoken": "t"}}}, "r:5000/x", {"identitytoken": "t", "serveraddress": "r:5000"}),
        ({"auths": {"r:5000": {}}}, "r:5000/x", None),
    ],
)  # fmt: skip
def test_credentials_go_with_the_request(
    wherry: CommandLine, tmp_path: Path, config: dict[str, object], image: str, sent: object
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert credentials_sent(wherry, image) == sent


def test_credentials_of_the_environment(wherry: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", json.dumps({"auths": {"r:5000": {"auth": BASIC}}}))
    assert credentials_sent(wherry, "r:5000/x") == {"username": "me", "password": "pass:w", "serveraddress": "r:5000"}


def helper(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """``docker-credential-fake`` on the PATH, and the configuration that names it."""
    program = folder / "docker-credential-fake"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    (folder / "config.json").write_text(json.dumps({"credHelpers": {"r:5000": "fake"}, "credsStore": "none"}))


def test_a_helper_is_asked_by_the_registrys_name(
    wherry: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, monkeypatch, 'read key; echo "{\\"Username\\":\\"$1 $key\\",\\"Secret\\":\\"s\\"}"')
    assert credentials_sent(wherry, "r:5000/x") == {
        "username": "get r:5000",
        "password": "s",
        "serveraddress": "r:5000",
    }


def test_a_helpers_token_is_an_identity_token(
    wherry: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, monkeypatch, 'echo \'{"Username":"<token>","Secret":"t"}\'')
    assert credentials_sent(wherry, "r:5000/x") == {"identitytoken": "t", "serveraddress": "r:5000"}


@pytest.mark.parametrize(
    ("script", "warning"),
    [
        ("echo credentials not found in native keychain; exit 1", ""),
        ("echo the keyring is locked; exit 1", "WARNING: error getting credentials: the keyring is locked\n"),
    ],
)
def test_a_helper_that_knows_nothing_is_no_failure(
    wherry: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, warning: str
) -> None:
    helper(tmp_path, monkeypatch, script)
    serve(wherry.engine, PULLED)
    assert wherry.run("pull", "-q", "r:5000/x") == (0, "r:5000/x:latest\n", warning)
    assert "x-registry-auth" not in wherry.engine.requests[-1].headers
