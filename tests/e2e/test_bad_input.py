"""Requests, flags and registries that are wrong or lie: refused with a clear text, and nothing is left of them."""

import gzip
import hashlib
import http.client
import io
import json
import os
import socket
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.registry import ScriptedRegistry
from tests.harness.waiting import eventually

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
        (["--ip", "1.2.3"], "1.2.3"),
        (["-e", ""], "invalid environment variable:"),
        (["--ulimit", "nofile=2:1"], "ulimit soft limit must be less than or equal to hard limit"),
    ],
)
def test_flags_of_run_that_make_no_sense(cli: Cli, flags: list[str], text: str) -> None:
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
    assert "No such image: nothing:latest" in cli.fails(1, "rmi", "nothing")


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
    assert text in cli.fails(1, "pull", "--", name)
    assert text in cli.fails(125, "run", "--", name)


# --- registries that lie ---------------------------------------------------------------------------------------------

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
NAME = "localhost:5055/x"
Answers = dict[str, tuple[str, bytes]]
Lie = Callable[[bytes], bytes]


class Published(NamedTuple):
    """An image as a registry gives it out: its answers, and the paths of its parts."""

    answers: Answers
    manifest: str
    config: str
    layer: str


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def one_file() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("file")
        info.size = 1 << 16
        archive.addfile(info, io.BytesIO(os.urandom(info.size)))
    return buffer.getvalue()


def published(**lies: object) -> Published:
    """An image of one file, which is new each time, but for its ``lies``."""
    content = archive if isinstance(archive := lies.get("archive"), bytes) else one_file()
    layer = gzip.compress(content)
    rootfs = {"type": "layers", "diff_ids": [lies.get("diff_id", digest(content))]}
    config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": rootfs}).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": lies.get("config_type", CONFIG), "digest": digest(config), "size": len(config)},
            "layers": [
                {"mediaType": LAYER, "digest": digest(layer), "size": lies.get("layer_size", len(layer))},
            ],
        }
    ).encode()
    paths = ["/v2/x/manifests/latest", *(f"/v2/x/blobs/{digest(blob)}" for blob in (config, layer))]
    answers = {
        "/v2/": ("application/json", b"{}"),
        paths[0]: (MANIFEST, manifest),
        paths[1]: ("application/octet-stream", config),
        paths[2]: ("application/octet-stream", layer),
    }
    return Published(answers, *paths)


@pytest.fixture
def unchanged(engine: Engine) -> Iterator[None]:
    """After the test no image, layer or half a blob is there that was not before."""
    before = kept(engine)
    yield
    eventually(lambda: kept(engine) == before)


def kept(engine: Engine) -> tuple[str, set[str], set[str]]:
    images = engine.run("docker", "images", "-a", "--format", "{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}}").stdout
    folders = ("overlay2", "blobs/tmp")
    layers, halves = (
        {entry.name for entry in folder.iterdir()} if (folder := engine.data_root / name).is_dir() else set()
        for name in folders
    )
    return images, layers, halves


def lying(image: Published, path: str, body: bytes, kind: str = "application/octet-stream") -> Answers:
    return {**image.answers, path: (kind, body)}


def pulls_when_the_truth_is_told(cli: Cli, image: Published, tmp_path: Path) -> None:
    with ScriptedRegistry(cli.engine.host, tmp_path, image.answers):
        assert f"Status: Downloaded newer image for {NAME}:latest" in cli.line("pull", NAME)
    cli("rmi", NAME)


def other_bit(whole: bytes) -> bytes:
    return whole[:-1] + bytes([whole[-1] ^ 1])


def garbage(whole: bytes) -> bytes:
    return b"x" * len(whole)


def longer(whole: bytes) -> bytes:
    return whole + b"more"


def half(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("part", "lie", "text"),
    [
        ("config", other_bit, "verification failed for digest sha256:"),
        ("layer", other_bit, "verification failed for digest sha256:"),
        ("layer", garbage, "verification failed for digest sha256:"),
        ("layer", longer, "bytes it should be"),
        ("layer", half, "unexpected EOF"),
    ],
)
def test_a_blob_that_is_not_its_digest(cli: Cli, tmp_path: Path, part: str, lie: Lie, text: str) -> None:
    image = published()
    path = getattr(image, part)

    with ScriptedRegistry(cli.engine.host, tmp_path, lying(image, path, lie(image.answers[path][1]))):
        error = cli.fails(1, "pull", NAME)

    assert text in error, error
    pulls_when_the_truth_is_told(cli, image, tmp_path)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("lies", "text"),
    [
        ({"diff_id": "sha256:" + "0" * 64}, "sha256:" + "0" * 64),
        ({"archive": b"no archive" * 1000}, "archive/tar: invalid tar header"),
        ({"archive": one_file()[:10_000]}, "unexpected EOF"),
        ({"layer_size": 5}, "is longer than the 5 bytes it should be"),
        ({"config_type": "text/html"}, 'Encountered remote "text/html"(unknown) when fetching'),
    ],
)
def test_manifests_and_configurations_that_lie(cli: Cli, tmp_path: Path, lies: dict[str, object], text: str) -> None:
    with ScriptedRegistry(cli.engine.host, tmp_path, published(**lies).answers):
        error = cli.fails(1, "pull", NAME)

    assert text in error, error


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", [b"<html>sign in, please</html>", b"{", b"[]", b'{"schemaVersion":2}', b""])
@pytest.mark.parametrize("kind", ["text/html", MANIFEST])
def test_a_manifest_that_is_none(cli: Cli, tmp_path: Path, body: bytes, kind: str) -> None:
    image = published()

    with ScriptedRegistry(cli.engine.host, tmp_path, lying(image, image.manifest, body, kind)):
        error = cli.fails(1, "pull", NAME)

    assert "Traceback" not in error
    assert len(error.splitlines()) == 1, error


@pytest.mark.usefixtures("unchanged")
def test_a_manifest_that_is_not_its_digest(cli: Cli, tmp_path: Path) -> None:
    asked, given = published(), published()
    wanted = digest(asked.answers[asked.manifest][1])
    answers = {**given.answers, f"/v2/x/manifests/{wanted}": given.answers[given.manifest]}

    with ScriptedRegistry(cli.engine.host, tmp_path, answers):
        error = cli.fails(1, "pull", f"{NAME}@{wanted}")

    assert wanted in error, error


@pytest.mark.usefixtures("unchanged")
def test_a_client_that_leaves_a_registry_that_stalls(cli: Cli, tmp_path: Path) -> None:
    image = published()
    with ScriptedRegistry(cli.engine.host, tmp_path, image.answers, image.layer):
        with cli.beside("pull", NAME) as pull:
            assert pull.stdout is not None
            while "Pulling fs layer" not in pull.stdout.readline():
                assert pull.poll() is None

    pulls_when_the_truth_is_told(cli, image, tmp_path)
