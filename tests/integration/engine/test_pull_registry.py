"""Pulls from a real registry onto a real file system."""

import asyncio
import json
import os
import stat
import tarfile
import time
import urllib.request
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.registry import digest_of
from tests.integration.engine.imagery import config_of, docker_archive, file, opened, push, tar

from wherry.errors import NoSuchManifest
from wherry.model.image import INDEX_OCI, MANIFEST_DOCKER, MANIFEST_OCI, Platform
from wherry.model.reference import Reference
from wherry.plan.images.manifest import read_manifest

pytestmark = pytest.mark.root

BASE = tar(
    file("etc", type=tarfile.DIRTYPE, mode=0o711),
    file("etc/os-release", b"NAME=base\n", mode=0o644, uid=1000),
    file("etc/gone", b"not for long"),
)
TOP = tar(
    file("etc/.wh.gone"),
    file("etc/again", type=tarfile.LNKTYPE, linkname="etc/os-release"),
    file("bin/tool", os.urandom(3 << 20), mode=0o4755),
)
CONFIG = config_of(BASE, TOP, config={"Cmd": ["tool"]})
ARCHIVE = docker_archive(CONFIG, BASE, TOP)


@pytest.mark.parametrize(
    ("options", "media_type"),
    [
        (("--format", "v2s2"), MANIFEST_DOCKER),
        (("--format", "oci"), MANIFEST_OCI),
        (("--format", "oci", "--dest-compress-format", "zstd"), MANIFEST_OCI),
    ],
    ids=["schema2", "oci", "zstd"],
)
async def test_an_image_arrives_as_it_was_made(
    tmp_path: Path, registry: str, options: tuple[str, ...], media_type: str
) -> None:
    name = f"{registry}/{'-'.join(options).strip('-')}:1"
    digest = push(ARCHIVE, tmp_path, name, *options)
    async with opened(tmp_path / "root") as real:
        progress = await real.pull(name)
        image = real.images.find(name)
        base, top = real.trees(name)
        manifest = await real.store.content.read(image.manifest)
    assert json.loads(manifest).get("mediaType", MANIFEST_OCI) == media_type
    assert progress[-2].status == f"Digest: {digest}"
    assert progress[-1].status == f"Status: Downloaded newer image for {name}"
    assert (image.id, image.config.command) == (read_manifest(manifest).config.digest, ("tool",))
    assert (base / "etc/os-release").read_bytes() == b"NAME=base\n"
    assert stat.S_ISCHR((top / "etc/gone").lstat().st_mode)
    assert (top / "etc/again").read_bytes() == b"NAME=base\n"  # from the layer below
    assert (top / "etc").stat().st_mode & 0o7777 == 0o711  # so is what the directory is like
    assert (top / "bin/tool").stat().st_mode & 0o7777 == 0o4755


async def test_it_is_found_by_its_digest_and_pulled_by_it(tmp_path: Path, registry: str) -> None:
    digest = push(ARCHIVE, tmp_path, f"{registry}/by/digest:1")
    name = f"{registry}/by/digest@{digest}"
    async with opened(tmp_path / "root") as real:
        await real.pull(name)
        assert real.images.find(name).id == digest_of(CONFIG)
        progress = await real.pull(f"{registry}/by/digest:1")
        assert progress[-1].status == f"Status: Downloaded newer image for {registry}/by/digest:1"
        assert (await real.pull(name))[-1].status == f"Status: Image is up to date for {name}"


async def test_an_index_is_followed_to_the_platform(tmp_path: Path, registry: str) -> None:
    entries = []
    for architecture, layer in (("arm64", BASE), ("amd64", tar(file("other")))):
        config = config_of(layer, architecture=architecture)
        digest = push(docker_archive(config, layer), tmp_path, f"{registry}/many:{architecture}", "--format", "oci")
        platform = {"os": "linux", "architecture": architecture}
        entries.append({"mediaType": MANIFEST_OCI, "digest": digest, "size": 0, "platform": platform})
    index = _put_index(registry, "many", "1", entries)
    async with opened(tmp_path / "root") as real:
        await real.pull(f"{registry}/many:1")
        image = real.images.find(f"{registry}/many:1")
        assert image.platform.architecture == "amd64"
        assert real.images.find(f"{registry}/many@{index}") == image
        await real.pull(f"{registry}/many:1", Platform(os="linux", architecture="arm64"))
        assert real.images.find(f"{registry}/many:1").platform.architecture == "arm64"
        with pytest.raises(NoSuchManifest):
            await real.pull(f"{registry}/many:1", Platform(os="linux", architecture="s390x"))


