"""Any request has an answer that fits Docker's description of its API, and none harms the engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.core.transport import Response

from tests.e2e.requests.description import operations
from tests.e2e.requests.docker_failures import is_dockers_own
from tests.e2e.requests.made_up import cases
from tests.e2e.requests.sending import send
from tests.e2e.requests.world import World
from tests.harness.engine import Engine
from tests.harness.fuzzing import examples

pytestmark = [pytest.mark.root, pytest.mark.hypothesis]

OPERATIONS = operations()
_MOST_MEMORY = 150 << 20
"""Bytes that the engine may hold at the worst moment of all these tests."""


@pytest.fixture(scope="module")
def world(engine: Engine, api: docker.DockerClient, busybox: Path) -> World:
    return World(api, busybox)


@pytest.fixture(autouse=True)
def unharmed(engine: Engine, world: World) -> Iterator[None]:
    """Whatever came, the engine is the same process, has grown little, and has found no fault of its own."""
    assert engine.process is not None
    told = engine.log.stat().st_size
    yield
    assert engine.process.poll() is None
    assert "Traceback" not in (log := engine.log.read_text()[told:]), log
    assert engine.highest_memory() < _MOST_MEMORY
    world.tidy()


@pytest.mark.parametrize("label", OPERATIONS)
def test_any_request_is_answered_as_described(engine: Engine, world: World, label: str) -> None:
    @examples(6, shrink=False)
    @given(data=st.data())
    def answered(data: st.DataObject) -> None:
        check(engine, label, data.draw(cases(OPERATIONS[label], world.known())))

    answered()


@dataclass(frozen=True)
class Noun:
    """How one is made, by which parameter and field it is known, and what is asked about it then."""

    create: str
    least: dict[str, str]
    key: str
    parameter: str
    asked: tuple[str, ...]


NOUNS = (
    Noun(
        "POST /containers/create",
        {"Image": "busybox"},
        "Id",
        "id",
        (
            "GET /containers/{id}/json",
            "POST /containers/{id}/start",
            "GET /containers/{id}/json",
            "GET /containers/json",
            "DELETE /containers/{id}",
        ),
    ),
    Noun(
        "POST /networks/create",
        {"Name": "made"},
        "Id",
        "id",
        ("GET /networks/{id}", "GET /networks", "DELETE /networks/{id}"),
    ),
    Noun(
        "POST /volumes/create",
        {},
        "Name",
        "name",
        ("GET /volumes/{name}", "GET /volumes", "GET /system/df", "DELETE /volumes/{name}"),
    ),
)


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.create)
def test_what_any_request_made_is_told_as_described(engine: Engine, world: World, noun: Noun) -> None:
    @examples(20, shrink=False)
    @given(data=st.data())
    def told(data: st.DataObject) -> None:
        case = data.draw(cases(OPERATIONS[noun.create], world.known()))
        if isinstance(case.body, dict):
            case.body = {**case.body, **noun.least}
        made = check(engine, noun.create, case)
        if made.status_code != 201:
            return
        named = {noun.parameter: made.json()[noun.key]}
        for label in noun.asked:
            operation = OPERATIONS[label]
            query = {name: "true" for name in ("all", "force") if any(known.name == name for known in operation.query)}
            answer = check(engine, label, operation.Case(path_parameters=named, query=query))
        assert answer.status_code in (204, 404)  # it may have removed itself

    told()


def check(engine: Engine, label: str, case: Case) -> Response:
    """Send it; the answer is one that Docker's description has."""
    answer = send(engine.socket, case)
    request = case.as_curl_command()
    if answer.status_code >= 500 and answer.status_code not in (501, 503):
        assert is_dockers_own(label, answer), f"{answer.content.decode()}\n{request}"
    if answer.status_code >= 400 and case.method != "HEAD":
        assert answer.json().keys() == {"message"}, request
    if not answer.stream_cut_short:
        OPERATIONS[label].validate_response(answer, case=case)
    return answer
