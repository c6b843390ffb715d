"""What a registry's documents are."""

import json
from typing import Any

import pytest

from wherry.errors import CorruptImage, RegistryError
from wherry.model.image import INDEX_DOCKER, INDEX_OCI, MANIFEST_DOCKER, MANIFEST_OCI
from wherry.registry.manifests import media_type_of


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
