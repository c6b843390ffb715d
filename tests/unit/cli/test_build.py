"""build: what is sent to the engine, and what is shown of its answer."""

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine
from fake_engine import FakeEngine, Peer, Request
from test_start_up import SOURCE

from wherry.cli.building.excerpt import excerpt
from wherry.cli.building.live import Live
from wherry.cli.output import Output

IMAGE = "sha256:" + "a" * 64
BUILT: Sequence[dict[str, Any]] = (
    {"stream": "Step 1/1 : FROM scratch"},
    {"stream": "\n"},
    {"aux": {"ID": IMAGE}},
    {"stream": "Successfully built aaaaaaaaaaaa\n"},
)


class Engine:
    """Takes one build and gives the messages."""

    def __init__(self, engine: FakeEngine, messages: Sequence[dict[str, Any]] = BUILT) -> None:
        self.requests: list[Request] = []
        self.messages = messages
        engine.on("POST", "/build", self.answer)

    def answer(self, request: Request, peer: Peer) -> None:
        self.requests.append(request)
        content = "".join(json.dumps(message) + "\r\n" for message in self.messages).encode()
        peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))

    def sent(self) -> dict[str, bytes]:
        """The files of the context."""
        with tarfile.open(fileobj=io.BytesIO(self.requests[-1].body)) as archive:
            return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}  # type: ignore[union-attr]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    (root / "sub").mkdir(parents=True)
    (root / "Dockerfile").write_text("FROM scratch\nRU x\n")
    (root / "sub" / "file").write_text("content")
    (root / "skipped").write_text("")
    (root / ".dockerignore").write_text("skipped\nDockerfile\n.dockerignore\n")
    return root


def test_the_context_is_sent_without_what_is_ignored(wherry: CommandLine, context: Path) -> None:
    server = Engine(wherry.engine)
    out = wherry.output("build", "-t", "a:1", "-t", "b", str(context))
    first, *steps = out.splitlines()
    assert re.fullmatch(r"Sending build context to Docker daemon  [\d.]+kB", first)
    assert steps == ["Step 1/1 : FROM scratch", "Successfully built aaaaaaaaaaaa"]
    assert sorted(server.sent()) == [".dockerignore", "Dockerfile", "sub/file"]
    assert server.requests[0].query["dockerfile"] == "Dockerfile"
    assert "t=a%3A1&t=b" in server.requests[0].target


