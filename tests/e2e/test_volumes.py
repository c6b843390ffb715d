"""``volume``: made, listed, looked at and removed."""

import json
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root


def not_found(cli: Cli, name: str) -> str:
    """What is said of a volume that is not there."""
    if cli.is_old:
        return f"Error: No such volume: {name}\n"
    return f"Error response from daemon: get {name}: no such volume\n"


def names(cli: Cli, *filters: str) -> list[str]:
    return cli.line("volume", "ls", "-q", *(f"--filter={each}" for each in filters)).split()


def seen(cli: Cli, name: str) -> dict[str, object]:
    (found,) = json.loads(cli.line("volume", "inspect", name))
    assert isinstance(found, dict)
    return found


# --- create, ls, inspect ---------------------------------------------------------------------------------------------


def test_create_and_inspect(cli: Cli, engine: Engine) -> None:
    assert cli("volume", "create", "--label", "tier=gold", "--label", "bare", "store").stdout == "store\n"

    volume = seen(cli, "store")

    assert volume["Name"] == "store"
    assert volume["Driver"] == "local"
    assert volume["Scope"] == "local"
    assert volume["Labels"] == {"tier": "gold", "bare": ""}
    assert volume["Options"] is None
    assert volume["Mountpoint"] == str(engine.data_root / "volumes/store/_data")
    assert cli.line("volume", "inspect", "-f", "{{.Name}} {{index .Labels `tier`}}", "store") == "store gold"


def test_one_that_is_there_stays_as_it_is(cli: Cli) -> None:
    cli("volume", "create", "--label", "first=1", "store")

    assert cli.line("volume", "create", "--label", "second=1", "store") == "store"
    assert seen(cli, "store")["Labels"] == {"first": "1"}


def test_one_without_a_name_is_anonymous(cli: Cli) -> None:
    name = cli.line("volume", "create")

    assert len(name) == 64
    assert seen(cli, name)["Labels"] == {"com.docker.volume.anonymous": ""}


def test_ls_is_sorted_as_people_count(cli: Cli) -> None:
    for name in ("v10", "v9", "apples"):
        cli("volume", "create", name)

    assert cli("volume", "ls").stdout.splitlines() == [
        "DRIVER    VOLUME NAME",
        "local     apples",
        "local     v9",
        "local     v10",
    ]
    assert cli("volume", "list", "-q").stdout.split() == ["apples", "v9", "v10"]


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        ("{{.Name}} {{.Driver}} {{.Scope}} {{.Links}} {{.Size}}", "store local local N/A N/A\n"),
        ("{{.Labels}}|{{.Label `tier`}}", "tier=gold|gold\n"),
        ("table {{.Name}}\t{{.Scope}}", "VOLUME NAME   SCOPE\nstore         local\n"),
        ("raw", "name: store\ndriver: local\n\n"),
    ],
)
def test_ls_by_a_template(cli: Cli, template: str, printed: str) -> None:
    cli("volume", "create", "--label", "tier=gold", "store")

    assert cli("volume", "ls", "--format", template).stdout == printed


@pytest.mark.newer_docker(23)
def test_ls_as_json(cli: Cli) -> None:
    cli("volume", "create", "store")

    row = json.loads(cli.line("volume", "ls", "--format", "json"))

    assert (row["Name"], row["Driver"], row["Availability"]) == ("store", "local", "N/A")


def test_ls_filters(cli: Cli) -> None:
    cli("volume", "create", "--label", "tier=gold", "gold")
    cli("volume", "create", "--label", "tier=tin", "tin")
    cli("create", "-v", "gold:/data", "busybox")

    assert names(cli, "dangling=true") == ["tin"]
    assert names(cli, "dangling=false") == ["gold"]
    assert names(cli, "label=tier") == ["gold", "tin"]
    assert names(cli, "label=tier=tin") == ["tin"]
    assert names(cli, "name=ol") == ["gold"]
    assert names(cli, "driver=local") == ["gold", "tin"]
    assert names(cli, "driver=other") == []
    assert "invalid filter 'colour'" in cli.fails(1, "volume", "ls", "--filter", "colour=red")


def test_what_is_no_volume(cli: Cli) -> None:
    cli("volume", "create", "store")

    done = cli("volume", "inspect", "store", "nope", check=False)

    assert done.returncode == 1
    assert [volume["Name"] for volume in json.loads(done.stdout)] == ["store"]
    assert done.stderr == not_found(cli, "nope")
    nameless = "invalid volume name or ID: value is empty" if cli.is_later else "Error: No such volume: "
    assert cli.fails(1, "volume", "inspect", "") == f"{nameless}\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["x/y"], 'create x/y: "x/y" includes invalid characters for a local volume name'),
        (["x"], "create x: volume name is too short, names should be at least two alphanumeric characters"),
        (["-d", "nodriver", "store"], 'error looking up volume plugin nodriver: plugin "nodriver" not found'),
        (["-o", "colour=red", "store"], 'create store: invalid option: "colour"'),
        (["--name", "a1", "a2"], "either specify --name or provide positional arg, not both"),
    ],
)
def test_volumes_that_make_no_sense(cli: Cli, arguments: list[str], text: str) -> None:
    if cli.is_later and "--name" in arguments:
        text = "conflicting options: cannot specify a volume-name through both --name and as a positional arg"
    assert text in cli.fails(1, "volume", "create", *arguments)
    assert names(cli) == []


