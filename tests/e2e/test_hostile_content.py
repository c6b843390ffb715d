"""Archives and images that mean harm: what they name stays inside the image, or they are refused."""

import gzip
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.archives import Member, archive, files, hardlink, member, saved, symlink
from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = pytest.mark.root


@pytest.fixture
def canary(disk: Path) -> Iterator[Path]:
    """A folder of the host with a secret in it, which must stay as it is."""
    folder = disk / f"canary-{os.urandom(4).hex()}"
    folder.mkdir()
    (folder / "secret").write_text("secret of the host")
    yield folder
    assert [entry.name for entry in folder.iterdir()] == ["secret"]
    assert (folder / "secret").read_text() == "secret of the host"
    shutil.rmtree(folder)


@pytest.fixture
def cli(cli: Cli, engine: Engine) -> Iterator[Cli]:
    """A client; after the test the engine still answers, and the images are gone again."""
    before = set(cli.line("images", "-aq").split())
    yield cli
    for image in set(cli.line("images", "-aq").split()) - before:
        for container in cli.line("ps", "-aq", "--filter", f"ancestor={image}").split():
            cli("rm", "-f", container)
        cli("rmi", "-f", image)
    assert list((engine.data_root / "blobs/tmp").glob("*")) == []


# --- archives that try to leave their root ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["{canary}/new", "../../../../../../../../..{canary}/new", "/{canary}/secret"])
def test_names_that_lead_out(cli: Cli, canary: Path, name: str) -> None:
    path = name.format(canary=canary)

    cli("import", "-", "hostile", stdin=archive(member(path, b"mine")))

    assert f"{str(canary)[1:]}/{Path(path).name}" in files(cli, "hostile")


@pytest.mark.parametrize("target", ["{canary}", "../../../../../../../..{canary}"])
def test_files_through_links_that_lead_out(cli: Cli, canary: Path, target: str) -> None:
    data = archive(symlink("link", target.format(canary=canary)), member("link/new", b"mine"))

    cli("import", "-", "hostile", stdin=data)

    assert f"{str(canary)[1:]}/new" in files(cli, "hostile")


def test_a_file_in_place_of_a_link_that_leads_out(cli: Cli, canary: Path) -> None:
    cli("import", "-", "hostile", stdin=archive(symlink("f", f"{canary}/secret"), member("f", b"mine")))

    assert files(cli, "hostile")["f"].isreg()


@pytest.mark.parametrize("target", ["{canary}/secret", "../../../../../../../../..{canary}/secret", "/etc/shadow"])
def test_hard_links_to_files_of_the_host(cli: Cli, canary: Path, target: str) -> None:
    error = cli.fails(1, "import", "-", "hostile", stdin=archive(hardlink("h", target.format(canary=canary))))

    assert "no such file or directory" in error
    assert cli.line("images", "-q", "hostile") == ""


def test_device_nodes_are_only_files_of_the_image(cli: Cli, canary: Path, busybox: Path) -> None:
    node = member("disk", kind=tarfile.BLKTYPE, devmajor=7, devminor=0, mode=0o666)
    joined = io.BytesIO(busybox.read_bytes())
    with tarfile.open(fileobj=joined, mode="a") as tar:
        tar.addfile(node[0])
    cli("import", "-", "hostile", stdin=joined.getvalue())

    assert "Operation not permitted" in cli.fails(1, "run", "--rm", "hostile", "head", "-c1", "/disk")


def test_names_that_cannot_be(cli: Cli) -> None:
    broken = archive(member("n" * 300, b"x"))

    assert "file name too long" in cli.fails(1, "import", "-", "hostile", stdin=broken)


def test_a_name_with_a_zero_byte(cli: Cli) -> None:
    info, content = member("f", b"x")
    info.pax_headers = {"path": "f\0/../../secret"}

    assert "invalid tar header" in cli.fails(1, "import", "-", "hostile", stdin=archive((info, content)))


