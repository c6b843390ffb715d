"""What the docker CLI 26.1.5 sent, and what dockerd 26.1.5 then showed: our inspection of the same must be equal.

In ``golden/`` lie the bodies of ``docker create`` with many flags, and ``Path``, ``Args``, ``HostConfig``, ``Config``
and ``NetworkSettings`` of the inspections, from a host with control groups of version 1.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.api.samples import FACTS, NEWEST, PATHS

from wherry.api.translate.containers import container_inspect
from wherry.api.translate.create import requested
from wherry.model.container import NO_SETTINGS, Container
from wherry.model.image import ImageConfig
from wherry.plan.containers.creation import complete, merge
from wherry.plan.containers.namespaces import with_cgroups
from wherry.wire.container import CreateRequest

GOLDEN = Path(__file__).with_name("golden")
CASES = sorted(path.name.partition(".")[0] for path in GOLDEN.glob("*.request.json"))
BUSYBOX = ImageConfig(env=("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",), command=("/bin/sh",))


def inspected(case: str) -> dict[str, Any]:
    request = msgspec.json.decode((GOLDEN / f"{case}.request.json").read_bytes(), type=CreateRequest)
    spec = merge(requested(request, FACTS, NEWEST).spec, BUSYBOX)
    container_id = shown(case)["Config"]["Hostname"].ljust(64, "0")
    container = Container(
        id=container_id,
        name="golden",
        image_id="sha256:aa",
        chain_id="",
        created=0,
        spec=complete(with_cgroups(spec, FACTS, NO_SETTINGS), container_id, FACTS.hostname),
        runtime="runc",
    )
    # The engine resolves links.
    links = tuple(shown(case)["HostConfig"]["Links"] or ())
    answer: dict[str, Any] = json.loads(msgspec.json.encode(container_inspect(container, PATHS, links=links)))
    return answer


def shown(case: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((GOLDEN / f"{case}.inspect.json").read_bytes())
    return answer


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("part", ["Path", "Args", "HostConfig", "Config", "NetworkSettings"])
def test_an_inspection_shows_what_docker_shows(case: str, part: str) -> None:
    assert inspected(case)[part] == shown(case)[part]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("part", ["HostConfig", "Config", "NetworkSettings"])
def test_in_the_same_order(case: str, part: str) -> None:
    assert list(inspected(case)[part]) == list(shown(case)[part])
