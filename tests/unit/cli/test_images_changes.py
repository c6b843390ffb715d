"""rmi, tag, save, load and import."""
# ruff: noqa: E501  tables have one case a line

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import CommandLine
from fake_engine import Peer, Request
from test_pull import on_terminal, serve
from test_start_up import SOURCE


def test_rmi_tells_what_went_and_goes_on_after_an_error(wherry: CommandLine) -> None:
    wherry.engine.on("DELETE", "/images/a/b:1", body=[{"Untagged": "a/b:1"}, {"Deleted": "sha256:1"}])
    wherry.engine.on("DELETE", "/images/nope", status=404, body={"message": "No such image: nope:latest"})
    status, out, err = wherry.run("rmi", "nope", "a/b:1")
    assert (status, out) == (1, "Untagged: a/b:1\nDeleted: sha256:1\n")
    assert err == "Error response from daemon: No such image: nope:latest\n"


@pytest.mark.parametrize(("engine_status", "exit_status"), [(404, 0), (409, 1)])
def test_force_forgives_only_what_is_missing(wherry: CommandLine, engine_status: int, exit_status: int) -> None:
    wherry.engine.on("DELETE", "/images/x", status=engine_status, body={"message": "no"})
    assert wherry.run("image", "rm", "-f", "--no-prune", "x")[0] == exit_status
    assert wherry.engine.requests[-1].query == {"force": "1", "noprune": "1"}


@pytest.mark.parametrize(
    ("target", "query"),
    [
        ("a/b", {"repo": "a/b", "tag": "latest"}),
        ("r:5000/x:1", {"repo": "r:5000/x", "tag": "1"}),
        ("docker.io/library/x:1", {"repo": "x", "tag": "1"}),
    ],
)
def test_tag(wherry: CommandLine, target: str, query: dict[str, str]) -> None:
    wherry.engine.on("POST", "/images/busybox:1/tag", status=201)
    assert wherry.output("tag", "busybox:1", target) == ""
    assert wherry.engine.requests[-1].query == query


@pytest.mark.parametrize(
    ("target", "err"),
    [
        ("X:y", 'Error parsing reference: "X:y" is not a valid repository/tag: invalid reference format: repository name (library/X) must be lowercase\n'),
        ("-a", 'Error parsing reference: "-a" is not a valid repository/tag: invalid reference format\n'),
        ("x@sha256:" + "a" * 64, "refusing to create a tag with a digest reference\n"),
    ],
)  # fmt: skip
def test_what_tag_refuses(wherry: CommandLine, target: str, err: str) -> None:
    assert wherry.run("tag", "busybox", target) == (1, "", err)


ARCHIVE = bytes(range(256)) * 5000


@pytest.fixture
def saving(wherry: CommandLine) -> CommandLine:
    def handler(_: Request, peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(ARCHIVE), ARCHIVE))

    wherry.engine.on("GET", "/images/get", handler)
    return wherry


def test_save_to_a_file(saving: CommandLine, tmp_path: Path) -> None:
    assert saving.output("save", "-o", f"{tmp_path}/out.tar", "a", "b:1") == ""
    assert (tmp_path / "out.tar").read_bytes() == ARCHIVE
    assert saving.engine.requests[-1].target == "/images/get?names=a&names=b%3A1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.tar", "socket"]


def test_save_to_a_pipe(saving: CommandLine) -> None:
    command = [sys.executable, "-m", "wherry.cli.main", "-H", saving.engine.host, "save", "a"]
    done = subprocess.run(command, capture_output=True, cwd=SOURCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, ARCHIVE, b"")


def test_save_needs_a_place_to_write_to(saving: CommandLine, tmp_path: Path) -> None:
    message = 'failed to save image: invalid output path: directory "/nonexistent" does not exist\n'
    assert saving.run("save", "-o", "/nonexistent/x", "a") == (1, "", message)
    status, _, err = saving.run("save", "-o", str(tmp_path), "a")
    assert (status, err.startswith("failed to save image: ")) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["socket"]
    assert not list(tmp_path.parent.glob(".wherry_temp_*"))