def test_a_dockerfile_outside_of_the_context_is_sent_under_a_name_that_is_ignored(
    wherry: CommandLine, context: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").write_text("FROM other")
    server = Engine(wherry.engine)
    wherry.output("build", "-f", str(tmp_path / "other"), str(context))
    name = server.requests[0].query["dockerfile"]
    assert server.sent()[name] == b"FROM other"
    assert name in server.sent()[".dockerignore"].decode().split("\n")


def test_a_dockerfile_has_ignores_of_its_own(wherry: CommandLine, context: Path) -> None:
    (context / "Dockerfile.dockerignore").write_text("sub\n")
    server = Engine(wherry.engine)
    wherry.output("build", str(context))
    assert "skipped" in server.sent()
    assert "sub/file" not in server.sent()


def test_options_become_the_query(wherry: CommandLine, context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_HERE", "1")
    server = Engine(wherry.engine)
    wherry.output(
        *("image", "build", "--build-arg", "a=b", "--build-arg", "FROM_HERE", "--build-arg", "NOT_HERE"),
        *("--label", "l=1", "--target", "t", "--no-cache", "--pull", "--memory", "64m", "--ulimit", "nofile=1:2"),
        *("--add-host", "h:1.2.3.4", "--network", "none", "--cache-from", "x,y", "--shm-size", "1m", "--rm=false"),
        str(context),
    )
    query = server.requests[0].query
    assert json.loads(query["buildargs"]) == {"a": "b", "FROM_HERE": "1", "NOT_HERE": None}
    assert json.loads(query["labels"]) == {"l": "1"}
    assert json.loads(query["ulimits"]) == [{"Name": "nofile", "Hard": 2, "Soft": 1}]
    assert json.loads(query["cachefrom"]) == ["x", "y"]
    plain = ("target", "nocache", "pull", "memory", "extrahosts", "networkmode", "shmsize", "rm")
    assert [query[name] for name in plain] == ["t", "1", "1", "67108864", "h:1.2.3.4", "none", "1048576", "0"]


def test_an_address_is_left_to_the_engine(wherry: CommandLine) -> None:
    server = Engine(wherry.engine)
    wherry.output("build", "-f", "sub/Dockerfile", "https://host/repository.git#main")
    request = server.requests[0]
    assert (request.query["remote"], request.query["dockerfile"]) == (
        "https://host/repository.git#main",
        "sub/Dockerfile",
    )
    assert request.body == b""


def build_from_stdin(wherry: CommandLine, stdin: bytes, *argv: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "wherry.cli.main", "-H", wherry.engine.host, "build", *argv]
    return subprocess.run(
        command, input=stdin, capture_output=True, check=True, env={**os.environ, "PYTHONPATH": str(SOURCE)}
    )


def test_standard_input_may_be_a_dockerfile(wherry: CommandLine) -> None:
    server = Engine(wherry.engine)
    build_from_stdin(wherry, b"FROM scratch\n", "-")
    assert server.sent() == {"Dockerfile": b"FROM scratch\n"}


def test_standard_input_may_be_an_archive(wherry: CommandLine) -> None:
    server = Engine(wherry.engine)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("other"))
    build_from_stdin(wherry, buffer.getvalue(), "-f", "other", "-")
    assert server.requests[0].body == buffer.getvalue()
    assert server.requests[0].query["dockerfile"] == "other"


def test_standard_input_may_be_the_dockerfile_of_a_directory(wherry: CommandLine, context: Path) -> None:
    server = Engine(wherry.engine)
    build_from_stdin(wherry, b"FROM stdin\n", "--compress", "-f", "-", str(context))
    assert server.sent()[server.requests[0].query["dockerfile"]] == b"FROM stdin\n"


def test_quiet_gives_the_id_alone(wherry: CommandLine, context: Path, tmp_path: Path) -> None:
    Engine(wherry.engine)
    assert wherry.output("build", "-q", "--iidfile", str(tmp_path / "id"), str(context)) == f"{IMAGE}\n"
    assert (tmp_path / "id").read_text() == IMAGE


def test_a_command_that_fails_gives_its_status_and_its_line(wherry: CommandLine, context: Path) -> None:
    detail = {"index": 2, "total": 2, "stage": "0", "text": "RU x", "state": "failed", "lines": [2, 2]}
    failure = {"errorDetail": {"code": 7, "message": "it went wrong"}, "error": "it went wrong"}
    Engine(wherry.engine, ({"id": "wherry.step", "aux": detail}, failure))
    status, _, err = wherry.run("build", str(context))
    assert status == 7
    assert "   2 | >>> RU x\n" in err
    assert err.endswith("it went wrong\n")


def test_a_dockerfile_that_is_none_is_shown(wherry: CommandLine, context: Path) -> None:
    message = "dockerfile parse error on line 2: unknown instruction: RU (did you mean RUN?)"
    wherry.engine.on("POST", "/build", lambda _, peer: peer.answer(400, {"message": message}))
    status, _, err = wherry.run("build", str(context))
    assert status == 1
    assert err == (
        "Dockerfile:2\n--------------------\n   1 |     FROM scratch\n   2 | >>> RU x\n--------------------\n"
        f"Error response from daemon: {message}\n"
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("nowhere",), 'unable to prepare context: path "nowhere" not found'),
        (("-f", "-", "-"), "invalid argument: can't use stdin for both build context and dockerfile"),
        (("-f", "/nowhere", "."), "lstat /nowhere: no such file or directory"),
        (("-t", "A", "."), "invalid reference format: repository name (library/A) must be lowercase"),
    ],
)
def test_what_cannot_be_built_is_told(wherry: CommandLine, argv: tuple[str, ...], message: str) -> None:
    status, _, err = wherry.run("build", *argv)
    assert status != 0
    assert message in err


