"""build: a directory that the engine takes what it wants of."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CommandLine
from fake_engine import FakeEngine, Peer, Request

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
IMAGE = "sha256:" + "a" * 64


class Engine:
    """Is told of files, and wants those of these numbers; what came is kept."""

    def __init__(self, engine: FakeEngine, wanted: list[int]) -> None:
        self.requests: list[Request] = []
        self.told, self.sent = b"", b""
        self._wanted = wanted
        engine.on("POST", "/build/offered", self.answer)

    def answer(self, request: Request, peer: Peer) -> None:
        self.requests.append(request)
        peer.raw(CONTINUE)
        chunks = peer.chunks()
        self.told = next(chunks)
        peer.raw(HEAD + line({"id": "wherry.wanted", "aux": {"files": self._wanted}}))
        self.take(peer, chunks)
        peer.raw(line({"stream": "wherry.wanted is a word like others\n"}) + line({"aux": {"ID": IMAGE}}))

    def take(self, peer: Peer, chunks: Iterator[bytes]) -> None:
        self.sent = next(chunks)


class Full(Engine):
    """Gives up after a part of what it wanted."""

    def take(self, peer: Peer, chunks: Iterator[bytes]) -> None:
        peer.raw(line({"errorDetail": {"message": "no space left on device"}, "error": "no space left on device"}))


def line(message: object) -> bytes:
    return json.dumps(message).encode() + b"\r\n"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    root.mkdir()
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (root / "a").write_text("content of a")
    (root / "b").write_text("content of b")
    (root / "skipped").write_text("")
    (root / ".dockerignore").write_text("skipped\nDockerfile\n")
    return root


def test_only_what_the_engine_wants_is_sent(wherry: CommandLine, context: Path) -> None:
    server = Engine(wherry.engine, [2])  # .dockerignore, a, b
    out = wherry.output("build", "-t", "x", str(context))
    assert out.splitlines() == ["Sending build context to Docker daemon  43B", "wherry.wanted is a word like others"]
    assert (server.requests[0].query["t"], server.requests[0].query["dockerfile"]) == ("x", "Dockerfile")
    assert b"FROM scratch\nCOPY . /\n" in server.told
    assert b"skipped" not in server.told.partition(b"COPY")[2]
    assert b"content of b" in server.sent
    assert b"content of a" not in server.told + server.sent
    assert wherry.engine.sent("POST", "/build") == []


def test_a_directory_is_called_the_same_each_time(wherry: CommandLine, context: Path, tmp_path: Path) -> None:
    server = Engine(wherry.engine, [0])
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "Dockerfile").write_text("FROM scratch\n")
    for place in ("context", "context/../context", "other"):
        wherry.output("build", "-q", str(tmp_path / place))
    first, second, other = (request.query["wherry.directory"] for request in server.requests)
    assert first == second != other


def test_a_file_that_cannot_be_sent_ends_the_build(wherry: CommandLine, context: Path) -> None:
    server = Engine(wherry.engine, [1])
    server.take = lambda peer, chunks: None  # type: ignore[method-assign]
    told = server.answer

    def answer(request: Request, peer: Peer) -> None:
        told(request, Vanishing(peer, context / "a"))

    wherry.engine.on("POST", "/build/offered", answer)
    status, _, err = wherry.run("build", str(context))
    assert (status, err) == (1, f"error checking context: {context}/a: No such file or directory\n")


class Vanishing(Peer):
    """A file goes before anything is asked for."""

    def __init__(self, peer: Peer, path: Path) -> None:
        super().__init__(peer.sock)
        self._path = path

    def raw(self, data: bytes) -> None:
        if data.startswith(HEAD):
            self._path.unlink()
        super().raw(data)


def test_why_the_engine_gave_up_is_told_although_it_took_not_all(wherry: CommandLine, context: Path) -> None:
    with (context / "a").open("wb") as file:
        file.truncate(64 << 20)
    Full(wherry.engine, [1])
    status, _, err = wherry.run("build", "-q", str(context))
    assert status == 1
    assert err.endswith("no space left on device\n")


@pytest.mark.parametrize("status", [403, 404])
def test_an_engine_that_takes_no_offers_is_sent_an_archive(wherry: CommandLine, context: Path, status: int) -> None:
    wherry.engine.on("POST", "/build/offered", status=status, body={"message": "no"})
    wherry.engine.on("POST", "/build", lambda _, peer: peer.raw(HEAD + line({"aux": {"ID": IMAGE}})) or peer.end())
    assert wherry.output("build", "-q", str(context)) == f"{IMAGE}\n"
    assert b"content of a" in wherry.engine.sent("POST", "/build")[0].body


def test_what_an_engine_does_not_like_about_an_offer_is_told(wherry: CommandLine, context: Path) -> None:
    wherry.engine.on("POST", "/build/offered", status=400, body={"message": "invalid reference format"})
    status, _, err = wherry.run("build", str(context))
    assert (status, err) == (1, "Error response from daemon: invalid reference format\n")
    assert os.listdir(context)
