"""Archives in and out, on a real file system; skopeo as the reader that is not ours."""

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import zstandard
from tests.fakes.registry import digest_of
from tests.integration.engine.imagery import Real, config_of, docker_archive, file, opened, pieces, push, tar

from wherry.errors import CorruptImage, CorruptLayer, InvalidArgument, InvalidReference, NoSuchContainer, NoSuchImage
from wherry.model.container import Container, ContainerSpec
from wherry.model.image import INDEX_OCI, Platform
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.plan.images.manifest import layer_descriptor, write_manifest
from wherry.plan.naming import short_id

pytestmark = pytest.mark.root

BASE = tar(file("etc", type=tarfile.DIRTYPE, mode=0o755), file("etc/name", b"base\n"), file("etc/gone", b"x"))
TOP = tar(file("etc/.wh.gone"), file("etc/again", type=tarfile.LNKTYPE, linkname="etc/name"))
CONFIG = config_of(BASE, TOP, config={"Cmd": ["tool"], "Labels": {"a": "b"}})
IMAGE_ID = digest_of(CONFIG)
ARCHIVE = docker_archive(CONFIG, BASE, TOP)


def streams(progress: list[Progress]) -> list[str]:
    return [each.stream for each in progress if each.stream]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
async def test_an_archive_of_docker_is_loaded(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    async with opened(tmp_path) as real:
        progress = await real.load(pack(ARCHIVE))
        base, top = real.trees("made:1")
        assert real.images.find("made:1").id == IMAGE_ID
        assert (top / "etc/again").read_bytes() == (base / "etc/name").read_bytes() == b"base\n"
        blobs = {layer.blob for layer in real.images.layers(real.images.find("made:1"))}
        assert {*real.store.content.digests()} == {IMAGE_ID, *blobs}  # what only described the archive is gone
    last = {each.id: (each.status, each.current, each.total) for each in progress if each.id}
    assert last == {short_id(digest_of(layer)): ("Loading layer", len(layer), len(layer)) for layer in (BASE, TOP)}
    assert streams(progress) == ["Loaded image: made:1\n"]


async def test_compressed_layers_and_links_between_them_are_loaded(tmp_path: Path) -> None:
    packed = gzip.compress(BASE)
    archive = tar(
        file("config.json", config_of(BASE, BASE)),
        file("a/layer.tar", packed),
        file("b/layer.tar", type=tarfile.SYMTYPE, linkname="../a/layer.tar"),
        file(
            "manifest.json",
            json.dumps([{"Config": "config.json", "Layers": ["a/layer.tar", "b/layer.tar"]}]).encode(),
        ),
    )
    async with opened(tmp_path) as real:
        progress = await real.load(archive, quiet=True)
        (image,) = real.images.all()
        assert [layer.blob for layer in real.images.layers(image)] == [digest_of(packed)] * 2
    assert progress == [Progress(stream=f"Loaded image ID: {image.id}\n")]


async def test_a_name_moves_to_the_image_loaded_last(tmp_path: Path) -> None:
    other = docker_archive(config_of(BASE), BASE)
    async with opened(tmp_path) as real:
        await real.load(ARCHIVE)
        progress = await real.load(other, quiet=True)
        assert real.images.find("made:1").id == digest_of(config_of(BASE))
    assert streams(progress) == [
        f"The image made:1 already exists, renaming the old one with ID {IMAGE_ID} to empty string\n",
        "Loaded image: made:1\n",
    ]


def layout(*images: tuple[bytes, bytes], name: str = "", nested: bool = False) -> bytes:
    """An OCI image layout of (config, layer) pairs; ``nested``: behind one index."""
    blobs, entries = [], []
    for config, layer in images:
        descriptor = layer_descriptor(digest_of(config), len(config), b"")
        manifest = write_manifest(descriptor, (layer_descriptor(digest_of(layer), len(layer), layer),))
        platform = {"os": "linux", "architecture": json.loads(config)["architecture"]}
        entries.append({"digest": digest_of(manifest), "size": len(manifest), "platform": platform})
        blobs += [config, layer, manifest]
    index = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    if nested:
        blobs.append(index)
        index = json.dumps(
            {"manifests": [{"mediaType": INDEX_OCI, "digest": digest_of(index), "size": len(index)}]}
        ).encode()
    document = json.loads(index)
    for entry in document["manifests"] if name else ():
        entry["annotations"] = {"org.opencontainers.image.ref.name": name}
    files = [file(f"blobs/sha256/{digest_of(blob)[7:]}", blob) for blob in blobs]
    return tar(*files, file("index.json", json.dumps(document).encode()), file("oci-layout", b"{}"))


@pytest.mark.parametrize(("name", "named"), [("x/y:2", "x/y:2"), ("2", ""), ("", "")])
async def test_an_oci_layout_is_loaded(tmp_path: Path, name: str, named: str) -> None:
    packed = zstandard.compress(BASE)
    config = config_of(BASE)
    async with opened(tmp_path) as real:
        progress = await real.load(layout((config, packed), name=name), quiet=True)
        image = real.images.find(digest_of(config))
        assert [reference.familiar for reference in real.images.names(image.id)] == ([named] if named else [])
        assert real.images.layers(image)[0].blob == digest_of(packed)
    assert streams(progress) == [f"Loaded image: {named}\n" if named else f"Loaded image ID: {image.id}\n"]


async def test_of_a_layout_for_many_platforms_ours_is_loaded(tmp_path: Path) -> None:
    arm, ours = config_of(BASE, architecture="arm64"), config_of(BASE, architecture="amd64")
    async with opened(tmp_path) as real:
        await real.load(layout((arm, BASE), (ours, BASE), nested=True))
        assert [image.id for image in real.images.all()] == [digest_of(ours)]


def described(**changes: object) -> bytes:
    manifest = [{"Config": "c.json", "RepoTags": ["z:1"], "Layers": ["l.tar"], **changes}]
    return tar(
        file("c.json", config_of(BASE)), file("l.tar", BASE), file("manifest.json", json.dumps(manifest).encode())
    )


@pytest.mark.parametrize(
    ("archive", "error", "text"),
    [
        (b"garbage", CorruptImage, "unexpected EOF"),
        (tar(file("x")), CorruptImage, "it holds neither manifest.json nor index.json"),
        (tar(file("manifest.json", b"{")), CorruptImage, "manifest.json"),
        (described(Config="no.json"), CorruptImage, "open no.json: no such file or directory"),
        (described(Layers=["no.tar"]), CorruptImage, "open no.tar: no such file or directory"),
        (described(Config="../../../etc/passwd"), CorruptImage, "open ../../../etc/passwd: no such file or directory"),
        (described(Layers=[]), CorruptImage, "invalid manifest, layers length mismatch: expected 0, got 1"),
        (described(RepoTags=["z"]), InvalidReference, 'invalid tag "z"'),
        (described(RepoTags=["Z:1"]), InvalidReference, "must be lowercase"),
        (docker_archive(config_of(BASE, os="windows"), BASE), CorruptImage, "cannot load windows image on linux"),
        (docker_archive(config_of(TOP), BASE), CorruptLayer, "invalid diffID for layer"),
        (docker_archive(config_of(b"junk" * 200), b"junk" * 200), CorruptLayer, "invalid tar header"),
        (tar(file("../x")), CorruptImage, "leads out of it"),
        (tar(file("x", type=tarfile.CHRTYPE)), CorruptImage, "neither a file, a directory nor a link"),
    ],
)
async def test_a_bad_archive_is_told_and_leaves_nothing(
    tmp_path: Path, archive: bytes, error: type[Exception], text: str
) -> None:
    async with opened(tmp_path) as real:
        with pytest.raises(error) as caught:
            await real.load(archive)
        assert text in str(caught.value)
        assert real.images.all() == ()
        assert real.store.content.digests() == ()
        assert real.store.snapshots.names() == ()


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as real:
        async with aclosing(real.archives.load(pieces(ARCHIVE))) as progress:
            assert (await anext(progress)).status == "Loading layer"
        assert real.images.all() == ()
        assert real.store.content.digests() == ()
        assert real.store.snapshots.names() == ()


async def test_what_is_saved_is_loaded_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path / "one") as real:
        await real.load(ARCHIVE)
        await real.images.tag("made:1", Reference.parse("made:2"))
        await real.load(docker_archive(config_of(BASE), BASE, names=("other:1",)))
        saved = await real.save("made", "other:1")
        assert await real.save("made", "other:1") == saved  # no times, no chance
    async with opened(tmp_path / "two") as real:
        progress = await real.load(saved, quiet=True)
        assert streams(progress) == [f"Loaded image: {name}\n" for name in ("made:1", "made:2", "other:1")]
        assert real.images.find("made:2").id == IMAGE_ID
        base, top = real.trees("made:1")
        assert (top / "etc/again").read_bytes() == (base / "etc/name").read_bytes()


