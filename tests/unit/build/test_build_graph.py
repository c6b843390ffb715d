import pytest

from wherry.build.plan.graph import Graph, plan
from wherry.build.plan.origins import ContextSource, ImageSource, Scratch, StageSource
from wherry.build.plan.request import BuildRequest
from wherry.build.plan.scope import scope_of
from wherry.build.plan.stage import begin, interpret
from wherry.errors import InvalidArgument
from wherry.model.image import Platform
from wherry.plan.dockerfile import parse

HOST = Platform(os="linux", architecture="amd64")
REQUEST = BuildRequest(host_platform=HOST)


def planned(text: str, request: BuildRequest = REQUEST) -> Graph:
    return plan(parse(text), request)


def test_only_stages_that_the_target_needs_are_built() -> None:
    graph = planned(
        "FROM a AS base\nRUN 1\nFROM b AS unused\nRUN 2\nFROM base AS tools\nFROM scratch\n"
        "COPY --from=tools /x /\nRUN --mount=from=base,target=/m true\n"
    )
    assert [(stage.index, stage.base, stage.needs) for stage in graph.stages] == [
        (0, ImageSource("a"), ()),
        (2, StageSource(0), (0,)),
        (3, Scratch(), (0, 2)),
    ]
    assert ([stage.first_step for stage in graph.stages], graph.total) == ([1, 3, 4], 6)


def test_there_is_an_end_to_stages() -> None:
    with pytest.raises(InvalidArgument, match="a Dockerfile may have 2000 stages, this has 2001"):
        planned("FROM a\n" * 2001)


def test_a_target_has_a_name_without_case_or_an_index() -> None:
    text = "FROM a AS one\nFROM b AS two\nFROM c"
    for target, index in (("", 2), ("TWO", 1), ("0", 0)):
        assert planned(text, BuildRequest(host_platform=HOST, target=target)).target.index == index


def test_global_args_are_for_from_and_arguments_of_the_request_come_first() -> None:
    text = "ARG image=busybox tag=1\nARG whole=$image:$tag\nFROM --platform=$BUILDPLATFORM $whole"
    graph = planned(text, BuildRequest(host_platform=HOST, build_args={"tag": "2"}))
    assert graph.target.base == ImageSource("busybox:2", HOST)
    assert graph.target.first_step == 3


def test_an_argument_that_is_named_without_a_value_has_its_default() -> None:
    graph = planned("ARG tag=1\nFROM busybox:$tag", BuildRequest(host_platform=HOST, build_args={"tag": None}))
    assert graph.target.base == ImageSource("busybox:1")


def test_labels_of_the_request_are_more_instructions_and_mean_themselves() -> None:
    request = BuildRequest(host_platform=HOST, labels={"b": "it's $x", "a": '"'})
    graph = planned("FROM scratch", request)
    assert graph.total == 3
    assert [label.text for label in graph.target.instructions] == ['LABEL a="', "LABEL b=it's $x"]
    state = begin(graph, graph.target, request, None)
    for label in graph.target.instructions:
        state = interpret(state, label).state
    assert state.config.labels == {"a": '"', "b": "it's $x"}


def test_a_source_is_a_stage_before_this_one_or_an_image() -> None:
    graph = planned("FROM a AS one\nFROM b\nFROM c\nCOPY --from=0 /x /\nCOPY --from=1 /y /\nCOPY --from=busybox /z /")
    scope = scope_of(graph, graph.target, REQUEST)
    assert [scope.origin(text) for text in ("ONE", "1", "busybox:1")] == [
        StageSource(0),
        StageSource(1),
        ImageSource("busybox:1"),
    ]


def test_names_of_the_request_come_before_stages_and_images() -> None:
    request = BuildRequest(
        host_platform=HOST,
        contexts={"base": "docker-image://box", "scratch": "docker-image://empty", "files": "local:files"},
    )

    graph = planned("FROM base:latest\nCOPY --from=files a /\nFROM scratch AS base\nCOPY --from=0 / /\n", request)

    assert [stage.base for stage in graph.stages] == [ImageSource("box"), ImageSource("empty")]
    scope = scope_of(graph, graph.target, request)
    assert [scope.origin(text) for text in ("files", "base", "0")] == [
        ContextSource("files"),
        ImageSource("box"),
        StageSource(0),
    ]
    whole = planned("FROM docker.io/library/files:latest\nCOPY x /\n", request).target
    assert whole.base == Scratch()
    assert [each.text for each in whole.instructions] == ["COPY --from=files . /", "COPY x /"]


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("FROM a", "foo", 'target stage "foo" could not be found'),
        ("FROM a AS x\nFROM b AS X", "", "x stage name already used"),
        ("FROM ${x}", "", "base name (${x}) should not be blank"),
        ("FROM a\nCOPY --from=0 /x /", "", "invalid from flag value 0: refers to current build stage"),
        ("FROM a\nCOPY --from=7 /x /", "", "invalid from flag value 7: index out of bounds"),
        (f"FROM a\nCOPY --from={'9' * 5000} /x /", "", f"invalid from flag value {'9' * 5000}: index out of bounds"),
    ],
)
def test_what_cannot_be_planned_is_told(text: str, target: str, message: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        planned(text, BuildRequest(host_platform=HOST, target=target))
    assert str(caught.value) == message
