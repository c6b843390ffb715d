"""Archives that are allowed and odd, and archives made to do harm by their size: what is in them arrives as it is, or
a clear error does."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.archives import Member, archive, files, hardlink, member, saved, symlink
from tests.harness.building import Builder
from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.leftovers import assert_nothing_left

pytestmark = pytest.mark.root

# cap_net_raw=ep, as the kernel keeps it (linux/capability.h, struct vfs_cap_data of revision 2).
CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
ODD = [b"caf\xe9", b"new\nline", b"tab\tquote\"'\\", b"-rf", b" ", "…".encode()]


@pytest.fixture
def cli(cli: Cli) -> Iterator[Cli]:
    """A client that leaves the images that were there."""
    before = set(cli.line("images", "-aq").split())
    yield cli
    for container in cli.line("ps", "-aq").split():
        cli("rm", "-fv", container)
    for image in set(cli.line("images", "-aq").split()) - before:
        cli("rmi", "-f", image)
    assert_nothing_left(cli.engine)


def layered(*layers: bytes, name: str = "hostile:1") -> bytes:
    """An archive of ``save`` of an image with these layers."""
    diff_ids = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    config = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    paths = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": paths}]
    members = (member(path, layer) for path, layer in zip(paths, layers, strict=True))
    return saved(manifest, member("config.json", json.dumps(config).encode()), *members)


def with_busybox(engine: Engine, *members: Member) -> bytes:
    """The root file system of busybox, and more."""
    box = io.BytesIO((engine.folder.parent / "busybox.tar").read_bytes())
    with tarfile.open(fileobj=box, mode="a") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return box.getvalue()


# --- names -----------------------------------------------------------------------------------------------------------


def test_names_of_any_bytes_there_and_back(cli: Cli, engine: Engine, tmp_path: Path) -> None:
    names = [os.fsdecode(name) for name in ODD]
    cli("import", "-", "hostile:1", stdin=with_busybox(engine, *(member(f"odd/{name}", b"x") for name in names)))
    cli("create", "--name", "box", "hostile:1", "true")

    for copied in ("cp", "-a"), ("cp",):
        cli(*copied, "box:/odd", tmp_path / f"there{len(copied)}")
        assert sorted(os.listdir(tmp_path / f"there{len(copied)}")) == sorted(names)
    cli("run", "--name", "changer", "hostile:1", "sh", "-c", 'cd odd; for name in *; do echo y >>"./$name"; done')
    shown = {line.rpartition("/odd/")[2] for line in cli.line("diff", "changer").splitlines() if "/odd/" in line}
    assert "caf�" in shown
    cli("commit", "changer", "hostile:2")
    saved_to = tmp_path / "saved.tar"
    cli("save", "-o", saved_to, "hostile:2")
    cli("rmi", "-f", "hostile:2")
    cli("load", "-i", saved_to)
    found = files(cli, "hostile:2")
    assert {f"odd/{name}" for name in names} <= found.keys()
    assert {found[f"odd/{name}"].size for name in names} == {3}


def test_names_of_four_kilobytes(cli: Cli, engine: Engine, tmp_path: Path) -> None:
    deep = "/".join(["d" * 200] * 19 + ["f" * 200])
    cli("import", "-", "hostile:1", stdin=with_busybox(engine, member(deep, b"deep")))

    assert deep in files(cli, "hostile:1")
    cli("create", "--name", "box", "hostile:1", "true")
    cli("cp", f"box:/{deep}", tmp_path / "copied")
    assert (tmp_path / "copied").read_text() == "deep"
    assert "name too long" in cli.fails(1, "cp", f"box:/{'n' * 5000}", "-")


# --- forms and attributes --------------------------------------------------------------------------------------------


def test_capabilities_of_files_are_kept(cli: Cli, engine: Engine, builder: Builder) -> None:
    info, content = member("able", b"#!/bin/sh")
    info.pax_headers = {"SCHILY.xattr.security.capability": CAPABILITY.decode("utf-8", "surrogateescape")}
    cli("import", "-", "hostile:1", stdin=with_busybox(engine, (info, content)))
    cli("run", "--name", "box", "hostile:1", "touch", "/new")
    cli("commit", "box", "hostile:2")
    builder("FROM busybox\nCOPY --from=hostile:1 /able /here/able\n", "-t", "hostile:3")

    for name, path in ("hostile:1", "able"), ("hostile:2", "able"), ("hostile:3", "here/able"):
        kept = files(cli, name)[path].pax_headers["SCHILY.xattr.security.capability"]
        assert kept.encode("utf-8", "surrogateescape") == CAPABILITY


@pytest.mark.parametrize(
    "headers",
    [
        {"mtime": "nan"}, {"mtime": "-99999999999999999999"}, {"uid": "-1"}, {"uid": "9" * 40}, {"size": "-5"},
        {"size": str(2**63)}, {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(2**62)},
        {"GNU.sparse.map": "0,1,5", "GNU.sparse.size": "1"}, {"linkpath": "../../x"}, {"hdrcharset": "BINARY"},
    ],
)  # fmt: skip
def test_extended_headers_that_make_no_sense(cli: Cli, headers: dict[str, str]) -> None:
    info, content = member("f", b"content")
    info.pax_headers = headers

    done = cli("import", "-", "hostile:1", stdin=archive((info, content)), check=False)

    assert len(done.stderr.splitlines()) <= 1, done.stderr
    assert done.returncode == 0 or cli.line("images", "-q", "hostile") == ""


def test_hard_links_across_layers(cli: Cli, engine: Engine, tmp_path: Path) -> None:
    below = with_busybox(engine, member("f", b"one file"), symlink("l", "f"))
    above = archive(hardlink("again", "f"), hardlink("linked", "l"), member("bin/.wh.nothing"))
    cli("load", stdin=layered(below, above))

    assert cli.line("run", "--rm", "hostile:1", "sh", "-c", "cat /again; readlink /linked") == "one filef"
    hidden = layered(below, archive(member(".wh.f")), archive(hardlink("h", "f")), name="no:1")
    assert "no such file" in cli.fails(1, "load", stdin=hidden)


def test_whiteouts_that_point_out(cli: Cli, engine: Engine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").touch()
    below = with_busybox(engine, symlink("out", str(outside)))
    up = "../" * 20 + str(outside)[1:]
    cli("load", stdin=layered(below, archive(member("out/.wh.secret"), member(f"{up}/.wh..wh..opq"))))

    assert [path.name for path in outside.iterdir()] == ["secret"]
    for name in ".wh...", "a/.wh..", ".wh.":
        assert "invalid whiteout" in cli.fails(1, "load", stdin=layered(below, archive(member(name)), name="no:1"))
    assert cli.line("images", "-q", "no") == ""


@pytest.mark.parametrize("kind", [tarfile.BLKTYPE, tarfile.CHRTYPE])
def test_device_nodes_of_an_archive_that_is_copied_in(cli: Cli, engine: Engine, kind: bytes) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    node = member("node", kind=kind, devmajor=1 if kind == tarfile.CHRTYPE else 7, devminor=1, mode=0o666)

    cli("cp", "-", "box:/tmp", stdin=archive(node))

    assert "Operation not permitted" in cli.fails(1, "exec", "box", "head", "-c1", "/tmp/node")


def test_a_device_node_that_means_a_deletion_to_overlay_is_only_a_node(cli: Cli, engine: Engine) -> None:
    whiteout = member("bin/ls", kind=tarfile.CHRTYPE, devmajor=0, devminor=0)
    cli("load", stdin=layered(with_busybox(engine), archive(whiteout)))

    assert "ls" in cli.line("run", "--rm", "hostile:1", "sh", "-c", "echo /bin/*")


# --- size ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", ["wherry"])
def test_ten_thousand_layers(cli: Cli, engine: Engine) -> None:
    empty = archive()
    before = sorted(os.listdir(engine.data_root / "overlay2"))

    assert "max depth exceeded" in cli.fails(1, "load", stdin=layered(*[empty] * 10_000))

    assert sorted(os.listdir(engine.data_root / "overlay2")) == before
    assert cli.line("images", "-q", "hostile") == ""


@pytest.mark.parametrize("client", ["wherry"])
def test_a_build_of_too_many_layers(builder: Builder) -> None:
    builder.write("f", "x")
    copies = "".join(f"COPY f /{number}\n" for number in range(130))

    assert "max depth exceeded" in builder.fails(f"FROM scratch\n{copies}", "-t", "hostile:1")


def test_a_bomb_of_many_layers_of_compression(cli: Cli) -> None:
    data = archive(member("f", b"x"))
    for _ in range(30):
        data = gzip.compress(data)

    assert "tar" in cli.fails(1, "import", "-", "hostile:1", stdin=data)
