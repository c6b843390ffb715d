"""push and search: what they ask, what they show, what they refuse."""

import json

import pytest
from command_line import CommandLine
from fake_engine import Peer, Request

PUSHED = [
    {"status": "The push refers to repository [r:5000/x]"},
    {"status": "Preparing", "progressDetail": {}, "id": "2aa91bc1d8e4"},
    {"status": "Pushing", "progressDetail": {"current": 1, "total": 2}, "progress": "", "id": "2aa91bc1d8e4"},
    {"status": "Pushed", "progressDetail": {}, "id": "2aa91bc1d8e4"},
    {"status": "1: digest: sha256:ab size: 427"},
    {"progressDetail": {}, "aux": {"Tag": "1", "Digest": "sha256:ab", "Size": 427}},
]
LINES = (
    "The push refers to repository [r:5000/x]\n2aa91bc1d8e4: Preparing\n2aa91bc1d8e4: Pushed\n"
    "1: digest: sha256:ab size: 427\n"
)
FOUND = [
    {"name": "tool", "description": "a\nb" + " c" * 30, "star_count": 3, "is_official": True},
    {"name": "me/tool", "description": "", "star_count": 0, "is_official": False},
]


def serve(line: CommandLine, path: str, messages: list[dict[str, object]]) -> None:
    body = b"".join(json.dumps(message).encode() + b"\r\n" for message in messages)

    def stream(_: Request, peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    line.engine.on("POST", path, stream)


@pytest.mark.parametrize(
    ("argv", "path", "query", "out"),
    [
        (["r:5000/x:1"], "/images/r:5000/x/push", {"tag": "1"}, LINES),
        (["r:5000/x"], "/images/r:5000/x/push", {"tag": "latest"}, "Using default tag: latest\n" + LINES),
        (["-a", "r:5000/x"], "/images/r:5000/x/push", {}, LINES),
        (["-q", "me/x"], "/images/me/x/push", {"tag": "latest"}, "docker.io/me/x:latest\n"),
        (["-aq", "r:5000/x"], "/images/r:5000/x/push", {}, "r:5000/x\n"),
    ],
)
def test_push_asks_and_tells(wherry: CommandLine, argv: list[str], path: str, query: dict[str, str], out: str) -> None:
    serve(wherry, path, PUSHED)
    assert wherry.output("push", *argv) == out
    assert wherry.engine.requests[-1].query == query


@pytest.mark.parametrize(
    ("argv", "err"),
    [
        (["-a", "x:1"], "tag can't be used with --all-tags/-a"),
        ([f"x@sha256:{'a' * 64}"], "cannot push a digest reference"),
        (["X"], "invalid reference format: repository name (library/X) must be lowercase"),
    ],
)
def test_push_refuses_before_it_asks(wherry: CommandLine, argv: list[str], err: str) -> None:
    assert wherry.run("push", *argv) == (1, "", f"{err}\n")
    assert wherry.engine.requests == []


def test_a_push_that_fails_half_way_fails(wherry: CommandLine) -> None:
    failure: dict[str, object] = {"errorDetail": {"message": "no basic auth credentials"}, "error": "no"}
    serve(wherry, "/images/r:5000/x/push", [*PUSHED[:2], failure])
    assert wherry.run("push", "r:5000/x:1") == (
        1,
        "The push refers to repository [r:5000/x]\n2aa91bc1d8e4: Preparing\n",
        "no basic auth credentials\n",
    )


def test_search_shows_a_table(wherry: CommandLine) -> None:
    wherry.engine.on("GET", "/images/search", body=FOUND)

    assert wherry.output("search", "-f", "stars=0", "--limit", "2", "tool") == (
        "NAME      DESCRIPTION                                     STARS     OFFICIAL\n"
        "tool      a b c c c c c c c c c c c c c c c c c c c c …   3         [OK]\n"
        "me/tool                                                   0         \n"
    )
    assert wherry.engine.requests[-1].query == {"term": "tool", "limit": "2", "filters": '{"stars":{"0":true}}'}


@pytest.mark.parametrize(
    ("template", "first"),
    [
        ("{{.Name}} {{.StarCount}} {{.IsOfficial}}", "tool 3 [OK]"),
        (
            "json",
            f'{{"Description":"a b{" c" * 30}","IsAutomated":"false","IsOfficial":"true","Name":"tool",'
            '"StarCount":"3"}',
        ),
    ],
)
def test_search_by_a_template(wherry: CommandLine, template: str, first: str) -> None:
    wherry.engine.on("GET", "/images/search", body=FOUND)
    assert wherry.output("search", "--no-trunc", "--format", template, "tool").splitlines()[0] == first