async def test_an_image_saved_by_its_id_has_no_name(tmp_path: Path) -> None:
    async with opened(tmp_path) as real:
        await real.load(ARCHIVE)
        with tarfile.open(fileobj=io.BytesIO(await real.save(IMAGE_ID[7:19]))) as saved:
            manifest = json.load(saved.extractfile("manifest.json") or io.BytesIO())
            assert manifest[0]["RepoTags"] is None
            assert "repositories" not in saved.getnames()


@pytest.mark.parametrize("ref", ["nosuch", "nosuch:1"])
async def test_what_is_not_here_cannot_be_saved(tmp_path: Path, ref: str) -> None:
    async with opened(tmp_path) as real:
        with pytest.raises(NoSuchImage, match=f"No such image: {ref}"):
            await real.save(ref)


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
@pytest.mark.parametrize("transport", ["docker-archive", "oci-archive"])
@pytest.mark.parametrize("options", [("--format", "v2s2"), ("--format", "oci", "--dest-compress-format", "zstd")])
async def test_others_read_what_is_saved(
    tmp_path: Path, registry: str, transport: str, options: tuple[str, ...]
) -> None:
    name = f"{registry}/saved/{transport}{''.join(options)}:1"
    pushed = push(ARCHIVE, tmp_path, name, *options)
    async with opened(tmp_path / "root") as real:
        await real.pull(name)
        (tmp_path / "saved.tar").write_bytes(await real.save(name))
        assert real.images.find(name).manifest == pushed
    inspection = _inspected(f"{transport}:{tmp_path / 'saved.tar'}")
    if transport == "oci-archive":
        assert inspection["Digest"] == pushed  # not only the files: the manifest too is what it was
    assert len(inspection["Layers"]) == 2
    assert inspection["Labels"] == {"a": "b"}


