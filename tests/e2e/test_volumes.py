"""``volume``: made, listed, looked at and removed."""

import json

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = pytest.mark.root


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
    assert done.stderr == "Error response from daemon: get nope: no such volume\n"
    assert cli.fails(1, "volume", "inspect", "") == "Error: No such volume: \n"


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
    assert text in cli.fails(1, "volume", "create", *arguments)
    assert names(cli) == []


# --- rm and prune ----------------------------------------------------------------------------------------------------


def test_rm(cli: Cli, engine: Engine) -> None:
    cli("volume", "create", "one")
    cli("volume", "create", "two")

    done = cli("volume", "rm", "one", "nope", "two", check=False)

    assert (done.returncode, done.stdout.split()) == (1, ["one", "two"])
    assert done.stderr == "Error response from daemon: get nope: no such volume\n"
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


def test_prune_takes_anonymous_ones_only(cli: Cli) -> None:
    cli("volume", "create", "named")
    unused = cli.line("volume", "create")
    cli("create", "-v", "/data", "busybox")

    printed = cli("volume", "prune", "-f").stdout

    assert printed == f"Deleted Volumes:\n{unused}\n\nTotal reclaimed space: 0B\n"
    assert len(names(cli)) == 2


def test_prune_all_by_label(cli: Cli) -> None:
    cli("run", "--rm", "-v", "plain:/data", "busybox", "sh", "-c", "printf 12345 > /data/file")
    cli("volume", "create", "--label", "keep", "kept")

    printed = cli("volume", "prune", "-a", "-f", "--filter", "label!=keep").stdout

    assert printed == "Deleted Volumes:\nplain\n\nTotal reclaimed space: 5B\n"
    assert names(cli) == ["kept"]


def test_prune_asks_first(cli: Cli) -> None:
    cli("volume", "create")

    asked = cli("volume", "prune", stdin="n\n").stdout

    assert asked.startswith("WARNING! This will remove anonymous local volumes not used by at least one container.\n")
    assert len(names(cli)) == 1
    assert cli("volume", "prune", "-a", stdin="n\n").stdout.startswith("WARNING! This will remove all local volumes")
    assert "cannot specify both --all and --filter all=1" in cli.fails(1, "volume", "prune", "-a", "--filter", "all=1")


def test_help_of_the_group(cli: Cli) -> None:
    assert "Remove unused local volumes" in cli.line("volume", "--help")
