"""``cp``: files into containers and out of them, running or not."""

import io
import os
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

SLEEP = ("busybox", "sleep", "1000")


@pytest.fixture(params=["created", "running", "stopped"])
def box(cli: Cli, request: pytest.FixtureRequest) -> str:
    """A container in each state of its life."""
    cli("create", "--name", "box", *SLEEP)
    if request.param != "created":
        cli("start", "box")
    if request.param == "stopped":
        cli("kill", "box")
    return "box"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a file, a directory, links to both and to nothing."""
    (tmp_path / "file").write_text("hi\n")
    (tmp_path / "dir/deep").mkdir(parents=True)
    (tmp_path / "dir/deep/x").write_text("x\n")
    (tmp_path / "to-file").symlink_to("file")
    (tmp_path / "to-dir").symlink_to("dir")
    (tmp_path / "to-nothing").symlink_to("nothing")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def members(cli: Cli, what: str) -> dict[str, tarfile.TarInfo]:
    """What the tar stream of a path holds."""
    raw = subprocess.run(cli.engine.command(cli.client, "cp", what, "-"), capture_output=True, check=True, timeout=60)
    with tarfile.open(fileobj=io.BytesIO(raw.stdout)) as archive:
        return {entry.name: entry for entry in archive}


def packed(*entries: tuple[str, bytes | None, str]) -> bytes:
    """An archive of files (name, content, "") and of links (name, None, target)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content, target in entries:
            entry = tarfile.TarInfo(name)
            if content is None:
                entry.type, entry.linkname = tarfile.SYMTYPE, target
            else:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content or b""))
    return buffer.getvalue()


# --- there and back --------------------------------------------------------------------------------------------------


def test_there_and_back(cli: Cli, box: str, tree: Path) -> None:
    cli("cp", "file", "box:/root/there")
    cli("cp", "box:/root/there", "back")

    assert (tree / "back").read_text() == "hi\n"


def test_a_directory_there_and_back(cli: Cli, box: str, tree: Path) -> None:
    cli("cp", "dir", "box:/root/there")
    cli("cp", "box:/root/there", "back")

    assert (tree / "back/deep/x").read_text() == "x\n"


def test_what_a_process_sees(cli: Cli, tree: Path) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sh", "-c", "echo from inside > /made; sleep 1000")

    eventually(lambda: cli("cp", "box:/made", ".", check=False).returncode == 0)
    cli("cp", "file", "box:/etc/")

    assert (tree / "made").read_text() == "from inside\n"
    assert cli.line("exec", "box", "cat", "/etc/file") == "hi"


def test_what_was_copied_into_a_new_container_is_there_when_it_starts(cli: Cli, tree: Path) -> None:
    cli("create", "--name", "box", "busybox", "cat", "/etc/file")

    cli("cp", "file", "box:/etc")

    assert cli.line("start", "-a", "box") == "hi"


def test_one_that_removes_itself(cli: Cli, tree: Path) -> None:
    cli("create", "--rm", "--name", "box", "busybox", "cat", "/etc/file")

    cli("cp", "file", "box:/etc")

    assert cli.line("start", "-a", "box") == "hi"


def test_modes_times_and_links_are_kept(cli: Cli, box: str, tree: Path) -> None:
    os.chmod("file", 0o4751)
    os.utime("file", (1_000_000_000, 1_000_000_000))
    os.link("file", "dir/first")
    os.link("file", "dir/second")

    cli("cp", "dir", "box:/root")
    cli("cp", "box:/root/dir", "back")

    found = (tree / "back/first").stat()
    assert stat.S_IMODE(found.st_mode) == 0o4751
    assert found.st_mtime == 1_000_000_000
    assert found.st_ino == (tree / "back/second").stat().st_ino


def test_owners(cli: Cli, box: str, tree: Path) -> None:
    os.chown("file", 1000, 1001)

    cli("cp", "file", "box:/root/plain")
    cli("cp", "-a", "file", "box:/root/archived")
    cli("cp", "-a", "box:/root/plain", "back")

    found = members(cli, "box:/root")
    assert (found["root/plain"].uid, found["root/plain"].gid) == (1000, 1001)
    assert (found["root/archived"].uid, found["root/archived"].gid) == (1000, 1001)
    assert (tree / "back").stat().st_uid == os.getuid()


