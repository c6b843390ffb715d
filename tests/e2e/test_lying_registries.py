"""Registries that lie, stall, break off or send one elsewhere: a clear error, and nothing is left of a pull that
failed."""

import json
import re
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.httpserver import Scripted, answering, error_body
from tests.harness.published import (
    MANIFEST,
    NAME,
    PORT,
    Published,
    digest,
    lying,
    one_file,
    published,
    serving,
)
from tests.harness.waiting import eventually

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("unchanged")]

Lie = Callable[[bytes], bytes]


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


def pulls_when_the_truth_is_told(cli: Cli, image: Published) -> None:
    with serving(cli, image.answers):
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


@pytest.mark.parametrize(
    ("part", "lie", "text"),
    [
        ("config", other_bit, "verification failed for digest sha256:"),
        ("layer", other_bit, "verification failed for digest sha256:"),
        ("layer", garbage, "verification failed for digest sha256:|invalid tar header"),  # whoever sees it first
        ("layer", longer, "bytes it should be"),
        ("layer", half, "unexpected EOF"),
    ],
)
def test_a_blob_that_is_not_its_digest(cli: Cli, part: str, lie: Lie, text: str) -> None:
    image = published()
    path = getattr(image, part)

    with serving(cli, lying(image, path, lie(image.answers[path][1]))):
        error = cli.fails(1, "pull", NAME)

    assert re.search(text, error), error
    pulls_when_the_truth_is_told(cli, image)


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
def test_manifests_and_configurations_that_lie(cli: Cli, lies: dict[str, object], text: str) -> None:
    with serving(cli, published(**lies).answers):
        error = cli.fails(1, "pull", NAME)

    assert text in error, error


NESTED = b'{"schemaVersion":2,"other":%b}' % (b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize(
    "body",
    [b"<html>sign in, please</html>", b"{", b"[]", b'{"schemaVersion":2}', b"", pytest.param(NESTED, id="nested")],
)
@pytest.mark.parametrize("kind", ["text/html", MANIFEST])
def test_a_manifest_that_is_none(cli: Cli, body: bytes, kind: str) -> None:
    image = published()

    with serving(cli, lying(image, image.manifest, body, kind)):
        error = cli.fails(1, "pull", NAME)

    assert "Traceback" not in error
    assert len(error.splitlines()) == 1, error


def test_a_manifest_that_is_not_its_digest(cli: Cli) -> None:
    asked, given = published(), published()
    wanted = digest(asked.answers[asked.manifest][1])
    answers = {**given.answers, f"/v2/x/manifests/{wanted}": given.answers[given.manifest]}

    with serving(cli, answers):
        error = cli.fails(1, "pull", f"{NAME}@{wanted}")

    assert wanted in error, error


def test_a_client_that_leaves_a_registry_that_stalls(cli: Cli) -> None:
    image = published()
    whole = image.answers[image.layer][1]
    left = threading.Event()

    def stalls(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(whole)))
        handler.end_headers()
        handler.wfile.write(half(whole))
        left.wait(60)

    with serving(cli, image.answers, {image.layer: stalls}):
        with cli.beside("pull", NAME) as pull:
            assert pull.stdout is not None
            while "Pulling fs layer" not in pull.stdout.readline():
                assert pull.poll() is None
        left.set()

    pulls_when_the_truth_is_told(cli, image)


def test_a_layer_that_broke_off_is_taken_up_where_it_broke(cli: Cli) -> None:
    image = published()
    whole = image.answers[image.layer][1]
    starts: list[int] = []

    def breaks_once(handler: BaseHTTPRequestHandler) -> None:
        starts.append(int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-")))
        rest = whole[starts[-1] :]
        handler.send_response(206 if starts[-1] else 200)
        handler.send_header("Content-Length", str(len(rest)))
        handler.send_header("Content-Range", f"bytes {starts[-1]}-{len(whole) - 1}/{len(whole)}")
        handler.end_headers()
        handler.wfile.write(half(rest) if len(starts) == 1 else rest)
        handler.close_connection = True

    with serving(cli, image.answers, {image.layer: breaks_once}):
        assert f"Status: Downloaded newer image for {NAME}:latest" in cli.line("pull", NAME)

    assert starts == [0, len(whole) // 2]
    cli("rmi", NAME)


def test_a_registry_that_is_busy_is_waited_for(cli: Cli) -> None:
    image = published()
    (whole,) = [answering(200, body) for path, (_, body) in image.answers.items() if path == image.layer]
    answers = iter([answering(503, b"busy", Retry_After="1"), whole])

    with serving(cli, image.answers, {image.layer: lambda handler: next(answers)(handler)}) as server:
        printed = cli.line("pull", NAME)

    assert ": Retrying in 1 second\n" in printed
    assert f"Status: Downloaded newer image for {NAME}:latest" in printed

    assert len(server.asked(image.layer)) == 2
    cli("rmi", NAME)


def test_one_who_pulled_too_much_is_told(cli: Cli) -> None:
    image = published()
    too_much = answering(429, error_body("TOOMANYREQUESTS", "You have reached your pull rate limit."))

    with serving(cli, image.answers, {image.manifest: too_much}):
        error = cli.fails(1, "pull", NAME)

    assert error == "Error response from daemon: toomanyrequests: You have reached your pull rate limit.\n"


def test_credentials_do_not_follow_to_another_host(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = published()
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    auth = {"auth": b64encode(b"alice:secret").decode()}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {f"localhost:{PORT}": auth}}))
    elsewhere = Scripted(listener=cli.engine.host.listen(PORT + 1))
    elsewhere.scripts["/layer"] = answering(200, image.answers[image.layer][1])
    refuses = answering(401, b"", WWW_Authenticate='Basic realm="tests"')
    redirects = answering(307, b"", Location=f"http://{elsewhere.host}/layer")

    def redirects_whom_it_knows(handler: BaseHTTPRequestHandler) -> None:
        (redirects if handler.headers.get("Authorization") else refuses)(handler)

    scripts = {"/v2/": refuses, image.layer: redirects_whom_it_knows}

    with serving(cli, image.answers, scripts) as server:
        cli("pull", NAME)
    elsewhere.close()

    assert "Authorization" in server.asked(image.layer)[-1]
    assert ["Authorization" in headers for headers in elsewhere.asked("/layer")] == [False]
    cli("rmi", NAME)
