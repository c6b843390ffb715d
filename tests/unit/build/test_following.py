"""Which files of a context are asked for."""

from pathlib import Path

import pytest

from wherry.build.plan.following import Paths, context_paths
from wherry.build.plan.graph import plan
from wherry.build.plan.request import BuildRequest
from wherry.build.solver.context import Delivery
from wherry.build.solver.workspace import Folder
from wherry.model.image import Platform
from wherry.plan.dockerfile import parse

REQUEST = BuildRequest(host_platform=Platform(os="linux", architecture="amd64"))


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("COPY a ./b/../c/*.txt /d/", {"a", "c/*.txt"}),
        ("COPY --parents x/./y/z /d/\nADD https://host/file q /e/", {"x/y/z", "q"}),
        ("RUN --mount=source=/m,target=/m --mount=type=cache,target=/c true", {"m"}),
        ("COPY --from=busybox /x /\nRUN --mount=from=busybox,source=bin,target=/b true", set()),
        ("COPY a /\nCOPY . /", None),
        ("RUN --mount=target=/m true", None),
        ("ARG x\nCOPY $x /", None),
        ('COPY "a b" /', None),
        ("COPY <<a /\na\n", set()),
    ],
)
def test_what_a_dockerfile_copies(text: str, paths: set[str] | None) -> None:
    graph = plan(parse(f"FROM busybox AS unused\nCOPY never /\nFROM busybox\n{text}\n"), REQUEST)
    assert context_paths(graph) == paths


async def test_what_was_not_thought_of_has_all_brought() -> None:
    loads: list[Paths | None] = []

    async def load(paths: Paths | None) -> Folder:
        loads.append(paths)
        return Folder(Path(str(len(loads))))

    delivery = Delivery(load, frozenset({"a", "b"}))
    assert await delivery.folder() == await delivery.folder(("./a",)) == Folder(Path("1"))
    assert await delivery.folder(("c",)) == await delivery.folder(("a",)) == Folder(Path("2"))
    assert loads == [{"a", "b"}, None]
