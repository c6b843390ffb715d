"""Requests, flags and names that make no sense: refused with a clear text, and nothing is left of them."""

import http.client
import json
import socket
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("tidy")]

JSON = {"Content-Type": "application/json"}


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the engine's socket, with nothing between that would make a request right."""

    def __init__(self, path: Path) -> None:
        super().__init__("engine", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(
    engine: Engine, method: str, path: str, body: bytes | None = None, headers: dict[str, str] = JSON
) -> tuple[int, str]:
    """Status and message of the engine's answer."""
    connection = UnixConnection(engine.socket)
    connection.request(method, f"/v1.45{path}", body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, json.loads(text).get("message", "") if text else ""


# --- requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"{", "invalid JSON: unexpected EOF"),
        (b"nope", "invalid JSON: "),
        (b"[]", "invalid JSON: "),
        (b"[" * 100_000, "invalid JSON: "),
        (b'{"Image":"\xff"}', "invalid "),
        (b'{"Image":"busybox"} trailing', "unexpected content after JSON"),
        (b'{"Image":"busybox"}{}', "unexpected content after JSON"),
        (b'{"Other":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid JSON"),
        (b"null", "config cannot be empty in order to create a container"),
        (b"{}", "config cannot be empty in order to create a container"),
    ],
)
def test_bodies_that_are_no_request(engine: Engine, body: bytes, text: str) -> None:
    status, message = ask(engine, "POST", "/containers/create", body)

    assert status == 400
    assert message.startswith(text)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"Image": 5}, "Image"),
        ({"Image": "busybox", "Cmd": 5}, "Cmd"),
        ({"Image": "busybox", "Env": "A=b"}, "Env"),
        ({"Image": "busybox", "Tty": "yes"}, "Tty"),
        ({"Image": "busybox", "HostConfig": []}, "HostConfig"),
        ({"Image": "busybox", "HostConfig": {"Memory": "5"}}, "Memory"),
        ({"Image": "busybox", "HostConfig": {"Memory": 1.5}}, "Memory"),
        ({"Image": "busybox", "HostConfig": {"Binds": "/a:/b"}}, "Binds"),
    ],
)
def test_a_wrong_type_is_told_with_its_field(engine: Engine, body: dict[str, object], field: str) -> None:
    status, message = ask(engine, "POST", "/containers/create", json.dumps(body).encode())

    assert status == 400
    assert message.startswith("invalid JSON: ")
    assert field in message


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "malformed Content-Type header (): mime: no media type"),
        ({"Content-Type": "text/plain"}, "unsupported Content-Type header (text/plain): must be 'application/json'"),
    ],
)
def test_a_body_that_does_not_say_that_it_is_json(engine: Engine, headers: dict[str, str], text: str) -> None:
    assert ask(engine, "POST", "/containers/create", b'{"Image":"busybox"}', headers) == (400, text)


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"WorkingDir": "rel"}, "the working directory 'rel' is invalid, it needs to be an absolute path"),
        ({"StopSignal": "SIGFOO"}, "invalid signal: SIGFOO"),
        ({"HostConfig": {"Memory": 1}}, "Minimum memory limit allowed is 6MB"),
        (
            {"HostConfig": {"RestartPolicy": {"Name": "sometimes"}}},
            "invalid restart policy: unknown policy 'sometimes'; "
            "use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
        ),
        (
            {"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "99999"}]}}},
            'invalid port specification: "99999"',
        ),
        (
            {"HostConfig": {"Mounts": [{"Type": "bind", "Source": "/nowhere", "Target": "/x"}]}},
            'invalid mount config for type "bind": bind source path does not exist: /nowhere',
        ),
        (
            {"HostConfig": {"Mounts": [{"Type": "bind", "Source": "rel", "Target": "/x"}]}},
            "invalid mount config for type \"bind\": invalid mount path: 'rel' mount path must be absolute",
        ),
        (
            {"HostConfig": {"Mounts": [{"Type": "x", "Target": "/x"}]}},
            'invalid mount config for type "x": mount type unknown',
        ),
        (
            {"HostConfig": {"Binds": ["a b:/x"]}},
            'create a b: "a b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" '
            "are allowed. If you intended to pass a host directory, use absolute path",
        ),
    ],
)
def test_configurations_that_make_no_sense(engine: Engine, config: dict[str, object], text: str) -> None:
    body = json.dumps({"Image": "busybox", **config}).encode()

    assert ask(engine, "POST", "/containers/create", body) == (400, text)


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("GET", "/containers/nobody/json", "No such container: nobody"),
        ("POST", "/containers/nobody/start", "No such container: nobody"),
        ("DELETE", "/containers/nobody", "No such container: nobody"),
        ("GET", "/containers/nobody/logs?stdout=1", "No such container: nobody"),
        ("GET", "/images/nothing/json", "No such image: nothing:latest"),
        ("DELETE", "/images/nothing:1", "No such image: nothing:1"),
        ("POST", "/images/nothing/tag?repo=x", "No such image: nothing:latest"),
        ("GET", "/volumes/nothing", "get nothing: no such volume"),
        ("DELETE", "/volumes/nothing", "get nothing: no such volume"),
        ("GET", "/networks/nothing", "network nothing not found"),
        ("GET", "/exec/nothing/json", "No such exec instance: nothing"),
        ("GET", "/nothing", "page not found"),
        ("PUT", "/info", "page not found"),
    ],
)
def test_names_of_nothing(engine: Engine, method: str, path: str, text: str) -> None:
    assert ask(engine, method, path) == (404, text)


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("POST", "/containers/create?name=a/b", "Invalid container name (a/b), only [a-zA-Z0-9][a-zA-Z0-9_.-]"),
        (
            "POST",
            "/images/create?fromImage=Busybox",
            "invalid reference format: repository name (library/Busybox) must",
        ),
        ("POST", "/images/create?fromImage=busybox&tag=-x", "invalid tag format"),
        ("GET", "/images/UPPER/json", "invalid reference format: repository name (library/UPPER) must be lowercase"),
        ("GET", "/images/a%20b/json", "invalid reference format"),
        ("POST", "/images/busybox/tag?repo=x&tag=" + "x" * 200, "invalid tag format"),
        ("GET", "/containers/json?filters=x", "invalid filter"),
        ("GET", "/containers/json?filters=" + quote('{"bogus":["1"]}'), "invalid filter 'bogus'"),
        ("GET", "/images/json?filters=" + quote('{"bogus":["1"]}'), "invalid filter 'bogus'"),
        ("GET", "/containers/nobody/logs", "Bad parameters: you must choose at least one stream"),
    ],
)
def test_parameters_that_make_no_sense(engine: Engine, method: str, path: str, text: str) -> None:
    status, message = ask(engine, method, path, b'{"Image":"busybox"}' if method == "POST" else None)

    assert status == 400
    assert message.startswith(text)


