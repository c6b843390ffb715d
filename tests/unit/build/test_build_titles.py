import pytest

from wherry.build.plan.graph import plan
from wherry.build.plan.request import BuildRequest
from wherry.build.plan.titles import filled, titles
from wherry.model.image import Platform
from wherry.plan.dockerfile import parse

REQUEST = BuildRequest(host_platform=Platform(os="linux", architecture="amd64"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "FROM box\nENV a=b\nRUN x\nWORKDIR /w",
            ["[1/3] FROM docker.io/library/box:latest", "[2/3] RUN x", "[3/3] WORKDIR /w"],
        ),
        ("FROM scratch\nCOPY a /", ["[1/1] COPY a /"]),
        ("FROM host:1/x@sha256:" + "0" * 64, ["[1/1] FROM host:1/x@sha256:" + "0" * 64]),
        (
            "FROM a AS one\nADD x /\nFROM one\nRUN y",
            ["[one 1/2] FROM docker.io/library/a:latest", "[one 2/2] ADD x /", "[stage-1 1/1] RUN y"],
        ),
        (
            "FROM a" + "\nRUN x" * 9,
            ["[ 1/10] FROM docker.io/library/a:latest", *(f"[{n:2}/10] RUN x" for n in range(2, 11))],
        ),
    ],
)
def test_steps_are_called_as_buildkit_calls_them(text: str, expected: list[str]) -> None:
    assert list(titles(plan(parse(text), REQUEST)).values()) == expected


def test_values_of_variables_stand_in_a_title() -> None:
    title = "RUN echo $A \"${A}\" '$A' \\$A ${A:-x} $NONE ${NONE:-x} $AB"
    assert filled(title, {"A": "a"}) == "RUN echo a \"a\" '$A' \\$A a $NONE ${NONE:-x} $AB"


def test_a_title_takes_up_a_little_of_what_a_line_asks_for() -> None:
    """A Dockerfile of a few lines could ask for more memory than there is."""
    asked = filled("RUN " + "$A" * 1000 + "$B", {"A": "a" * 60_000, "B": "b"})

    assert asked == "RUN " + "a" * 60_000 + "$A" * 999 + "b"
