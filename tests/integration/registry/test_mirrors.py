"""Mirrors of Docker Hub: servers whose answers are scripted."""

import socket

from tests.harness.httpserver import Scripted, answering

from wherry.model.reference import Reference
from wherry.registry import Registry

from .pulling import ALICE, MANIFEST, tool, with_registry


def test_a_mirror_serves_docker_hub_and_gets_no_credentials(scripted: Scripted) -> None:
    scripted.scripts["/v2/library/tool/manifests/1"] = answering(200, MANIFEST)
    registry = Registry(mirrors=(f"http://{scripted.host}/",))
    reference = Reference.parse("tool:1")
    assert with_registry(lambda registry: registry.resolve(reference, ALICE), registry).data == MANIFEST
    assert "Authorization" not in scripted.asked("/v2/library/tool/manifests/1")[0]


def test_only_docker_hub_is_mirrored(scripted: Scripted, another: Scripted) -> None:
    scripted.scripts["/v2/tool/manifests/1"] = answering(200, MANIFEST)
    registry = Registry(mirrors=(f"http://{another.host}",))
    with_registry(lambda registry: registry.resolve(tool(scripted)), registry)
    assert another.seen == []


def test_a_mirror_without_the_image_or_without_life_is_passed_over(scripted: Scripted, another: Scripted) -> None:
    another.scripts["/v2/library/tool/manifests/1"] = answering(200, MANIFEST)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dead = f"http://127.0.0.1:{listener.getsockname()[1]}"
    registry = Registry(mirrors=(dead, f"http://{scripted.host}", f"http://{another.host}"))
    reference = Reference.parse("tool:1")
    assert with_registry(lambda registry: registry.resolve(reference), registry).data == MANIFEST
    assert len(scripted.asked("/v2/library/tool/manifests/1")) == 1