# --- options of the local driver -------------------------------------------------------------------------------------


TMPFS = ("-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=5m,uid=1000,mode=700")


def mounted(volume: str, engine: Engine) -> bool:
    return f" {engine.data_root}/volumes/{volume}/_data " in Path("/proc/self/mountinfo").read_text()


def test_a_device_is_mounted_from_the_first_user_to_the_last(cli: Cli, engine: Engine) -> None:
    cli("volume", "create", *TMPFS, "memory")
    assert not mounted("memory", engine)

    cli("run", "-d", "--name", "one", "-v", "memory:/m", "busybox", "sleep", "1000")
    cli("run", "-d", "--name", "two", "-v", "memory:/m", "busybox", "sleep", "1000")
    cli("exec", "one", "touch", "/m/file")

    assert cli.line("exec", "two", "ls", "/m") == "file"
    assert cli.line("exec", "two", "stat", "-c", "%a %u", "/m") == "700 1000"
    assert "size=5120k" in cli.line("exec", "two", "grep", " /m ", "/proc/mounts")
    cli("rm", "-f", "one")
    assert mounted("memory", engine)
    cli("rm", "-f", "two")
    assert not mounted("memory", engine)
    assert seen(cli, "memory")["Options"] == {"type": "tmpfs", "device": "tmpfs", "o": "size=5m,uid=1000,mode=700"}


def test_a_folder_of_the_host_as_a_volume(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of the host\n")
    for name, mode in (("writable", ""), ("fixed", ",ro")):
        cli("volume", "create", "-o", "type=none", "-o", f"o=bind{mode}", "-o", f"device={tmp_path}", name)

    assert cli.line("run", "--rm", "-v", "writable:/m", "busybox", "sh", "-c", "cat /m/file; touch /m/new") == (
        "of the host"
    )
    assert "Read-only file system" in cli.fails(1, "run", "--rm", "-v", "fixed:/m", "busybox", "touch", "/m/x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "new"]


def test_such_a_volume_is_made_by_mount_too(cli: Cli, tmp_path: Path) -> None:
    options = f"volume-opt=type=none,volume-opt=o=bind,volume-opt=device={tmp_path}"

    cli("run", "--rm", "--mount", f"type=volume,src=host,dst=/m,volume-label=a=b,{options}", "busybox", "touch", "/m/x")

    assert (tmp_path / "x").exists()
    assert seen(cli, "host")["Labels"] == {"a": "b"}


def test_a_copy_mounts_it_for_a_moment(cli: Cli, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of the host\n")
    cli("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", f"device={tmp_path}", "host")
    cli("create", "--name", "box", "-v", "host:/m", "busybox")

    cli("cp", "box:/m/file", tmp_path / "copy")

    assert (tmp_path / "copy").read_text() == "of the host\n"
    eventually(lambda: not mounted("host", engine))


def test_what_cannot_be_mounted_is_told_by_the_start(cli: Cli, engine: Engine) -> None:
    cli("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", "device=/no/where", "lost")

    error = cli.fails(127, "run", "-v", "lost:/m:nocopy", "busybox")

    where = f"{engine.data_root}/volumes/lost/_data"
    assert (
        f"error while mounting volume '{where}': failed to mount local volume: mount /no/where:{where}, "
        "flags: 0x1000: no such file or directory" in error
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["type=tmpfs"], 'missing required option: "device"'),
        (["device=tmpfs"], 'missing required option: "type"'),
        (["size=1m"], "quota size requested but no quota support"),
    ],
)
def test_options_that_do_not_go_together(cli: Cli, options: list[str], text: str) -> None:
    flags = [f"--opt={option}" for option in options]

    assert cli.fails(1, "volume", "create", *flags, "odd") == f"Error response from daemon: create odd: {text}\n"


# --- the image's files -----------------------------------------------------------------------------------------------


def test_a_container_of_data_that_never_runs(cli: Cli) -> None:
    """Its volumes have the image's files as soon as it is made."""
    cli("create", "--name", "data", "-v", "/var/www", "busybox")

    assert cli.line("run", "--rm", "--volumes-from", "data", "busybox", "ls", "/var/www") == "index.html"


def test_a_volume_that_was_emptied_stays_empty(cli: Cli) -> None:
    cli("create", "--name", "box", "-v", "pages:/var/www", "busybox", "ls", "/var/www")
    cli("run", "--rm", "-v", "pages:/p", "busybox", "rm", "/p/index.html")

    assert cli.line("start", "-a", "box") == ""


# --- parts of volumes ------------------------------------------------------------------------------------------------


@pytest.fixture
def store(cli: Cli) -> str:
    """A volume with a file deep in it, and links: to a part of it, and out of it."""
    script = "mkdir -p /s/a/b; echo deep > /s/a/b/file; ln -s a /s/in; ln -s /etc /s/out; ln -s ../.. /s/a/up"
    cli("run", "--rm", "-v", "store:/s", "busybox", "sh", "-c", script)
    return "store"


def part(path: str) -> str:
    return f"--mount=type=volume,src=store,dst=/m,volume-subpath={path}"


@pytest.mark.newer_docker(26)
@pytest.mark.parametrize(
    ("path", "listed"), [("a", "b\nup"), ("a/b", "file"), ("in/b", "file"), ("a/../a", "b\nup"), ("a/b/file", "/m")]
)
def test_a_part_of_a_volume(cli: Cli, engine: Engine, store: str, path: str, listed: str) -> None:
    assert cli.line("run", "--rm", part(path), "busybox", "ls", "/m") == listed
    assert f"{engine.exec_root}/parts" not in Path("/proc/self/mountinfo").read_text()


@pytest.mark.newer_docker(26)
def test_a_part_can_be_written_and_copied(cli: Cli, store: str, tmp_path: Path) -> None:
    cli("run", "--name", "box", part("a/b"), "busybox", "touch", "/m/new")

    cli("cp", "box:/m", tmp_path / "copy")

    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == ["file", "new"]
    assert cli.inspect("box", "{{(index .HostConfig.Mounts 0).VolumeOptions.Subpath}}") == "a/b"
    assert cli.inspect("box", "{{(index .Mounts 0).Source}}").endswith("/volumes/store/_data")


@pytest.mark.newer_docker(26)
@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("nope", 127, "/volumes/store/_data/nope: no such file or directory"),
        ("out", 125, "path concatenation escapes the base directory, base: "),
        ("a/up", 125, "path concatenation escapes the base directory, base: "),
        ("../x", 125, 'invalid mount config for type "volume": subpath must be a relative path within the volume'),
        ("/a", 125, 'invalid mount config for type "volume": subpath must be a relative path within the volume'),
    ],
)
def test_parts_that_are_none(cli: Cli, store: str, path: str, status: int, text: str) -> None:
    assert text in cli.fails(status, "run", "--rm", part(path), "busybox", "true")


