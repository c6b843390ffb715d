"""Any bytes are a document of an image or a registry, or are refused as none."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import CorruptImage, WherryError
from wherry.plan.images.archive import read_archived
from wherry.plan.images.configuration import read_image, read_time, write_image
from wherry.plan.images.manifest import read_index, read_manifest
from wherry.registry.challenges import parse_challenges

DIGEST = "sha256:" + "0" * 64
NAMES = st.sampled_from(
    [
        "schemaVersion", "mediaType", "config", "layers", "manifests", "digest", "size", "platform", "os",
        "architecture", "annotations", "rootfs", "diff_ids", "type", "history", "created", "created_by", "empty_layer",
        "Config", "Layers", "RepoTags", "Env", "Cmd", "Entrypoint", "Labels", "Healthcheck", "Test", "Interval",
        "ExposedPorts", "Volumes", "OnBuild", "User", "WorkingDir", "StopSignal", "Shell",
    ]
)  # fmt: skip
SCALARS = st.sampled_from(
    [None, True, 0, -1, 2**63, 2**64, 1e300, "", "linux", DIGEST, "sha256:..", "a=b", "2020-01-01T00:00:00Z", "9999-9"]
) | st.text(max_size=5)  # fmt: skip
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)
READERS = (read_image, read_manifest, read_index, read_archived)


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@given(data=DOCUMENTS.map(lambda document: json.dumps(document).encode()) | st.binary(max_size=40))
def test_any_document_is_read_or_refused(read: Callable[[bytes], object], data: bytes) -> None:
    try:
        read(data)
    except WherryError as error:
        assert str(error)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("config", "rootfs", "history", "created", "os"), DOCUMENTS)))
def test_an_image_that_was_read_can_be_written(document: dict[str, object]) -> None:
    try:
        image = read_image(json.dumps(document).encode())
    except WherryError:
        return
    written = write_image(
        platform=image.platform,
        config=image.config,
        diff_ids=image.diff_ids,
        history=image.history,
        created=image.created,
    )
    assert read_image(written).config == image.config


@given(
    st.text(max_size=30) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{0,12}[Zz+-]?[0-9:]{0,6}", fullmatch=True)
)
def test_any_time_of_an_image_is_one_or_refused(text: str) -> None:
    try:
        assert isinstance(read_time(text), int)
    except CorruptImage as error:
        assert str(error).startswith("invalid image configuration: ")


@given(st.lists(st.text(alphabet='Bearer realm="https,=\\ é', max_size=40), max_size=3))
def test_any_challenge_is_read(values: list[str]) -> None:
    assert all(challenge.scheme for challenge in parse_challenges(values))