def _inspected(what: str) -> dict[str, Any]:
    inspect = ["skopeo", "inspect", what]
    found: dict[str, Any] = json.loads(subprocess.run(inspect, check=True, capture_output=True).stdout)
    return found


async def imported(real: Real, data: bytes, **options: object) -> list[Progress]:
    async with aclosing(real.archives.import_tar(pieces(data), **options)) as progress:  # type: ignore[arg-type]
        return [each async for each in progress]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
async def test_a_tar_becomes_an_image(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    async with opened(tmp_path) as real:
        progress = await imported(
            real, pack(BASE), target=Reference.parse("imp:1"), changes=('CMD ["a"]', "ENV B=c"), message="hey"
        )
        image = real.images.find("imp:1")
        assert progress == [Progress(status=image.id)]
        assert (image.config.command, image.config.env, image.comment) == (("a",), ("B=c",), "hey")
        assert image.diff_ids == (digest_of(BASE),)
        assert [entry.comment for entry in real.images.history("imp:1")] == ["hey"]
        assert (real.trees("imp:1")[0] / "etc/name").read_bytes() == b"base\n"


async def test_the_same_tar_imported_again_is_one_layer(tmp_path: Path) -> None:
    async with opened(tmp_path) as real:
        await imported(real, BASE)
        await imported(real, BASE, platform=Platform(os="linux", architecture="arm64"))
        first, second = real.images.all()
        assert (first.comment, second.platform.architecture) == ("Imported from -", "arm64")
        assert real.images.layers(first) == real.images.layers(second)
        assert len(real.store.snapshots.names()) == 1


async def test_a_bad_import_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as real:
        with pytest.raises(InvalidArgument, match="RUN is not a valid change command"):
            await imported(real, BASE, changes=("RUN x",))
        with pytest.raises(InvalidArgument, match="operating system is not supported"):
            await imported(real, BASE, platform=Platform(os="windows", architecture="amd64"))
        with pytest.raises(CorruptLayer):
            await imported(real, b"garbage")
        assert real.images.all() == ()
        assert real.store.content.digests() == ()
        assert real.store.snapshots.names() == ()


async def test_the_files_of_a_container_are_exported(tmp_path: Path) -> None:
    async with opened(tmp_path) as real:
        await real.load(ARCHIVE)
        image = real.images.find("made:1")
        container = Container(
            id="c" * 64, name="c", image_id=image.id, chain_id=image.chain_id, created=0, spec=ContainerSpec(image="x")
        )
        await real.store.records.containers.put(container)
        await real.store.snapshots.prepare(container.id)
        (real.store.snapshots.tree(container.id) / "new").write_text("new")
        async with aclosing(real.archives.export(container.id)) as chunks:
            data = b"".join([chunk async for chunk in chunks])
        with pytest.raises(NoSuchContainer):
            await anext(real.archives.export("nosuch"))
    with tarfile.open(fileobj=io.BytesIO(data)) as exported:
        names = exported.getnames()
    assert set(names) >= {"etc", "etc/again", "etc/name", "new", ".dockerenv", "dev/pts"}
    assert "etc/gone" not in names