def endless_header() -> bytes:
    """An archive whose extended header says that it has a terabyte."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 40
    return info.tobuf(tarfile.GNU_FORMAT) + b"1" * (4 << 20)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"garbage" * 300, id="garbage"),
        pytest.param(archive(member("f", b"x" * 9000))[:3000], id="truncated"),
        pytest.param(gzip.compress(archive(member("f", os.urandom(9000))))[:3000], id="truncated gzip"),
        pytest.param(endless_header(), id="endless header"),
    ],
)
def test_bytes_that_are_no_archive(cli: Cli, data: bytes) -> None:
    for command in (["import", "-", "hostile"], ["load"]):
        error = cli.fails(1, *command, stdin=data)

        assert "Traceback" not in error
        assert len(error.splitlines()) == 1, error
        assert cli.line("images", "-q", "hostile") == ""


# --- archives of `save` that lie -------------------------------------------------------------------------------------


CONFIG = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}}).encode()


@pytest.mark.parametrize(
    ("config", "layers"),
    [("{canary}/secret", []), ("../../../../../../..{canary}/secret", []), ("config.json", ["{canary}/secret"])],
)
def test_loads_that_name_files_of_the_host(cli: Cli, canary: Path, config: str, layers: list[str]) -> None:
    entry = {
        "Config": config.format(canary=canary),
        "RepoTags": ["hostile:1"],
        "Layers": [layer.format(canary=canary) for layer in layers],
    }

    error = cli.fails(1, "load", stdin=saved([entry], member("config.json", CONFIG)))

    assert "secret of the host" not in error
    assert cli.line("images", "-q", "hostile") == ""


@pytest.mark.parametrize("what", ["config.json", "layer.tar"])
def test_loads_whose_members_are_links_to_files_of_the_host(cli: Cli, canary: Path, what: str) -> None:
    entry = {"Config": "config.json", "RepoTags": ["hostile:1"], "Layers": ["layer.tar"]}
    real = {"config.json": member("config.json", CONFIG), "layer.tar": member("layer.tar", archive())}
    members = real | {what: symlink(what, f"{canary}/secret")}

    error = cli.fails(1, "load", stdin=saved([entry], *members.values()))

    assert "secret of the host" not in error
    assert cli.line("images", "-q", "hostile") == ""


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("manifest.json", b'[{"Config":"config.json","Other":%b}]' % DEEP),
        ("index.json", b'{"manifests":[],"other":%b}' % DEEP),
        ("config.json", b'{"other":%b,"rootfs":{}}' % DEEP),
    ],
)
def test_loads_whose_documents_are_nested_without_end(cli: Cli, name: str, document: bytes) -> None:
    members = {"manifest.json": b'[{"Config":"config.json"}]', name: document}
    if name == "index.json":
        del members["manifest.json"]

    error = cli.fails(1, "load", stdin=archive(*(member(name, data) for name, data in members.items())))

    assert "recursion" in error
    assert len(error.splitlines()) == 1, error


@pytest.mark.parametrize(
    "manifest", [None, {}, [None], [{"Config": 5}], [{"Config": "config.json", "Layers": ["nothing"]}], "text"]
)
def test_loads_whose_manifest_is_none(cli: Cli, manifest: object) -> None:
    error = cli.fails(1, "load", stdin=saved(manifest, member("config.json", CONFIG)))

    assert "Traceback" not in error
    assert len(error.splitlines()) == 1, error


# --- images that mean harm when they start ---------------------------------------------------------------------------


def with_links(busybox: Path, *links: Member, without: tuple[str, ...] = ()) -> bytes:
    """The archive of busybox with more in it, and some of it left out."""
    buffer = io.BytesIO()
    with tarfile.open(busybox) as old, tarfile.open(fileobj=buffer, mode="w") as new:
        for info in old:
            if not any(info.name.removeprefix("./").startswith(name) for name in without):
                new.addfile(info, old.extractfile(info) if info.isreg() else None)
        for info, content in links:
            new.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_passwd_is_never_read_from_the_host(cli: Cli, canary: Path, busybox: Path) -> None:
    secret = canary / "secret"
    try:
        secret.write_text("spy:x:4321:4321::/:/bin/sh\n")
        data = with_links(busybox, symlink("etc/passwd", str(secret)), without=("etc/passwd",))
        cli("import", "-", "hostile", stdin=data)

        error = cli.fails(125, "run", "--rm", "-u", "spy", "hostile", "id")
    finally:
        secret.write_text("secret of the host")

    assert "unable to find user spy: no matching entries in passwd file" in error


def test_etc_is_never_the_hosts(cli: Cli, canary: Path, busybox: Path) -> None:
    own = member(f"{canary}/own", b"of the image")
    cli("import", "-", "hostile", stdin=with_links(busybox, symlink("etc", str(canary)), own, without=("etc",)))

    listed = cli.line("run", "--rm", "hostile", "sh", "-c", "touch /etc/new; ls /etc").split()

    assert {"hostname", "hosts", "new", "own", "resolv.conf"} <= set(listed)
    assert "secret" not in listed


@pytest.mark.parametrize("name", ["etc/hosts", "etc/resolv.conf", "etc/hostname", ".dockerenv"])
def test_files_of_the_engine_are_not_made_through_links(cli: Cli, canary: Path, busybox: Path, name: str) -> None:
    own = member(f"{canary}/own", b"of the image")
    cli("import", "-", "hostile", stdin=with_links(busybox, symlink(name, f"{canary}/new"), own))

    assert cli.line("run", "--rm", "hostile", "echo", "runs") == "runs"


@pytest.mark.parametrize("target", ["/../../../../..{canary}", "../../../../../../../../../..{canary}"])
def test_a_working_directory_through_a_link(cli: Cli, canary: Path, busybox: Path, target: str) -> None:
    link = symlink("link", target.format(canary=canary))
    cli("import", "-c", "WORKDIR /link/new", "-", "hostile", stdin=with_links(busybox, link))

    assert cli.line("run", "--rm", "hostile", "pwd", "-P") == f"{canary}/new"


@pytest.mark.parametrize("kind", ["volume", "bind", "tmpfs"])
def test_mount_points_through_a_link(cli: Cli, canary: Path, busybox: Path, tmp_path: Path, kind: str) -> None:
    own = member(f"{canary}/own", b"of the image")
    cli("import", "-", "hostile", stdin=with_links(busybox, symlink("link", str(canary)), own))
    mounts = {"volume": ["-v", "/link/new"], "bind": ["-v", f"{tmp_path}:/link/new"], "tmpfs": ["--tmpfs", "/link/new"]}

    script = "touch /link/new/file; ls /link"
    assert cli.line("run", "--rm", *mounts[kind], "hostile", "sh", "-c", script).split() == ["new", "own"]


@pytest.mark.parametrize(("target", "volume"), [("/proc", "/link/self/attr"), ("/proc/sys", "/link")])
def test_a_volume_of_an_image_is_not_mounted_on_proc(
    cli: Cli, canary: Path, busybox: Path, target: str, volume: str
) -> None:
    """CVE-2019-16884: in place of /proc/self/attr it would take the AppArmor profile away."""
    cli("import", "-c", f"VOLUME {volume}", "-", "hostile", stdin=with_links(busybox, symlink("link", target)))

    error = cli.fails(125, "run", "--rm", "hostile", "true")

    assert f'"{volume}" cannot be mounted because it is inside /proc' in error


def test_a_volume_is_not_filled_from_the_host(cli: Cli, canary: Path, busybox: Path) -> None:
    own = member(f"{canary}/own", b"of the image")
    cli("import", "-", "hostile", stdin=with_links(busybox, symlink("data", str(canary)), own))

    assert cli.line("run", "--rm", "-v", "kept:/data", "hostile", "ls", "/data") == "own"
