"""search: repositories of a registry that has an index, as Docker Hub has one."""

import json
from collections.abc import Iterator

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.httpserver import Scripted, answering

pytestmark = pytest.mark.root

FOUND = [
    {"name": "tool", "description": "what\nit is for" + " so much" * 9, "star_count": 30, "is_official": True},
    {"name": "me/tool", "description": "", "star_count": 2, "is_official": False, "is_automated": True},
]
WHERE = "localhost:5055"


@pytest.fixture
def index(engine: Engine) -> Iterator[Scripted]:
    server = Scripted(listener=engine.host.listen(5055))
    server.scripts["/v1/_ping"] = answering(200, b"true")
    server.scripts["/v1/search"] = answering(200, json.dumps({"num_results": 2, "results": FOUND}).encode())
    yield server
    server.close()


@pytest.mark.newer_docker(23)
def test_the_table(cli: Cli, index: Scripted) -> None:
    assert cli("search", "--limit", "5", f"{WHERE}/tool").stdout == (
        "NAME      DESCRIPTION                                     STARS     OFFICIAL\n"
        "tool      what it is for so much so much so much so mu…   30        [OK]\n"
        "me/tool                                                   2         \n"
    )
    assert [target for _, target, _ in index.seen if "search" in target] == ["/v1/search?q=tool&n=5"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (("is-official=true",), ["tool"]),
        (("is-official=false",), ["me/tool"]),
        (("stars=3",), ["tool"]),
        (("is-automated=true",), []),
        (("is-automated=false", "stars=1"), ["tool", "me/tool"]),
    ],
)
def test_filters(cli: Cli, index: Scripted, filters: tuple[str, ...], names: list[str]) -> None:
    flags = [word for text in filters for word in ("--filter", text)]
    assert cli.line("search", *flags, "--format", "{{.Name}}", f"{WHERE}/tool").split() == names


@pytest.mark.newer_docker(23)
def test_as_json(cli: Cli, index: Scripted) -> None:
    last = json.loads(cli.line("search", "--format", "json", f"{WHERE}/tool").splitlines()[-1])
    automated = {} if cli.is_later else {"IsAutomated": "false"}
    assert last == {"Description": "", **automated, "IsOfficial": "false", "Name": "me/tool", "StarCount": "2"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--limit", "101", "x"), "limit 101 is outside the range of [1, 100]"),
        (("--filter", "bad=1", "x"), "invalid filter 'bad'"),
        (("--filter", "is-official=maybe", "x"), "invalid filter 'is-official=[maybe]'"),
    ],
)
def test_what_cannot_be_searched(cli: Cli, arguments: tuple[str, ...], text: str) -> None:
    assert text in cli.fails(1, "search", *arguments)


def test_a_registry_without_an_index(cli: Cli, index: Scripted) -> None:
    index.scripts["/v1/search"] = answering(404, b"")
    assert cli.fails(1, "search", f"{WHERE}/tool") == "Error response from daemon: Unexpected status code 404\n"
