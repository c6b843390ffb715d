"""Images: listed, tagged, removed; saved, loaded and imported."""

import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = pytest.mark.root


@pytest.fixture
def small(engine: Engine, tmp_path: Path) -> Iterator[str]:
    """The tags ``small:one`` and ``small:two`` of one image of one file."""
    (tmp_path / "file").write_text("hello\n")
    subprocess.run(["tar", "-C", tmp_path, "-cf", tmp_path / "small.tar", "file"], check=True)
    engine.run("docker", "import", "-m", "a message", "-c", "ENV A=b", str(tmp_path / "small.tar"), "small:one")
    engine.run("docker", "tag", "small:one", "small:two")
    yield "small"
    left = engine.run("docker", "images", "-q", "small").stdout.split()
    if left:
        engine.run("docker", "rmi", "-f", *set(left))


def tags(cli: Cli, repository: str) -> list[str]:
    return sorted(cli.line("images", "--format", "{{.Tag}}", repository).split())


# --- listings --------------------------------------------------------------------------------------------------------


def test_the_table(cli: Cli, small: str) -> None:
    head, *rows = cli.line("images").splitlines()
    if cli.is_later:  # it has another table
        assert {row.split()[0] for row in rows} >= {"busybox:latest", "small:one"}
        return

    assert head.split("   ")[0] == "REPOSITORY"
    assert {row.split()[0] for row in rows} >= {"busybox", "small"}
    image = cli.inspect("small:one", "{{.Id}}").removeprefix("sha256:")
    row = next(row for row in rows if row.startswith("small ") and " one " in row)
    assert re.fullmatch(rf"small +one +{image[:12]} +.* ago +6B", row)


def test_one_repository_and_one_tag(cli: Cli, small: str) -> None:
    assert tags(cli, "small") == ["one", "two"]
    assert tags(cli, "small:one") == ["one"]
    assert cli.line("images", "-q", "nothing") == ""


def test_filters(cli: Cli, small: str) -> None:
    form = ["images", "--format", "{{.Repository}}:{{.Tag}}"]

    assert cli.line(*form, "-f", "reference=small:o*") == "small:one"
    assert "busybox:latest" in cli.line(*form, "-f", "before=small:one").split()
    assert set(cli.line(*form, "-f", "since=busybox").split()) == {"small:one", "small:two"}
    assert cli.line(*form, "-f", "dangling=true") == ""


def test_the_tree_shows_each_layer_once_and_who_uses_it(engine: Engine, stock: Cli, small: str) -> None:
    ours = Cli(engine, "wherry")
    container = stock.line("create", "--name", "writer", "busybox", "sh", "-c", "echo data > /file")
    stock("start", "-a", "writer")
    stock("commit", "writer", "child:1")

    head, *rows = ours.line("images", "--tree").splitlines()
    (child,) = json.loads(ours.line("images", "--tree", "--format", "json", "child"))[0]["Children"]

    assert head.split() == ["LAYER", "SIZE", "TOTAL", "CONTAINERS"]
    at = next(number for number, row in enumerate(rows) if "busybox:latest (" in row)
    assert "└─" in rows[at + 1] and "  child:1 (" in rows[at + 1]
    assert rows[at].endswith(" 1") and rows[at + 1].endswith(" 0")
    assert [row.split()[-3:-1] for row in rows if "  small:one, small:two (" in row] == [["6B", "6B"]]
    assert (child["Size"], child["Images"][0]["Names"], child["Images"][0]["Containers"]) == (5, ["child:1"], 0)
    assert child["TotalSize"] == int(stock.inspect("child:1", "{{.Size}}"))
    stock("rm", container)
    stock("rmi", "child:1")


def test_the_tree_fits_its_terminal(engine: Engine, small: str) -> None:
    with Cli(engine, "wherry").terminal("images", "--tree", columns=50) as terminal:
        assert terminal.wait() == 0
        head, *rows = terminal.expect(" 6B            0\r\n").splitlines()

    assert any("\x1b[1m" in row for row in rows)
    assert head.split() == ["LAYER", "SIZE", "CONTAINERS"]
    assert max(len(re.sub(r"\x1b\[\dm", "", row)) for row in (head, *rows)) <= 50


