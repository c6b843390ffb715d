import json

import pytest

from wherry.errors import CorruptImage
from wherry.model.image import CONFIG_OCI, LAYER_DOCKER_GZIP, LAYER_OCI, MANIFEST_OCI, Descriptor, Platform
from wherry.plan.images.manifest import (
    Manifest,
    config_descriptor,
    layer_descriptor,
    read_index,
    read_manifest,
    write_index,
    write_manifest,
)

DIGEST = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64


def test_a_manifest_tells_its_config_and_its_layers() -> None:
    document = {
        "schemaVersion": 2,
        "config": {"mediaType": CONFIG_OCI, "digest": DIGEST, "size": 7},
        "layers": [{"mediaType": LAYER_DOCKER_GZIP, "digest": OTHER, "size": 9, "urls": None}],
        "annotations": None,
    }
    manifest = read_manifest(json.dumps(document).encode())
    assert manifest.config == Descriptor(media_type=CONFIG_OCI, digest=DIGEST, size=7)
    assert manifest.layers == (Descriptor(media_type=LAYER_DOCKER_GZIP, digest=OTHER, size=9),)


def test_what_was_written_reads_the_same() -> None:
    layers = (layer_descriptor(OTHER, 9, b"\x28\xb5\x2f\xfd"),)
    manifest = read_manifest(write_manifest(config_descriptor(DIGEST, 7), layers))
    assert manifest == Manifest(config=config_descriptor(DIGEST, 7), layers=layers)


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x1f\x8b\x08\x00", LAYER_OCI + "+gzip"),
        (b"\x28\xb5\x2f\xfd", LAYER_OCI + "+zstd"),
        (b"etc/", LAYER_OCI),
        (b"", LAYER_OCI),
    ],
)
def test_a_layer_is_called_by_how_it_is_compressed(head: bytes, media_type: str) -> None:
    assert layer_descriptor(DIGEST, 1, head).media_type == media_type


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"config": {"digest": "sha256:../../etc/passwd", "size": 1}}',
        b'{"config": {"digest": "sha512:%s", "size": 1}}' % (b"1" * 128),
        b'{"config": {"digest": "%s", "size": -1}}' % DIGEST.encode(),
        b'{"config": {"digest": "%s", "size": 1}, "layers": [{}]}' % DIGEST.encode(),
    ],
)
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(CorruptImage):
        read_manifest(data)


def test_an_index_keeps_platforms_and_names() -> None:
    entry = Descriptor(
        media_type=MANIFEST_OCI,
        digest=DIGEST,
        size=3,
        platform=Platform(os="linux", architecture="arm", variant="v7"),
        annotations={"org.opencontainers.image.ref.name": "1"},
    )
    assert read_index(write_index((entry,))) == (entry,)
    assert read_index(b'{"manifests": null}') == ()


@pytest.mark.parametrize("data", [b"nope", b'{"manifests": [{"size": 1}]}', b'{"manifests": 1}'])
def test_an_index_that_cannot_be_read_is_corrupt(data: bytes) -> None:
    with pytest.raises(CorruptImage):
        read_index(data)