LONG = "x" * 70_000  # more than a pipe holds


@pytest.mark.parametrize(
    "config",
    [
        {"WorkingDir": f"/{LONG}"},
        {"WorkingDir": f"/{'x' * 300}"},
        {"User": LONG},
        {"Healthcheck": {"Test": ["CMD", LONG]}},
        {"HostConfig": {"CgroupParent": LONG}},
        {"HostConfig": {"Ulimits": [{"Name": LONG, "Soft": 1, "Hard": 1}]}},
        {"HostConfig": {"Sysctls": {f"net.{LONG}": "1"}}},
        {"HostConfig": {"Devices": [{"PathOnHost": f"/dev/{LONG}", "PathInContainer": "/dev/x"}]}},
        {"HostConfig": {"Mounts": [{"Type": "bind", "Source": f"/tmp/{'x' * 300}", "Target": "/x"}]}},
    ],
)
def test_names_that_are_too_long(engine: Engine, stock: Cli, config: dict[str, object]) -> None:
    """Refused when the container is made, or when it starts; it can be removed then."""
    status, message = ask(
        engine, "POST", "/containers/create?name=box", json.dumps({"Image": "busybox", **config}).encode()
    )
    if status == 201:
        status, message = ask(engine, "POST", "/containers/box/start")
        stock("rm", "box")

    assert status == 400
    assert "file name too long" in message