# --- rm and prune ----------------------------------------------------------------------------------------------------


def test_rm(cli: Cli, engine: Engine) -> None:
    cli("volume", "create", "one")
    cli("volume", "create", "two")

    done = cli("volume", "rm", "one", "nope", "two", check=False)

    assert (done.returncode, done.stdout.split()) == (1, ["one", "two"])
    assert done.stderr == not_found(cli, "nope")
    assert not (engine.data_root / "volumes/one").exists()
    assert cli.line("volume", "rm", "-f", "nope") == "nope"


def test_rm_of_one_in_use(cli: Cli, engine: Engine) -> None:
    container = cli.line("create", "--name", "box", "-v", "store:/data", "busybox")
    text = f"Error response from daemon: remove store: volume is in use - [{container}]\n"

    assert cli.fails(1, "volume", "rm", "store") == text
    assert cli.fails(1, "volume", "rm", "-f", "store") == text

    cli("rm", "box")
    assert cli.line("volume", "remove", "store") == "store"
    assert names(cli) == []


@pytest.mark.newer_docker(23)
def test_prune_takes_anonymous_ones_only(cli: Cli) -> None:
    cli("volume", "create", "named")
    unused = cli.line("volume", "create")
    cli("create", "-v", "/data", "busybox")

    printed = cli("volume", "prune", "-f").stdout

    assert printed == f"Deleted Volumes:\n{unused}\n\nTotal reclaimed space: 0B\n"
    assert len(names(cli)) == 2


@pytest.mark.newer_docker(23)
def test_prune_all_by_label(cli: Cli) -> None:
    cli("run", "--rm", "-v", "plain:/data", "busybox", "sh", "-c", "printf 12345 > /data/file")
    cli("volume", "create", "--label", "keep", "kept")

    printed = cli("volume", "prune", "-a", "-f", "--filter", "label!=keep").stdout

    assert printed == "Deleted Volumes:\nplain\n\nTotal reclaimed space: 5B\n"
    assert names(cli) == ["kept"]


@pytest.mark.newer_docker(23)
def test_prune_asks_first(cli: Cli) -> None:
    cli("volume", "create")

    asked = cli("volume", "prune", stdin="n\n").stdout

    assert asked.startswith("WARNING! This will remove anonymous local volumes not used by at least one container.\n")
    assert len(names(cli)) == 1
    assert cli("volume", "prune", "-a", stdin="n\n").stdout.startswith("WARNING! This will remove all local volumes")
    assert "cannot specify both --all and --filter all=1" in cli.fails(1, "volume", "prune", "-a", "--filter", "all=1")


@pytest.mark.newer_docker(23)
def test_help_of_the_group(cli: Cli) -> None:
    assert "Remove unused local volumes" in cli.line("volume", "--help")
