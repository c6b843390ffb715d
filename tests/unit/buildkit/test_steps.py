"""News of a build as a client is told of them."""

from typing import Any

import pytest
from msgspec.structs import replace

from wherry.buildkit.failures import call_failed
from wherry.buildkit.jobs import Job
from wherry.buildkit.messages.control import Vertex, VertexWarning
from wherry.buildkit.messages.gateway import SolveRequest
from wherry.buildkit.progress import Progress as Status
from wherry.buildkit.status import CallFailed
from wherry.buildkit.steps import Steps
from wherry.errors import DockerfileError
from wherry.model.build import BuildNews, DockerfileNews, OutputNews, StepNews, StepState
from wherry.model.progress import Progress

FROM = StepNews(
    index=1,
    total=3,
    stage="0",
    text="FROM box",
    state=StepState.STARTED,
    lines=(1, 1),
    title="[1/2] FROM docker.io/library/box:latest",
)
ENV = replace(FROM, index=2, text="ENV a=b", lines=(2, 2), title="")
RUN = replace(FROM, index=3, text="RUN x", lines=(3, 3), title="[2/2] RUN x")
LOOKUP = "[internal] load metadata for docker.io/library/box:latest"


def ended(news: StepNews, state: StepState = StepState.DONE) -> StepNews:
    return replace(news, state=state, seconds=1.0)


async def told(*news: BuildNews, failure: str = "") -> list[tuple[Any, ...]]:
    """What a client that keeps up with it hears."""
    status = Status("build", lambda: 1_000_000_000)
    steps = Steps(status)
    for piece in news:
        steps.take(piece)
    if failure:
        steps.fail(failure)
    status.end()
    names: dict[str, str] = {}
    heard: list[tuple[Any, ...]] = []
    while (response := await status.read()) is not None:
        names |= {vertex.digest: vertex.name for vertex in response.vertexes}
        heard += [(vertex.name, _state(vertex)) for vertex in response.vertexes]
        heard += [(names[part.vertex], part.id, part.current, part.total) for part in response.statuses]
        heard += [(names[log.vertex], log.message) for log in response.logs]
    return heard


def _state(vertex: Vertex) -> str:
    if vertex.completed is None:
        return "begun"
    return vertex.error or ("cached" if vertex.cached else "done")


async def test_a_build_whose_base_is_here() -> None:
    heard = await told(
        DockerfileNews("FROM box\n"),
        *(FROM, ended(FROM), ENV, ended(ENV)),
        *(RUN, OutputNews(index=3, text="said\n"), ended(RUN)),
    )
    assert heard == [
        (LOOKUP, "begun"),
        (LOOKUP, "done"),
        (FROM.title, "cached"),
        (RUN.title, "begun"),
        (RUN.title, "done"),
        (RUN.title, b"said\n"),
    ]


async def test_a_base_that_is_pulled() -> None:
    layer = Progress(id="abc", status="Downloading", current=1, total=2)
    heard = await told(FROM, layer, replace(layer, status="Extracting"), ended(FROM))
    assert heard == [
        (LOOKUP, "begun"),
        (LOOKUP, "done"),
        (FROM.title, "begun"),
        (FROM.title, "done"),
        (FROM.title, "abc", 1, 2),
        (FROM.title, "extracting abc", 1, 2),
        (FROM.title, "abc", 1, 2),
        (FROM.title, "extracting abc", 1, 2),
    ]


async def test_stages_with_one_base_show_it_once() -> None:
    other = replace(FROM, index=4, stage="1", title="[other 1/1] FROM docker.io/library/box:latest")
    heard = await told(FROM, other, ended(other), ended(FROM))
    assert heard == [(LOOKUP, "begun"), (LOOKUP, "done"), (FROM.title, "cached")]


async def test_what_is_under_way_ends_with_what_failed() -> None:
    other = replace(RUN, index=4, title="[other 1/1] RUN y")
    heard = await told(FROM, ended(FROM), RUN, other, ended(RUN, StepState.FAILED), failure="the reason")
    assert heard[-2:] == [(RUN.title, "the reason"), (other.title, "context canceled")]


async def test_a_base_that_is_not_found() -> None:
    heard = await told(FROM, ended(FROM, StepState.FAILED), failure="the reason")
    assert heard == [(LOOKUP, "begun"), (LOOKUP, "the reason")]


async def test_a_trigger_is_a_step_of_its_own() -> None:
    trigger = replace(FROM, text="RUN z", lines=None, title="RUN z")
    heard = await told(FROM, ended(FROM), trigger, ended(trigger, StepState.CACHED))
    assert heard[-2:] == [("RUN z", "begun"), ("RUN z", "cached")]


async def test_warnings_are_of_what_was_done_first() -> None:
    status = Status("build", lambda: 0)
    reading = status.vertex("reading")
    Steps(status).take(DockerfileNews("FROM box\n", ("mind this",)))
    response = await status.read()
    assert response is not None
    assert [(warning.vertex, warning.short) for warning in response.warnings] == [(reading.digest, b"mind this")]


async def test_output_is_dropped_only_where_nobody_reads() -> None:
    status = Status("build", lambda: 0)
    activity = status.vertex("talker")
    for _ in range(100):
        activity.log("x" * (1 << 16))
    status.end()
    size = 0
    while (response := await status.read()) is not None:
        size += sum(len(log.message) for log in response.logs)
    assert 1 << 20 <= size <= 2 << 20


async def test_nobody_piles_up_warnings_and_results() -> None:
    job = Job("ref", "session", Status("build", lambda: 0))
    for _ in range(100):
        job.progress.tell(VertexWarning(vertex="", detail=(bytes(1 << 16),)))
    job.progress.end()
    response = await job.progress.read()
    assert response is not None
    assert 16 <= len(response.warnings) <= 17

    for _ in range(64):
        job.add(SolveRequest())
    with pytest.raises(CallFailed, match="too many results of one build"):
        job.add(SolveRequest())


def test_a_long_dockerfile_is_not_shown_with_its_error() -> None:
    def details(dockerfile: str) -> bytes:
        error = DockerfileError(1, "unknown instruction: X", dockerfile)
        return call_failed(error, Steps(Status("build", lambda: 0)), "Dockerfile").details

    assert details("X\n")
    assert not details("X\n" * (1 << 20))