@pytest.mark.parametrize("spec", [{"Cmd": [LONG]}, {"Cmd": ["true"], "WorkingDir": f"/{LONG}"}])
def test_sessions_with_names_that_are_too_long(engine: Engine, stock: Cli, spec: dict[str, object]) -> None:
    stock("run", "-d", "--name", "box", "busybox", "sleep", "60")

    status, message = ask(engine, "POST", "/containers/box/exec", json.dumps(spec).encode())

    assert status == 400
    assert message.startswith("file name too long: ")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/containers/create", b'{"Image":"busybox","WorkingDir":"/a\\u0000b"}'),
        ("POST", "/containers/create", b'{"Image":"busybox","HostConfig":{"Binds":["/tmp/a\\u0000b:/x"]}}'),
        ("POST", "/networks/create", b'{"Name":"n","Options":{"com.docker.network.bridge.name":"a\\u0000b"}}'),
        ("GET", "/containers/box/archive?path=/a%00b", None),
        ("GET", "/containers/box/top?ps_args=a%00b", None),
    ],
)
def test_a_text_that_holds_a_zero(engine: Engine, method: str, path: str, body: bytes | None) -> None:
    status, message = ask(engine, method, path, body)

    assert status == 400
    assert message.endswith("no name, path or argument holds the character U+0000")


def test_a_backslash_is_none(engine: Engine, stock: Cli) -> None:
    body = json.dumps({"Image": "busybox", "Labels": {"a": "\\u0000"}}).encode()
    assert ask(engine, "POST", "/containers/create?name=box", body)[0] == 201
    assert stock.inspect("box", "{{.Config.Labels.a}}") == "\\u0000"


@pytest.mark.parametrize("name", ["a\nb", "a/b", "..", "a:b", "é" * 8, "x" * 16, "e*", "br%d", 'a"b', "a\\"])
def test_names_that_no_interface_has(engine: Engine, name: str) -> None:
    body = {"Name": "n", "Options": {"com.docker.network.bridge.name": name}}
    status, message = ask(engine, "POST", "/networks/create", json.dumps(body).encode())

    assert (status, message) == (400, f"invalid name of a bridge interface: {name}")


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["-p", "99999:80"], "99999"),
        (["-p", "80/xyz"], "Invalid proto: xyz"),
        (["-m", "much"], "invalid size: 'much'"),
        (["-v", "/a:b"], "mount path must be absolute"),
        (["-v", "/a:/b:rx"], "invalid mode: rx"),
        (["--mount", "type=bind,src=/a"], "target is required"),
        (["--mount", "bogus"], "bogus"),
        (["--restart", "sometimes"], "sometimes"),
        pytest.param(["--ip", "1.2.3"], "1.2.3", marks=pytest.mark.newer_docker(23)),
        (["-e", ""], "invalid environment variable:"),
        (["--ulimit", "nofile=2:1"], "ulimit soft limit must be less than or equal to hard limit"),
    ],
)
def test_flags_of_run_that_make_no_sense(cli: Cli, flags: list[str], text: str) -> None:
    if cli.is_later:
        text = text.replace("Invalid proto", "invalid proto")
    assert text in cli.fails(125, "run", *flags, "busybox", "true")
    assert cli.line("ps", "-aq") == ""


def test_flags_that_do_not_exist(cli: Cli) -> None:
    for command in ("run", "ps", "images", "pull"):
        error = cli.fails(125, command, "--bogus")
        assert "unknown flag: --bogus" in error
        assert f"{command} --help" in error


def test_names_that_do_not_exist(cli: Cli) -> None:
    assert cli.fails(1, "start", "nobody").splitlines()[0] == "Error response from daemon: No such container: nobody"
    assert "No such container: nobody" in cli.fails(1, "rm", "nobody")
    assert "No such container: nobody" in cli.fails(1, "exec", "nobody", "true")
    tag = "" if cli.is_old else ":latest"
    assert f"No such image: nothing{tag}\n" in cli.fails(1, "rmi", "nothing")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase"),
        ("busybox:-x", "invalid reference format"),
        ("busybox@sha256:1", "invalid reference format"),
        ("-/x", "invalid reference format"),
    ],
)
def test_references_that_are_none(cli: Cli, name: str, text: str) -> None:
    if cli.is_old:
        text = text.replace("(library/Busybox) ", "")
    assert text in cli.fails(1, "pull", "--", name)
    assert text in cli.fails(125, "run", "--", name)


def test_detach_keys_that_are_none(stock: Cli) -> None:
    stock("run", "-d", "--name", "box", "busybox", "sleep", "60")

    assert "unable to upgrade to tcp, received 400" in stock.fails(1, "attach", "--detach-keys", "bogus", "box")
    assert "Invalid escape keys (bogus) provided" in (stock.fails(1, "exec", "--detach-keys", "bogus", "box", "true"))