def _put_index(registry: str, repository: str, tag: str, entries: list[dict[str, Any]]) -> str:
    for entry in entries:
        url = f"http://{registry}/v2/{repository}/manifests/{entry['digest']}"
        asked = urllib.request.Request(url, headers={"Accept": MANIFEST_OCI})
        with urllib.request.urlopen(asked) as answer:
            entry["size"] = len(answer.read())
    data = json.dumps({"schemaVersion": 2, "mediaType": INDEX_OCI, "manifests": entries}).encode()
    url = f"http://{registry}/v2/{repository}/manifests/{tag}"
    put = urllib.request.Request(url, data, {"Content-Type": INDEX_OCI}, method="PUT")
    with urllib.request.urlopen(put):
        return digest_of(data)


async def test_what_the_registry_lacks_is_told(tmp_path: Path, registry: str) -> None:
    async with opened(tmp_path / "root") as real:
        with pytest.raises(NoSuchManifest):
            await real.pull(f"{registry}/nosuch:1")


async def test_an_image_survives_the_engine(tmp_path: Path, registry: str) -> None:
    push(ARCHIVE, tmp_path, f"{registry}/lasting:1")
    async with opened(tmp_path / "root") as real:
        await real.pull(f"{registry}/lasting:1")
        image = real.images.find(f"{registry}/lasting:1")
    async with opened(tmp_path / "root") as real:
        await real.images.sweep(set())
        assert real.images.find(f"{registry}/lasting:1") == image
        assert all(tree.is_dir() for tree in real.trees(image.id))
        assert (await real.pull(f"{registry}/lasting:1"))[-1].status.startswith("Status: Image is up to date")


async def test_a_pull_that_everybody_left_leaves_whole_blobs_at_most(tmp_path: Path, registry: str) -> None:
    name = f"{registry}/left:1"
    push(ARCHIVE, tmp_path, name)
    root = tmp_path / "root"
    async with opened(root) as real:
        async with aclosing(real.transfer.pull(Reference.parse(name))) as progress:
            async for each in progress:
                if each.status == "Extracting":
                    break
        assert real.store.snapshots.names() == ()
        assert os.listdir(root / "blobs/tmp") == []
        for digest in real.store.content.digests():
            assert digest_of(await real.store.content.read(digest)) == digest
        await real.pull(name)
        assert len(real.trees(name)) == 2


async def test_several_clients_share_a_pull(tmp_path: Path, registry: str) -> None:
    name = f"{registry}/shared:1"
    push(ARCHIVE, tmp_path, name)
    async with opened(tmp_path / "root") as real:
        results = await asyncio.gather(*(real.pull(name) for _ in range(4)))
        assert {progress[-1].status for progress in results} == {f"Status: Downloaded newer image for {name}"}
        assert len(real.store.snapshots.names()) == 2


async def test_an_image_goes_without_a_trace(tmp_path: Path, registry: str) -> None:
    name = f"{registry}/going:1"
    push(ARCHIVE, tmp_path, name)
    async with opened(tmp_path / "root") as real:
        await real.pull(name)
        manifest = read_manifest(await real.store.content.read(real.images.find(name).manifest))
        assert {*real.store.content.digests()} > {layer.digest for layer in manifest.layers}
        await real.images.remove(name)
        assert real.store.content.digests() == ()
    assert real.store.snapshots.names() == ()


async def test_the_loop_stays_responsive(tmp_path: Path, registry: str) -> None:
    """No callback of a pull of many files computes for 20 ms while the others wait."""
    name = f"{registry}/files:1"
    layer = tar(*(file(f"dir{number % 50}/file{number}", os.urandom(4000)) for number in range(3000)))
    push(docker_archive(config_of(layer), layer), tmp_path, name)
    async with opened(tmp_path / "root") as real:
        slowest = 0.0

        async def watch() -> None:
            nonlocal slowest
            while True:
                before = time.thread_time()
                await asyncio.sleep(0)
                slowest = max(slowest, time.thread_time() - before)

        watching = asyncio.create_task(watch())
        await real.pull(name)
        watching.cancel()
    assert slowest < 0.02
