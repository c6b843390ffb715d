"""What a client with BuildKit has besides a context: a mirror of it, secrets, an agent, a place for the result."""

import contextlib
import socket
import socketserver
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.harness.building import Builder
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

FILES = "FROM busybox AS made\nRUN mkdir /o && echo hello > /o/a && ln -s a /o/l\nFROM scratch\nCOPY --from=made /o /\n"

REQUEST_KEYS, NO_KEYS = b"\0\0\0\1\x0b", b"\0\0\0\5\x0c\0\0\0\0"


def transferred(build: Builder, *flags: str, copied: str = ".") -> str:
    """What was told of the context's way here."""
    done = build(f"FROM busybox\nCOPY {copied} /all\n", "--progress=plain", *flags)
    lines = [line for line in done.stderr.splitlines() if "transferring context:" in line]
    return lines[-1].split("context: ")[1]


def test_a_context_is_sent_once(build: Builder) -> None:
    build.write("some/file", "x" * 5_000_000)
    build.write("other", "1")
    assert "5.00MB" in transferred(build)

    build.write("other", "2")
    assert "MB" not in transferred(build, "-t", "app")

    assert build.output("app", "cat", "/all/other") == "2"
    (build.context / "some" / "file").unlink()
    transferred(build, "-t", "app")
    assert build.output("app", "ls", "/all/some") == ""
    assert "local source for context" in build.cli("buildx", "du", "--verbose").stdout

    build.cli("builder", "prune", "-af")
    folder = build.cli.engine.data_root / "buildcache"
    eventually(lambda: not list(folder.iterdir()))


def test_only_what_is_copied_is_sent(build: Builder) -> None:
    """Links lead to more of it; what a base's triggers copy is seen only when that is there."""
    build.write("large", "x" * 5_000_000)
    build.write("some/target", "here")
    (build.context / "link").symlink_to("some/target")
    assert "MB" not in transferred(build, "-t", "app", copied="link")
    assert build.output("app", "cat", "/all") == "here"

    build("FROM busybox\nONBUILD COPY large /large\n", "-t", "base")
    done = build("FROM base\nCOPY link /all\n", "--progress=plain", "-t", "app")
    assert "5.00MB" in done.stderr
    assert build.output("app", "sh", "-c", "cat /all && wc -c < /large") == "here5000000"


def test_a_secret_is_there_for_one_command_alone(build: Builder, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("secret") / "token"
    secret.write_text("hunter2")
    mount = "--mount=type=secret,id=token"
    text = (
        f"FROM busybox\nRUN {mount},uid=5,mode=440 cat /run/secrets/token && stat -c %u:%a /run/secrets/token\n"
        f"RUN {mount},target=/t cat /t && ! ls /run/secrets\nRUN --mount=type=secret,id=none ! ls /run/secrets\n"
    )

    done = build(text, "--progress=plain", "--secret", f"id=token,src={secret}", "-t", "app")

    assert done.stderr.count("hunter2") == 2
    assert "5:440" in done.stderr
    assert build.output("app", "sh", "-c", "ls -A /t /run 2>/dev/null || true") == ""
    assert not subprocess.run(["grep", "-rls", "hunter2", build.cli.engine.data_root], capture_output=True).stdout
    last = build.fails(f"FROM busybox\nRUN {mount},required true\n")
    assert last == "ERROR: failed to solve: secret token: not found"


class _NoKeys(socketserver.BaseRequestHandler):
    """An SSH agent (draft-miller-ssh-agent) that answers each request with a list of no keys."""

    def handle(self) -> None:
        while self.request.recv(1024):
            self.request.sendall(NO_KEYS)


@pytest.fixture
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("agent") / "socket"
    with socketserver.ThreadingUnixStreamServer(str(path), _NoKeys) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def keys(path: Path) -> bytes:
    """What an agent says that is asked for its keys."""
    with closing(socket.socket(socket.AF_UNIX)) as asking, contextlib.chdir(path.parent):
        asking.connect(path.name)
        asking.sendall(REQUEST_KEYS)
        return asking.recv(len(NO_KEYS), socket.MSG_WAITALL)


def test_an_agent_is_there_for_one_command_alone(build: Builder, agent: Path) -> None:
    text = "FROM busybox\nRUN --mount=type=ssh,required test -S $SSH_AUTH_SOCK && mkfifo /fifo && cat /fifo\n"
    engine = build.cli.engine
    lent = engine.exec_root / "lent"
    with ThreadPoolExecutor() as pool:
        building = pool.submit(build, text, "--ssh", f"default={agent}", check=False)
        (path,) = eventually(lambda: list(lent.glob("*/*")))
        try:
            assert keys(path) == NO_KEYS
        finally:
            engine.run("docker", "rm", "-f", *eventually(lambda: engine.run("docker", "ps", "-q").stdout.split()))
        building.result()

    assert list(lent.iterdir()) == []
    assert build.fails(text) == "ERROR: failed to solve: unset ssh forward key default"


def test_files_of_a_result_go_to_a_directory(build: Builder, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("out") / "new"

    done = build(FILES, "--progress=plain", "-o", str(out))

    assert (out / "a").read_text() == "hello\n"
    assert str((out / "l").readlink()) == "a"
    assert "exporting to client directory" in done.stderr


def test_files_of_a_result_go_to_an_archive(build: Builder, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("out") / "result.tar"

    build(FILES, "-o", f"type=tar,dest={out}")

    with tarfile.open(out) as archive:
        assert archive.getnames() == ["a", "l"]
    assert build.cli.line("images", "-q", "--filter", "since=busybox") == ""
    last = build.fails(FILES, "-o", "type=foo,dest=x")
    assert last == 'ERROR: failed to solve: exporter "foo" could not be found'


def test_a_build_has_more_than_one_context(build: Builder, tmp_path_factory: pytest.TempPathFactory) -> None:
    more = tmp_path_factory.mktemp("more")
    for name, content in (("file", "more"), ("left", "out"), (".dockerignore", "left")):
        (more / name).write_text(content)
    text = (
        "FROM nowhere.test/base\nCOPY --from=more file /f\nRUN --mount=from=more,target=/m ls /m > /seen\n"
        "FROM more\nCOPY --from=0 /f /seen /\n"
    )
    out = tmp_path_factory.mktemp("out") / "result.tar"

    build(
        text,
        "--build-context",
        f"more={more}",
        "--build-context",
        "nowhere.test/base=docker-image://busybox",
        "-o",
        f"type=tar,dest={out}",
    )

    with tarfile.open(out) as archive:
        assert archive.getnames() == [".dockerignore", "f", "file", "seen"]
        seen = archive.extractfile("seen")
        assert seen is not None
        assert seen.read() == b"file\n"