# --- the rules on names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "made"),
    [
        ("file", "/root", "/root/file"),
        ("file", "/root/", "/root/file"),
        ("file", "root/new", "/root/new"),
        ("file", "/var/www/index.html", "/var/www/index.html"),
        ("dir", "/root", "/root/dir/deep/x"),
        ("dir/", "/root", "/root/dir/deep/x"),
        ("dir/.", "/root", "/root/deep/x"),
        ("dir", "/root/new", "/root/new/deep/x"),
        ("dir/.", "/root/new", "/root/new/deep/x"),
        ("dir", "/root/new/", "/root/new/deep/x"),
        ("to-dir/", "/root", "/root/to-dir/deep/x"),
        ("to-dir/.", "/root", "/root/deep/x"),
    ],
)
def test_names_in_the_container(cli: Cli, tree: Path, source: str, target: str, made: str) -> None:
    cli("create", "--name", "box", *SLEEP)

    cli("cp", source, f"box:{target}")

    assert made.removeprefix("/").rpartition("/")[2] in members(cli, f"box:{made}")


@pytest.mark.parametrize(
    ("source", "target", "made"),
    [
        ("/var/www/index.html", ".", "index.html"),
        ("/var/www/index.html", "new", "new"),
        ("/var/www/index.html", "file", "file"),
        ("/var/www/index.html", "to-file", "file"),
        ("/var/www/index.html", "to-nothing", "nothing"),
        ("/var/www/index.html", "to-dir", "dir/index.html"),
        ("/var/www", ".", "www/index.html"),
        ("/var/www/", "dir", "dir/www/index.html"),
        ("/var/www/.", "dir", "dir/index.html"),
        ("/var/www", "new", "new/index.html"),
        ("/var/www/.", "new", "new/index.html"),
        ("var/www", "new/", "new/index.html"),
    ],
)
def test_names_on_this_machine(cli: Cli, tree: Path, source: str, target: str, made: str) -> None:
    cli("create", "--name", "box", *SLEEP)

    cli("cp", f"box:{source}", target)

    assert (tree / made).read_text() == "hello from a container\n"
    assert not (tree / made).is_symlink()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["file", "box:/nope/"], "no such directory"),
        (["file", "box:/nope/x"], "Error response from daemon: Could not find the file /nope in container box"),
        (["dir", "box:/var/www/index.html"], "cannot copy directory"),
        (["file/", "box:/root"], "not a directory"),
        (["nothing", "box:/root"], "lstat {}/nothing: no such file or directory"),
        (["-L", "to-nothing", "box:/root"], "lstat {}/nothing: no such file or directory"),
        (["box:/nothing", "."], "Error response from daemon: Could not find the file /nothing in container box"),
        (["box:/etc/passwd/", "."], "Error response from daemon: lstat /etc/passwd/: not a directory"),
        (["box:/var/www", "file"], "cannot copy directory"),
        (["box:/etc/passwd", "nope/"], "no such directory"),
        (["box:/etc/passwd", "nope/x"], 'invalid output path: directory "{}/nope" does not exist'),
        (["file", "other"], "must specify at least one container source"),
        (["box:/a", "box:/b"], "copying between containers is not supported"),
        (["-", "box:/etc/passwd"], 'destination "box:/etc/passwd" must be a directory'),
        (["nobody:/x", "."], "Error response from daemon: No such container: nobody"),
        (["file", "nobody:/x"], "Error response from daemon: No such container: nobody"),
        (["", "box:/"], "source can not be empty"),
        (["file", ""], "destination can not be empty"),
        (["box:", "."], "Error response from daemon: bad parameter: pathcannot be empty"),
    ],
)
def test_copies_that_make_no_sense(cli: Cli, tree: Path, arguments: list[str], text: str) -> None:
    cli("create", "--name", "box", *SLEEP)

    said = cli.fails(1, "cp", *arguments).rstrip("\n")

    if cli.is_later:  # it logs first that nobody reads its archive any more
        said = said.splitlines()[-1]
    if not says_not_found_itself(cli, said):
        assert said == text.format(tree)


def says_not_found_itself(cli: Cli, said: str) -> bool:
    """docker before 23.0 does not pass on what the engine says."""
    return cli.is_old and said.startswith("Error: No such container:path: ")


def test_a_directory_does_not_replace_a_file_nor_the_other_way_round(cli: Cli, tree: Path) -> None:
    cli("create", "--name", "box", *SLEEP)
    (tree / "home").write_text("a file")
    (tree / "www/index.html").mkdir(parents=True)

    assert 'cannot overwrite directory "/home" with non-directory "/"' in cli.fails(1, "cp", "home", "box:/")
    assert 'cannot overwrite non-directory "/var/www/index.html" with directory "/var"' in cli.fails(
        1, "cp", "www", "box:/var"
    )
    assert f'cannot overwrite directory "{tree}/www/index.html" with non-directory "{tree}"' in cli.fails(
        1, "cp", "box:/var/www", "."
    )