def test_save_never_takes_the_place_of_a_device(saving: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "null").symlink_to("/dev/null")
    where = f'"{tmp_path}/null" must be a directory or a regular file: got a device'
    message = f"failed to save image: invalid output path: {where}\n"
    assert saving.run("save", "-o", f"{tmp_path}/null", "a") == (1, "", message)


def test_save_takes_the_place_of_a_pipe(saving: CommandLine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert saving.run("save", "-o", f"{tmp_path}/fifo", "a") == (0, "", "")
    assert (tmp_path / "fifo").is_file()


def test_a_save_that_breaks_off_leaves_no_file(wherry: CommandLine, tmp_path: Path) -> None:
    def breaking(_: Request, peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        peer.end()

    wherry.engine.on("GET", "/images/get", breaking)
    status, _, err = wherry.run("save", "-o", f"{tmp_path}/out.tar", "a")
    assert (status, len(err.splitlines())) == (1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["socket"]


def test_save_refuses_a_terminal(saving: CommandLine) -> None:
    shown = on_terminal("-H", saving.engine.host, "save", "a")
    assert shown.strip() == "cowardly refusing to save to a terminal. Use the -o flag or redirect"


def test_load_refuses_a_terminal(wherry: CommandLine) -> None:
    shown = on_terminal("-H", wherry.engine.host, "load")
    assert shown.strip() == "requested load from stdin, but stdin is empty"


@pytest.mark.parametrize("source", ["file", "pipe"])
def test_load(wherry: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    serve(wherry.engine, [{"stream": "Loaded image: busybox:latest\n"}], "/images/load")
    archive = tmp_path / "in.tar"
    archive.write_bytes(ARCHIVE)
    with archive.open("rb") as file:
        argv = ["-i", str(archive)] if source == "file" else []
        assert with_stdin(file, lambda: wherry.output("load", *argv)) == "Loaded image: busybox:latest\n"
    assert (wherry.engine.requests[-1].body, wherry.engine.requests[-1].query) == (ARCHIVE, {"quiet": "1"})


def with_stdin(file: io.BufferedReader, work: Callable[[], str]) -> str:
    kept = os.dup(0)
    os.dup2(file.fileno(), 0)
    try:
        return work()
    finally:
        os.dup2(kept, 0)
        os.close(kept)


def test_load_of_what_is_not_there(wherry: CommandLine) -> None:
    assert wherry.run("load", "-i", "nope") == (1, "", "open nope: no such file or directory\n")
    assert wherry.engine.requests == []


def test_import_from_a_file(wherry: CommandLine, tmp_path: Path) -> None:
    serve(wherry.engine, [{"status": "sha256:1"}])
    (tmp_path / "root.tar").write_bytes(ARCHIVE)
    argv = [
        "-c",
        "CMD sh",
        "-c",
        "ENV a=b",
        "-m",
        "hello",
        "--platform",
        "linux/arm64",
        f"{tmp_path}/root.tar",
        "a/b:1",
    ]
    assert wherry.output("import", *argv) == "sha256:1\n"
    request = wherry.engine.requests[-1]
    assert request.body == ARCHIVE
    assert request.target == (
        "/images/create?changes=CMD%20sh&changes=ENV%20a%3Db&repo=a%2Fb%3A1&message=hello"
        "&platform=linux%2Farm64&fromSrc=-"
    )


def test_import_from_an_address_is_the_engines_download(wherry: CommandLine) -> None:
    serve(wherry.engine, [{"status": "Downloading from http://h/x"}, {"status": "sha256:1"}])
    assert wherry.output("image", "import", "http://h/x") == "Downloading from http://h/x\nsha256:1\n"
    assert (wherry.engine.requests[-1].query["fromSrc"], wherry.engine.requests[-1].body) == ("http://h/x", b"")


def test_what_import_refuses(wherry: CommandLine, tmp_path: Path) -> None:
    assert wherry.run("import", "nope.tar") == (1, "", "open nope.tar: no such file or directory\n")
    message = "invalid reference format: repository name (library/X) must be lowercase\n"
    assert wherry.run("import", "-", "X:y") == (1, "", message)
