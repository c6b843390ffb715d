"""images --tree: how it is drawn, and what is asked for it."""

import json
from typing import Any

import pytest
from command_line import CommandLine

from wherry.cli.formats.image_tree import draw


def image(letter: str, *names: str, containers: int = 0) -> dict[str, Any]:
    return {"Id": f"sha256:{letter * 64}", "Names": list(names), "Containers": containers}


def layer(letter: str, size: int, total: int, **fields: Any) -> dict[str, Any]:
    identifier = f"sha256:{letter * 64}"
    rest = {"CreatedBy": "", "Images": [], "Children": [], **fields}
    return {"Id": identifier, "DiffID": identifier, "Size": size, "TotalSize": total, **rest}


RUN = "RUN /bin/sh -c make \x1b[31m  all # buildkit"
LAYERS = [
    layer(
        "a",
        2_030_000,
        2_030_000,
        Images=[image("1", "busybox:latest", containers=2)],
        Children=[
            layer(
                "b",
                4,
                2_030_004,
                CreatedBy=RUN,
                Children=[layer("c", 1000, 2_031_004, Images=[image("2", "app:1", "app:2"), image("3")])],
            ),
            layer("d", 0, 2_030_000, CreatedBy="/bin/sh -c #(nop) ADD file:123 in /", Images=[]),
        ],
    ),
    layer("e", 7, 7, Images=[image("4", "tiny:1")]),
]
PLAIN = """\
LAYER                                                                    SIZE    TOTAL   CONTAINERS
aaaaaaaaaaaa  busybox:latest (111111111111)                            2.03MB   2.03MB            2
├─bbbbbbbbbbbb  RUN make [31m all                                          4B   2.03MB
│ └─cccccccccccc  app:1, app:2 (222222222222), <none> (333333333333)      1kB   2.03MB            0
└─dddddddddddd  ADD file:123 in /                                          0B   2.03MB
eeeeeeeeeeee  tiny:1 (444444444444)                                        7B       7B            0
"""


def test_the_drawing() -> None:
    assert "\n".join(draw(LAYERS)) + "\n" == PLAIN


@pytest.mark.parametrize("width", [200, 100, 80, 60, 40, 30])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = draw(LAYERS, width=width)
    assert max(map(len, lines)) <= width
    assert all(line.split()[-1].endswith(("B", "0", "2", "SIZE", "CONTAINERS")) for line in lines)  # sizes stay
    assert ("TOTAL" in lines[0]) == (width >= 60)


def test_names_are_bold_and_ids_dim_and_nothing_moves() -> None:
    styled = draw(LAYERS, styled=True)
    assert styled[0] == PLAIN.splitlines()[0]
    assert styled[1].startswith("\x1b[2maaaaaaaaaaaa\x1b[0m\x1b[1m  busybox:latest (111111111111) ")
    assert styled[2].startswith("├─\x1b[2mbbbbbbbbbbbb\x1b[0m\x1b[2m  RUN make ")
    bare = [line.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "") for line in styled]
    assert "\n".join(bare) + "\n" == PLAIN


def test_without_cutting() -> None:
    lines = draw([layer("a", 1, 1, CreatedBy=f"RUN {'x' * 100}"), layer("b", 1, 1, Images=[image("1")])], trunc=False)
    assert lines[1].startswith(f"sha256:{'a' * 64}  RUN {'x' * 100} ")
    assert f"<none> (sha256:{'1' * 64})" in lines[2]


def test_images_without_layers() -> None:
    empty = {**layer("a", 0, 0, Images=[image("1", "config:1")]), "Id": "", "DiffID": ""}
    assert draw([empty])[1].startswith("<empty>  config:1 (111111111111) ")


def test_what_is_asked(wherry: CommandLine) -> None:
    wherry.engine.on("GET", "/wherry/images/tree", body=LAYERS)
    assert wherry.output("images", "--tree", "-a", "-f", "dangling=false", "app") == PLAIN
    filters = {"dangling": {"false": True}, "reference": {"app": True}}
    query = wherry.engine.requests[-1].query
    assert (json.loads(query["filters"]), query["all"]) == (filters, "1")
    assert json.loads(wherry.output("images", "--tree", "--format", "json")) == LAYERS


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["-q"], "--quiet is not supported with --tree"),
        (["--digests"], "--digests is not supported with --tree"),
        (["--format", "{{.ID}}"], "--format with --tree must be 'json'"),
    ],
)
def test_what_does_not_go_together(wherry: CommandLine, flags: list[str], message: str) -> None:
    assert wherry.run("images", "--tree", *flags) == (1, "", f"{message}\n")


def test_an_engine_that_has_no_tree(wherry: CommandLine) -> None:
    wherry.engine.on("GET", "/wherry/images/tree", status=404, body={"message": "page not found"})
    message = "--tree needs a wherry engine: this one does not tell the layers of its images\n"
    assert wherry.run("images", "--tree") == (1, "", message)