# --- links -----------------------------------------------------------------------------------------------------------


def test_links_are_copied_as_links(cli: Cli, box: str, tree: Path) -> None:
    cli("cp", "to-file", "box:/root")
    cli("cp", "to-nothing", "box:/root")
    cli("cp", "box:/root/to-nothing", "back")

    assert members(cli, "box:/root")["root/to-file"].linkname == "file"
    assert os.readlink("back") == "nothing"


def test_links_are_followed_where_that_is_asked_for(cli: Cli, box: str, tree: Path) -> None:
    cli("cp", "-L", "to-file", "box:/root")
    cli("cp", "-L", "to-dir", "box:/root")
    cli("cp", "to-nothing", "box:/root/sh")
    cli("cp", "-L", "box:/bin/sh", "shell")

    found = members(cli, "box:/root")
    assert found["root/to-file"].isreg()
    assert found["root/to-dir/deep/x"].isreg()
    assert (tree / "shell").stat().st_size > 1000


def test_a_link_to_a_directory_is_a_place_to_copy_to(cli: Cli, box: str, tree: Path) -> None:
    cli("cp", "-", "box:/", stdin=packed(("pages", None, "/var/www"), ("more", None, "pages")))

    cli("cp", "file", "box:/pages")
    cli("cp", "file", "box:/more/other")
    cli("cp", "box:/more/.", "back")

    assert sorted(os.listdir("back")) == ["file", "index.html", "other"]


def test_links_lead_nowhere_but_into_the_container(cli: Cli, box: str, tree: Path) -> None:
    """A link to the host's own path is one to the container's."""
    (tree / "secret").write_text("of the host")
    escape = "/.." * 20 + str(tree)
    cli("cp", "-", "box:/", stdin=packed(("out", None, escape), ("absolute", None, str(tree))))

    for link in ("out", "absolute"):
        said = cli.fails(1, "cp", f"box:/{link}/secret", "back")
        assert "Could not find the file" in said or says_not_found_itself(cli, said)
        cli("cp", "file", f"box:/{link}/planted", check=False)
        cli("cp", "-L", f"box:/{link}", "back", check=False)

    assert sorted(os.listdir(tree)) == ["dir", "file", "secret", "to-dir", "to-file", "to-nothing"]


def test_links_that_are_swapped_meanwhile_lead_nowhere_either(cli: Cli, tree: Path) -> None:
    """A container turns a directory into a link to the host's files and back, as fast as it can, while it is copied."""
    (tree / "secret").mkdir()
    (tree / "secret/file").write_text("of the host")
    (tree / "in").mkdir()
    (tree / "in/planted").touch()
    swap = f"ln -s {'../' * 20}{tree}/secret link; mkdir real; touch real/file; mv real way"
    loop = "while :; do mv way real; mv link way; mv way link; mv real way; done"
    cli("run", "-d", "--name", "box", "-w", "/there", "busybox", "sh", "-c", f"{swap}; {loop}")
    eventually(lambda: cli("cp", "box:/there/way", "-", check=False).returncode == 0)

    for turn in range(8):
        cli("cp", "box:/there/way", f"whole{turn}", check=False)
        cli("cp", "-L", "box:/there/way/file", f"file{turn}", check=False)
        cli("cp", "in/.", "box:/there/way", check=False)

    assert [path.name for path in (tree / "secret").iterdir()] == ["file"]
    assert (tree / "secret/file").read_text() == "of the host"
    assert eventually(lambda: cli("cp", "box:/there/way", "whole", check=False).returncode == 0)
    copied = [Path(folder, name) for folder, _, names in os.walk(tree) for name in names if "secret" not in folder]
    files = [path for path in copied if path.name == "file" and not path.is_symlink()]
    assert [path for path in files if "host" in path.read_text()] == []


# --- tar streams -----------------------------------------------------------------------------------------------------


def test_a_tar_stream_in(cli: Cli, box: str) -> None:
    cli("cp", "-", "box:/root", stdin=packed(("a", b"1", ""), ("b/c", b"22", "")))

    assert {name: found.size for name, found in members(cli, "box:/root").items() if found.isreg()} == {
        "root/a": 1,
        "root/b/c": 2,
    }