def test_an_excerpt_has_the_neighbours() -> None:
    text = "1\n2\n3\n4\n5\n6\n7"
    assert excerpt("D", text, 4, 4).split("\n")[2:-1] == [
        "   2 |     2",
        "   3 |     3",
        "   4 | >>> 4",
        "   5 |     5",
        "   6 |     6",
    ]


class Screen:
    """A view on a terminal of 60 columns that keeps what is written; its clock goes when it is told to."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self.reading = reading
        self.now = 0.0
        self.out = Output(writing)
        self.out.columns = lambda: 60  # type: ignore[method-assign]
        self.view = Live(self.out, colours=False, clock=lambda: self.now)

    def read(self) -> str:
        self.out.flush()
        return os.read(self.reading, 1 << 16).decode()


def step(index: int, state: str, **more: Any) -> dict[str, Any]:
    return {"index": index, "total": 3, "stage": "0", "text": f"RUN {index}", "state": state, **more}


def test_the_live_view_leaves_a_line_for_each_step() -> None:
    screen = Screen()
    screen.view.step(step(1, "started"))
    screen.read()
    screen.now = 0.5
    screen.view.output({"index": 1, "text": "one\ntwo"})
    assert screen.read() == "\x1b[1A\r\x1b[J" + "\n".join(
        (f"{'[1/3] RUN 1':<50}{'0s':>9}", "      one", "      two", "")
    )
    screen.now = 2.0
    screen.view.step(step(1, "done", seconds=2.04))
    assert screen.read() == f"\x1b[3A\r\x1b[J{'[1/3] RUN 1':<50}{'2.0s':>9}\n"
    screen.view.step(step(2, "cached", stage="tools", seconds=0.0))
    assert screen.read() == f"\r\x1b[J{'[tools 2/3] RUN 2':<50}{'cached':>9}\n"
    screen.view.summary("abc", ["x:1"])
    assert screen.read() == "Built abc in 2.0s, 1 of 2 steps from the cache\n  named x:1\n"


def test_the_live_view_keeps_what_a_failed_step_wrote() -> None:
    screen = Screen()
    screen.view.step(step(1, "started"))
    screen.view.output({"index": 1, "text": "a\rb\x1b[31m\nbad"})
    screen.read()
    screen.view.step(step(1, "failed", seconds=61.0))
    assert screen.read().partition("\x1b[J")[2] == f"{'[1/3] RUN 1':<45}{'failed 1m01s':>14}\n      b\n      bad\n"


def test_steps_of_several_stages_run_side_by_side() -> None:
    screen = Screen()
    screen.view.step(step(1, "started", stage="a"))
    screen.view.step(step(2, "started", stage="b"))
    screen.read()
    screen.now = 5.0
    screen.view.tick()
    shown = screen.read().partition("\x1b[J")[2]
    assert [line.split() for line in shown.splitlines()] == [
        ["[a", "1/3]", "RUN", "1", "5s"],
        ["[b", "2/3]", "RUN", "2", "5s"],
    ]


def test_the_live_view_fits_its_terminal() -> None:
    screen = Screen()
    for index in range(100):
        screen.view.step(step(index, "started"))
    assert screen.read().rpartition("\x1b[J")[2].count("\n") == 23


def test_the_cache_of_builds_can_be_pruned(wherry: CommandLine) -> None:
    asked: list[dict[str, str]] = []

    def answer(request: Request, peer: Peer) -> None:
        asked.append(request.query)
        peer.answer(200, {"CachesDeleted": ["abc"], "SpaceReclaimed": 1000})

    wherry.engine.on("POST", "/build/prune", answer)
    out = wherry.output("builder", "prune", "-f", "--all", "--keep-storage", "1k")
    assert out == "Deleted build cache objects:\nabc\n\nTotal reclaimed space: 1kB\n"
    assert asked == [{"all": "1", "keep-storage": "1024"}]
