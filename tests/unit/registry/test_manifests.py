"""What a registry's documents are, and which image of an index is taken."""

import json
from typing import Any

import pytest

from wherry.errors import CorruptImage, NoSuchManifest, RegistryError
from wherry.model.image import INDEX_DOCKER, INDEX_OCI, MANIFEST_DOCKER, MANIFEST_OCI, Descriptor, Platform
from wherry.model.registry import Resolved
from wherry.registry.manifests import media_type_of, parse_index, select


def index_of(*platforms: str | None) -> Resolved:
    """An index whose n-th entry is for the n-th platform and n bytes long."""
    entries: list[dict[str, Any]] = []
    for number, text in enumerate(platforms):
        os, architecture, variant, *_ = f"{text}//".split("/")
        platform = {"os": os, "architecture": architecture, "variant": variant} if text else None
        digest = f"sha256:{number:064}"
        entries.append({"mediaType": MANIFEST_OCI, "digest": digest, "size": number, "platform": platform})
    data = json.dumps({"schemaVersion": 2, "mediaType": INDEX_OCI, "manifests": entries}).encode()
    return Resolved(descriptor=Descriptor(media_type=INDEX_OCI, digest="sha256:0", size=len(data)), data=data)


@pytest.mark.parametrize(
    ("offered", "asked", "taken"),
    [
        (["linux/amd64", "linux/arm64"], "linux/arm64", 1),
        (["linux/arm64/v8"], "linux/arm64", 0),
        (["linux/arm64"], "linux/arm64/v8", 0),
        (["linux/arm64/v8", "linux/arm64/v9"], "linux/arm64/v9", 1),
        (["linux/arm64/v8"], "linux/arm64/v9", 0),
        (["linux/aarch64"], "linux/arm64", 0),
        (["linux/x86_64"], "linux/amd64", 0),
        (["linux/amd64"], "linux/amd64/v1", 0),
        (["linux/amd64", "linux/amd64/v3"], "linux/amd64/v3", 1),
        (["linux/amd64", "linux/amd64/v2"], "linux/amd64/v3", 1),
        (["linux/amd64/v3", "linux/amd64"], "linux/amd64", 1),
        (["linux/arm/v5", "linux/arm/v6", "linux/arm/v7"], "linux/arm", 2),
        (["linux/arm/v5", "linux/arm/v6"], "linux/arm/v7", 1),
        (["linux/arm/v7", "linux/arm/v6"], "linux/arm/v6", 1),
        (["windows/amd64", "linux/amd64", "linux/amd64"], "linux/amd64", 1),
        ([None, "unknown/unknown", "linux/amd64"], "linux/amd64", 2),
    ],
)
def test_the_best_image_that_the_processor_runs_is_taken(offered: list[str | None], asked: str, taken: int) -> None:
    os, architecture, variant, *_ = f"{asked}//".split("/")
    found = select(index_of(*offered), Platform(os=os, architecture=architecture, variant=variant))
    assert found.size == taken


@pytest.mark.parametrize(
    ("offered", "platform"),
    [
        ([], Platform(os="linux", architecture="amd64")),
        (["linux/amd64"], Platform(os="linux", architecture="arm64", variant="v8")),
        (["linux/amd64/v3"], Platform(os="linux", architecture="amd64")),
        (["unknown/unknown"], Platform(os="unknown", architecture="unknown")),
    ],
)
def test_no_fitting_image_is_told_as_docker_tells_it(offered: list[str | None], platform: Platform) -> None:
    with pytest.raises(NoSuchManifest) as caught:
        select(index_of(*offered), platform)
    assert str(caught.value) == f"no matching manifest for {platform} in the manifest list entries"


def test_an_index_keeps_what_it_says_about_its_entries() -> None:
    entry = {"mediaType": MANIFEST_OCI, "digest": "sha256:1", "size": 7, "annotations": {"a": "b"}, "platform": None}
    (found,) = parse_index(json.dumps({"manifests": [entry]}).encode())
    assert found == Descriptor(media_type=MANIFEST_OCI, digest="sha256:1", size=7, annotations={"a": "b"})


@pytest.mark.parametrize("data", [b"nope", b'{"manifests": [{"size": 1}]}', b'{"manifests": 1}'])
def test_an_index_that_cannot_be_read_is_corrupt(data: bytes) -> None:
    with pytest.raises(CorruptImage):
        parse_index(data)


@pytest.mark.parametrize(
    ("document", "content_type", "media_type"),
    [
        ({"mediaType": MANIFEST_DOCKER, "config": {}}, "", MANIFEST_DOCKER),
        ({"mediaType": INDEX_OCI, "manifests": []}, MANIFEST_OCI, INDEX_OCI),
        ({"config": {}}, f"{MANIFEST_OCI}; charset=utf-8", MANIFEST_OCI),
        ({"manifests": []}, INDEX_DOCKER, INDEX_DOCKER),
        ({"manifests": []}, "application/json", INDEX_OCI),
        ({"config": {}, "layers": []}, "text/plain", MANIFEST_OCI),
    ],
)
def test_a_document_says_itself_what_it_is(document: dict[str, Any], content_type: str, media_type: str) -> None:
    assert media_type_of(json.dumps(document).encode(), content_type, "x") == media_type


@pytest.mark.parametrize(
    ("data", "content_type", "error", "text"),
    [
        (b'{"schemaVersion": 1}', "application/json", CorruptImage, "schema 1 are not supported"),
        (
            b"{}",
            "application/vnd.docker.distribution.manifest.v1+prettyjws",
            CorruptImage,
            "upgrade the image to the OCI",
        ),
        (b'{"manifests": [], "layers": []}', INDEX_OCI, CorruptImage, "both an index and an image"),
        (b"<html>", "text/html", RegistryError, "error unmarshalling content"),
        (b"{}", "text/html", RegistryError, "unsupported manifest media type and no default available: text/html"),
    ],
)
def test_what_is_no_manifest_is_refused(data: bytes, content_type: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        media_type_of(data, content_type, "x")