@pytest.mark.parametrize("compressor", ["gzip", "bzip2", "xz", "zstd"])
def test_a_compressed_one(cli: Cli, compressor: str) -> None:
    cli("create", "--name", "box", *SLEEP)
    archive = subprocess.run([compressor, "-c"], input=packed(("a", b"1", "")), capture_output=True, check=True).stdout

    cli("cp", "-", "box:/root", stdin=archive)

    assert "root/a" in members(cli, "box:/root")


@pytest.mark.parametrize(
    ("archive", "text"),
    [
        (b"no archive" * 1000, "archive/tar: invalid tar header"),
        (packed(("a", b"1" * 5000, ""))[:1500], "unexpected EOF"),
        (packed(("../../a", b"1", "")), "is outside of"),
    ],
)
def test_what_is_no_archive_to_unpack(cli: Cli, archive: bytes, text: str) -> None:
    cli("create", "--name", "box", *SLEEP)

    assert text in cli.fails(1, "cp", "-", "box:/root", stdin=archive)


def test_links_in_an_archive_are_the_containers(cli: Cli, box: str) -> None:
    cli("cp", "-", "box:/root", stdin=packed(("way", None, "/home"), ("way/a", b"1", "")))

    assert "a" in members(cli, "box:/home/a")


def test_an_archive_does_not_leave_the_folder_on_this_machine(cli: Cli, tree: Path) -> None:
    """Neither by its names nor by a link that it brings itself."""
    cli("create", "--name", "box", *SLEEP)
    (tree / "inside").mkdir()
    cli("cp", "-", "box:/root", stdin=packed(("way", None, str(tree)), ("up", None, "..")))

    cli("cp", "box:/root", "inside", check=False)

    assert sorted(os.listdir(tree)) == ["dir", "file", "inside", "to-dir", "to-file", "to-nothing"]


# --- volumes, binds, read-only ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("running", [True, False])
def test_volumes_and_binds_are_seen(cli: Cli, tree: Path, running: bool) -> None:
    (tree / "shared").mkdir()
    (tree / "shared/there").write_text("bound\n")
    cli("create", "--name", "box", "-v", "store:/data", "-v", f"{tree}/shared:/home/shared", *SLEEP)
    if running:
        cli("start", "box")

    cli("cp", "file", "box:/data")
    cli("cp", "file", "box:/home/shared")
    cli("cp", "box:/home", "back")

    assert (tree / "shared/file").read_text() == "hi\n"
    assert (tree / "back/shared/there").read_text() == "bound\n"
    assert cli.line("run", "--rm", "-v", "store:/d", "busybox", "cat", "/d/file") == "hi"


def test_its_own_files_are_those_that_it_sees(cli: Cli, tree: Path) -> None:
    cli("run", "-d", "--name", "box", "--hostname", "called", *SLEEP)

    cli("cp", "box:/etc/hostname", ".")

    assert (tree / "hostname").read_text() == "called\n"
    assert "resource busy" in cli.fails(1, "cp", "file", "box:/etc/hosts")


@pytest.mark.parametrize(("network", "name"), [("none", "box"), ("host", None), ("container:peer", "peer")])
def test_whatever_its_network(cli: Cli, tree: Path, network: str, name: str | None) -> None:
    cli("run", "-d", "--name", "peer", "--hostname", "peer", *SLEEP)
    hostname = ("--hostname", "box") if name == "box" else ()
    cli("run", "-d", "--name", "box", "--network", network, *hostname, *SLEEP)

    cli("cp", "box:/etc/hostname", "there")
    assert (tree / "there").read_text() == cli("exec", "box", "cat", "/etc/hostname").stdout
    assert name is None or (tree / "there").read_text() == f"{name}\n"

    cli("rm", "-f", "peer")
    cli("cp", "box:/var/www", "pages")


@pytest.mark.parametrize("running", [True, False])
def test_read_only_places_are_refused(cli: Cli, tree: Path, running: bool) -> None:
    (tree / "shared").mkdir()
    mounts = ("-v", "store:/data", "-v", f"{tree}/shared:/shared:ro")
    cli("create", "--name", "box", "--read-only", *mounts, *SLEEP)
    if running:
        cli("start", "box")

    assert cli.fails(1, "cp", "file", "box:/root") == (
        "Error response from daemon: container rootfs is marked read-only\n"
    )
    assert cli.fails(1, "cp", "file", "box:/shared") == (
        "Error response from daemon: mounted volume is marked read-only\n"
    )
    cli("cp", "file", "box:/data")
    cli("cp", "box:/var/www", "back")
    assert (tree / "back/index.html").exists()
    assert os.listdir(tree / "shared") == []


