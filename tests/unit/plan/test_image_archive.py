import io
import json
import tarfile

import pytest

from wherry.errors import CorruptImage
from wherry.model.archive import Blob, Member
from wherry.model.image import MANIFEST_OCI, Descriptor, Platform
from wherry.model.reference import Reference
from wherry.plan.images.archive import (
    ARCHIVE_END,
    Archived,
    choose,
    find,
    member_header,
    member_padding,
    names_of,
    read_archived,
    write_archived,
    write_repositories,
)

BLOB = Blob(digest="sha256:" + "1" * 64, size=3)


def test_a_file_is_found_through_links() -> None:
    members = {"a": Member(blob=BLOB), "b/c": Member(link="a"), "d": Member(link="b/c")}
    assert find(members, "d") == find(members, "./b/../a") == BLOB


@pytest.mark.parametrize("path", ["nosuch", "circle", "dangling", "../a", "/a"])
def test_what_is_not_there_is_told(path: str) -> None:
    members = {"a": Member(blob=BLOB), "circle": Member(link="circle"), "dangling": Member(link="nosuch")}
    with pytest.raises(CorruptImage, match=f"open {path}: no such file or directory"):
        find(members, path)


def test_what_was_written_reads_the_same() -> None:
    images = (Archived(config="c", layers=("l",), names=("x:1",)), Archived(config="d"))
    assert read_archived(write_archived(images)) == images
    assert json.loads(write_archived(images))[1] == {"Config": "d", "RepoTags": None, "Layers": []}


def test_repositories_have_the_top_layer_of_each_tag() -> None:
    names = {Reference.parse("x/y:1"): "sha256:aa", Reference.parse("x/y:2"): "sha256:bb"}
    assert json.loads(write_repositories(names)) == {"x/y": {"1": "aa", "2": "bb"}}


@pytest.mark.parametrize(
    ("annotations", "name"),
    [
        ({"io.containerd.image.name": "docker.io/library/x:1", "org.opencontainers.image.ref.name": "1"}, "x:1"),
        ({"org.opencontainers.image.ref.name": "x:1"}, "x:1"),
        ({"org.opencontainers.image.ref.name": "localhost/x"}, "localhost/x:latest"),
        ({"org.opencontainers.image.ref.name": "latest"}, None),
        ({"org.opencontainers.image.ref.name": "No/Name:1"}, None),
        ({}, None),
    ],
)
def test_the_name_of_an_entry_of_a_layout(annotations: dict[str, str], name: str | None) -> None:
    descriptor = Descriptor(media_type=MANIFEST_OCI, digest=BLOB.digest, size=1, annotations=annotations)
    assert [reference.familiar for reference in names_of(descriptor)] == ([name] if name else [])


def test_the_entry_for_a_platform_is_chosen() -> None:
    def entry(architecture: str) -> Descriptor:
        platform = Platform(os="linux", architecture=architecture)
        return Descriptor(media_type=MANIFEST_OCI, digest=BLOB.digest, size=1, platform=platform)

    entries = (entry("unknown"), entry("arm64"), entry("amd64"))
    assert choose(entries, Platform(os="linux", architecture="amd64")) == entries[2]
    with pytest.raises(CorruptImage, match="no matching manifest for linux/s390x"):
        choose(entries, Platform(os="linux", architecture="s390x"))


def test_headers_and_padding_make_an_archive() -> None:
    data = b"x" * 700
    archive = member_header("blobs/" + "a" * 120, len(data)) + data + member_padding(len(data)) + ARCHIVE_END
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        (member,) = tar.getmembers()
        assert (member.name, member.size, member.mode) == ("blobs/" + "a" * 120, 700, 0o644)