def test_history(cli: Cli, small: str) -> None:
    lines = cli.line("history", "--format", "{{.Size}} {{.Comment}}", "small:one").splitlines()

    assert lines == ["6B a message"]


def test_inspect(cli: Cli, small: str) -> None:
    seen = json.loads(cli.line("inspect", "small:one"))[0]

    assert sorted(seen["RepoTags"]) == ["small:one", "small:two"]
    assert seen["Config"]["Env"] == ["A=b"]
    assert (seen["Os"], seen["Size"], len(seen["RootFS"]["Layers"])) == ("linux", 6, 1)


# --- names -----------------------------------------------------------------------------------------------------------


def test_tag_and_rmi_take_and_drop_a_name(cli: Cli, small: str) -> None:
    cli("tag", "small:one", "localhost:5000/team/small:v1")
    assert cli.inspect("localhost:5000/team/small:v1", "{{.Id}}") == cli.inspect("small:one", "{{.Id}}")

    assert cli.line("rmi", "localhost:5000/team/small:v1") == "Untagged: localhost:5000/team/small:v1"

    assert tags(cli, "small") == ["one", "two"]


def test_rmi_of_the_last_name_deletes(cli: Cli, small: str) -> None:
    image = cli.inspect("small:one", "{{.Id}}")
    cli("rmi", "small:one")

    lines = cli.line("rmi", "small:two").splitlines()

    assert lines[:2] == ["Untagged: small:two", f"Deleted: {image}"]
    assert lines[2].startswith("Deleted: sha256:")
    assert "No such image: small:two" in cli.fails(1, "rmi", "small:two")


def test_rmi_of_an_image_in_use(cli: Cli, small: str) -> None:
    container = cli.line("create", "small:one", "cmd")
    cli("rmi", "small:two")

    error = cli.fails(1, "rmi", "small:one")

    assert "conflict: unable to remove repository reference" in error
    assert f'"small:one" (must force) - container {container[:12]} is using its referenced image' in error
    assert cli.line("rmi", "-f", "small:one").splitlines()[0] == "Untagged: small:one"


def test_names_that_make_no_sense(cli: Cli, small: str) -> None:
    assert "invalid reference format" in cli.fails(1, "tag", "small:one", "UPPER")
    assert "No such image: nothing:latest" in cli.fails(1, "tag", "nothing", "small:x")
    assert "invalid reference format" in cli.fails(125, "run", "a//b")


# --- archives --------------------------------------------------------------------------------------------------------


def test_save_and_load_are_a_round_trip(cli: Cli, small: str, tmp_path: Path) -> None:
    image = cli.inspect("small:one", "{{.Id}}")
    cli("save", "-o", tmp_path / "saved.tar", "small:one", "small:two")
    cli("rmi", "small:one", "small:two")

    printed = cli.line("load", "-i", tmp_path / "saved.tar")

    assert sorted(printed.splitlines()) == ["Loaded image: small:one", "Loaded image: small:two"]
    assert cli.inspect("small:one", "{{.Id}}") == image
    assert cli.inspect("small:two", "{{.Id}}") == image


def test_through_a_pipe_and_compressed(cli: Cli, engine: Engine, small: str) -> None:
    saved = subprocess.run(engine.command(cli.client, "save", "small:one"), capture_output=True, check=True).stdout
    packed = subprocess.run(["gzip", "-c"], input=saved, capture_output=True, check=True).stdout
    cli("rmi", "small:one", "small:two")

    assert cli.line("load", "-q", stdin=packed) == "Loaded image: small:one"


def test_a_saved_archive_is_what_others_read(cli: Cli, small: str, tmp_path: Path) -> None:
    cli("save", "-o", tmp_path / "saved.tar", "small:one")

    with tarfile.open(tmp_path / "saved.tar") as archive:
        manifest = json.load(archive.extractfile("manifest.json"))  # type: ignore[arg-type]
        index = json.load(archive.extractfile("index.json"))  # type: ignore[arg-type]
    assert manifest[0]["RepoTags"] == ["small:one"]
    assert index["schemaVersion"] == 2
    for source in (f"docker-archive:{tmp_path}/saved.tar", f"oci-archive:{tmp_path}/saved.tar"):
        seen = subprocess.run(["skopeo", "inspect", source], capture_output=True, text=True, check=True).stdout
        assert json.loads(seen)["Env"] == ["A=b"]