def test_a_link_in_a_volume_is_no_way_around_it(cli: Cli, tree: Path) -> None:
    cli("run", "--rm", "-v", "store:/data", "busybox", "ln", "-s", "/root", "/data/way")
    cli("create", "--name", "box", "--read-only", "-v", "store:/data", *SLEEP)

    cli.fails(1, "cp", "-", "box:/data", stdin=packed(("way/planted", b"1", "")))

    assert "root/planted" not in members(cli, "box:/root")


def test_a_client_that_stands_still_is_in_nobodys_way(cli: Cli, engine: Engine) -> None:
    """Neither for a start, nor for an end, nor for a removal; and what is copied is what the container has."""
    cli("create", "--name", "box", "-v", "/data", *SLEEP)
    upper = Path(cli.inspect("box", "{{.GraphDriver.Data.UpperDir}}"))
    with cli.beside("cp", "-", "box:/root", stdin=subprocess.PIPE) as copying:
        assert copying.stdin is not None
        copying.stdin.buffer.write(packed(("first", b"1" * 300_000, ""), ("second", b"2", ""))[:300_800])
        copying.stdin.flush()
        eventually((upper / "root/first").exists)

        cli("start", "box")
        assert cli.line("exec", "box", "ls", "/root") == "first"
        cli("kill", "box")
        cli("start", "box")
        cli("rm", "-f", "-v", "box")

        assert cli.line("ps", "-aq") == ""
    eventually(lambda: str(upper.parent) not in Path("/proc/self/mountinfo").read_text())


def test_a_client_that_is_killed_leaves_the_engine_as_it_was(cli: Cli, engine: Engine) -> None:
    cli("create", "--name", "box", *SLEEP)
    upper = Path(cli.inspect("box", "{{.GraphDriver.Data.UpperDir}}"))
    with cli.beside("cp", "-", "box:/root", stdin=subprocess.PIPE) as copying:
        assert copying.stdin is not None
        copying.stdin.buffer.write(packed(("first", b"1" * 1_000_000, ""), ("second", b"2", ""))[:1_000_800])
        copying.stdin.flush()
        eventually((upper / "root/first").exists)
        copying.kill()
    eventually(lambda: str(upper.parent) not in Path("/proc/self/mountinfo").read_text())
    cli("cp", "-", "box:/root", stdin=packed(("third", b"3", "")))
    assert "root/third" in members(cli, "box:/root")


# --- what is told ----------------------------------------------------------------------------------------------------


@pytest.mark.newer_docker(23)
def test_a_terminal_is_told_what_was_copied(cli: Cli, tree: Path) -> None:
    cli("create", "--name", "box", *SLEEP)

    with cli.terminal("cp", "file", "box:/root/new") as terminal:
        terminal.expect("Successfully copied 2.05kB to box:/root/new")
    with cli.terminal("cp", "box:/root/new", ".") as terminal:
        terminal.expect(f"Successfully copied 2.05kB to {tree}/.")
    assert cli("cp", "file", "box:/root").stderr == ""
    assert cli("cp", "-q=false", "file", "box:/root").stderr == "Successfully copied 2.05kB to box:/root\n"


def test_the_events_of_a_copy(cli: Cli, engine: Engine, tree: Path) -> None:
    cli("create", "--name", "box", *SLEEP)
    cli("cp", "file", "box:/root")
    cli("cp", "box:/root/file", "-")

    now = cli.line("run", "--rm", "busybox", "date", "+%s")
    told = cli.line(
        "events", "--since", "0", "--until", str(int(now) + 1), "--filter", "container=box", "--format", "{{.Action}}"
    ).split()

    assert told[-2:] == ["extract-to-dir", "archive-path"]


def test_nothing_is_left_mounted(cli: Cli, engine: Engine, tree: Path) -> None:
    cli("create", "--name", "box", "-v", "store:/data", *SLEEP)
    container = cli.inspect("box", "{{.Id}}")

    cli("cp", "dir", "box:/data")
    cli("cp", "box:/data", "back")

    eventually(lambda: container not in Path("/proc/self/mountinfo").read_text())
    assert cli.line("rm", "-v", "box") == "box"


def test_help(cli: Cli) -> None:
    text = cli.line("cp", "--help")

    assert "cp [OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-" in text
    assert "Use '-' as the source to read a tar archive from stdin" in text
