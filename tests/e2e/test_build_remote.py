"""Builds from the web and from git repositories."""

import shutil
import socketserver
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from io import BytesIO

import docker
import pytest

from tests.harness.building import Builder
from tests.harness.engine import Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root


FILES: dict[str, tuple[str, bytes]] = {}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, content = FILES[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", "Sat, 03 Feb 2001 04:05:06 GMT")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(engine: Engine, port: int) -> Iterator[str]:
    """A web server on the engine's host, which gives ``FILES``."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = engine.host.listen(port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_files_of_the_web(builder: Builder) -> None:
    FILES["/some/file"] = ("text/plain", b"of the web\n")
    with served(builder.cli.engine, 8099) as url:
        image = builder.image(f"FROM busybox\nADD {url}/some/file /d/\nADD {url}/some/file /e\n")
        wrong = builder.fails(f"FROM busybox\nADD --checksum=sha256:{'0' * 64} {url}/some/file /d/\n")
    assert builder.output(image, "sh", "-c", "cat /d/file /e; stat -c '%a %Y' /e") == (
        "of the web\nof the web\n600 981173106"
    )
    assert wrong.startswith("digest mismatch sha256:")


def test_a_context_of_the_web(builder: Builder, api: docker.DockerClient) -> None:
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in (("Dockerfile", b"FROM busybox\nCOPY data /data\n"), ("data", b"far away\n")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, BytesIO(content))
    FILES["/context.tgz"] = ("application/gzip", archive.getvalue())
    FILES["/lone"] = ("text/plain; charset=utf-8", b"FROM busybox\nRUN echo alone > /data\n")
    with served(builder.cli.engine, 8098) as url:
        api.images.build(path=f"{url}/context.tgz", tag="packed")
        api.images.build(path=f"{url}/lone", tag="lone")
    assert builder.output("packed", "cat", "/data") == "far away"
    assert builder.output("lone", "cat", "/data") == "alone"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_context_of_a_repository(builder: Builder, api: docker.DockerClient) -> None:
    repository = builder.context / "repository.git"
    builder.write("tree/sub/Dockerfile", "FROM busybox\nCOPY . /all\n")
    builder.write("tree/sub/data", "kept\n")
    (builder.context / "tree/out").symlink_to("/etc")
    git = ["git", "-C", builder.context / "tree", "-c", "user.name=n", "-c", "user.email=e"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "all"], ["tag", "v1"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", builder.context / "tree", repository], check=True)
    programs = subprocess.run(["git", "--exec-path"], check=True, capture_output=True, text=True).stdout.strip()
    daemon = [
        f"{programs}/git-daemon",
        "--listen=127.0.0.1",
        "--reuseaddr",
        "--export-all",
        f"--base-path={builder.context}",
    ]
    with subprocess.Popen(builder.cli.engine.host.inside(daemon), stderr=subprocess.DEVNULL) as serving:
        try:
            eventually(lambda: ":9418" in builder.cli.engine.host.run(["ss", "-ltn"]).stdout)
            api.images.build(path="git://127.0.0.1/repository.git#v1:sub", tag="app")
            added = builder.image(
                "FROM busybox\nADD git://127.0.0.1/repository.git#v1 /r\n"
                "ADD --keep-git-dir git://127.0.0.1/repository.git#main:sub /s\n"
            )
            with pytest.raises(docker.errors.APIError, match="not a directory: out/ssl"):
                api.images.build(path="git://127.0.0.1/repository.git#main:out/ssl")
            with pytest.raises(docker.errors.APIError, match="error fetching: fatal: "):
                api.images.build(path="git://127.0.0.1/nothing.git")
        finally:
            serving.kill()
    assert builder.output("app", "ls", "-A", "/all").split() == ["Dockerfile", "data"]
    assert builder.output(added, "ls", "-A", "/r", "/s").split() == ["/r:", "out", "sub", "/s:", "Dockerfile", "data"]