def test_save_by_id_has_no_name(cli: Cli, small: str, tmp_path: Path) -> None:
    image = cli.inspect("small:one", "{{.Id}}")
    cli("save", "-o", tmp_path / "saved.tar", image.removeprefix("sha256:")[:12])
    cli("rmi", "small:one", "small:two")

    assert cli.line("load", "-i", tmp_path / "saved.tar") == f"Loaded image ID: {image}"
    cli("rmi", image)


def test_saving_what_is_not_there(cli: Cli, tmp_path: Path) -> None:
    assert "No such image: nothing" in cli.fails(1, "save", "-o", tmp_path / "x.tar", "nothing")


def test_import_with_changes(cli: Cli, busybox: Path) -> None:
    changes = ['ENTRYPOINT ["echo", "got"]', 'CMD ["default"]', "WORKDIR /tmp", "USER user", "EXPOSE 80", "LABEL k=v"]
    flags = [word for change in changes for word in ("-c", change)]

    image = cli.line("import", *flags, busybox, "imported:1")

    assert re.fullmatch(r"sha256:[0-9a-f]{64}", image)
    assert cli.line("run", "--rm", "imported:1") == "got default"
    assert cli.line("run", "--rm", "imported:1", "other") == "got other"
    assert cli.line("run", "--rm", "--entrypoint", "", "imported:1", "sh", "-c", "pwd; id -un").split() == [
        "/tmp",
        "user",
    ]
    assert json.loads(cli.inspect("imported:1", "{{json .Config.ExposedPorts}}")) == {"80/tcp": {}}
    cli("rmi", "imported:1")


def test_import_from_a_pipe(cli: Cli, busybox: Path) -> None:
    image = cli.line("import", "-", "imported:2", stdin=busybox.read_bytes())

    assert cli.inspect("imported:2", "{{.Id}}") == image
    cli("rmi", "imported:2")


def test_import_from_the_web(cli: Cli, busybox: Path) -> None:
    serve = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", busybox.parent, "8090"]
    with subprocess.Popen(cli.engine.host.inside(serve), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None and b"Serving HTTP" in server.stdout.readline()
        told = cli.line("import", f"http://127.0.0.1:8090/{busybox.name}", "imported:4").splitlines()
        missing = cli.fails(1, "import", "http://127.0.0.1:8090/missing.tar", "imported:5")
        server.kill()

    assert told == [
        f"Downloading from http://127.0.0.1:8090/{busybox.name}",
        cli.inspect("imported:4", "{{.Id}}"),
    ]
    comment = cli.line("history", "--format", "{{.Comment}}", "imported:4")
    assert comment == f"Imported from http://127.0.0.1:8090/{busybox.name}"
    assert "failed to GET http://127.0.0.1:8090/missing.tar with status 404 File not found" in missing
    assert cli.line("run", "--rm", "imported:4", "/bin/echo", "hello") == "hello"
    cli("rmi", "imported:4")


def test_import_of_a_change_that_is_none(cli: Cli, busybox: Path) -> None:
    assert "FROM is not a valid change command" in cli.fails(1, "import", "-c", "FROM x", busybox, "imported:3")


@pytest.mark.newer_docker(23)
def test_prune_asks(cli: Cli, small: str) -> None:
    warning = "WARNING! This will remove all dangling images.\nAre you sure you want to continue? [y/N] "

    assert cli("image", "prune", stdin="yes\n").stdout == warning
    assert cli("image", "prune", stdin="y\n").stdout == f"{warning}Total reclaimed space: 0B\n"


def test_prune_of_what_has_no_name(cli: Cli, small: str, tmp_path: Path) -> None:
    image = cli.inspect("small:one", "{{.Id}}")
    cli("tag", "busybox", "small:one")
    cli("tag", "busybox", "small:two")
    assert cli.line("images", "-q", "--no-trunc", "-f", "dangling=true") == image

    printed = cli("image", "prune", "-f").stdout

    assert f"deleted: {image}\n" in printed
    assert printed.endswith("Total reclaimed space: 6B\n")
    cli("rmi", "small:one", "small:two")
