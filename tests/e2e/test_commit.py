"""``commit``: an image of what a container has become."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

FILL = """
echo milk > /food; ln /food /same; ln -s food /link; mkdir -p /shelf/top; echo jam > /shelf/top/jam
chown 1000:1000 /shelf; chmod 2750 /shelf; mkfifo /pipe
rm /var/www/index.html; rm -r /root; mkdir /root; touch -d '2001-02-03 04:05:06' /food
echo lost > /data/lost
"""
LOOK = """
cat /food /shelf/top/jam; ls -i /food /same | cut -d/ -f1 | uniq | wc -l; readlink /link
stat -c '%u:%g %a' /shelf; stat -c %Y /food; ls /var/www /root /data; [ -p /pipe ] && echo a pipe
"""


@pytest.fixture
def shelf(cli: Cli) -> Iterator[Cli]:
    """The command line, without the images that a test made."""
    yield cli
    images = cli.line("images", "-aq", "--no-trunc", "--filter", "since=busybox").split()
    if images:
        cli.engine.run("docker", "rm", "-f", *cli.engine.run("docker", "ps", "-aq").stdout.split(), check=False)
        cli("rmi", "-f", *dict.fromkeys(images))


def inspect(cli: Cli, image: str) -> dict[str, object]:
    found: list[dict[str, object]] = json.loads(cli.line("image", "inspect", image))
    return found[0]


def test_the_image_has_what_the_container_had(shelf: Cli) -> None:
    shelf("run", "--name", "fridge", "-v", "/data", "busybox", "sh", "-ec", FILL)

    image = shelf.line("commit", "fridge", "fridge:full")

    assert shelf.line("images", "-q", "--no-trunc", "fridge:full") == image
    expected = "milk\njam\n1\nfood\n1000:1000 2750\n981173106\n/data:\n\n/root:\n\n/var/www:\na pipe"
    assert shelf.line("run", "--rm", "fridge:full", "sh", "-c", LOOK) == expected
    assert shelf.line("diff", "fridge")


def test_of_one_that_ends_meanwhile(shelf: Cli) -> None:
    for turn in range(3):  # each may find it before its end, in the middle of it, or behind it
        container = shelf.line("run", "-d", "busybox", "touch", "/food")
        image = shelf.line("commit", container, f"fridge:{turn}")
        assert shelf.line("images", "-q", "--no-trunc", f"fridge:{turn}") == image


def test_saved_and_loaded_by_another_engine(shelf: Cli, disk: Path) -> None:
    shelf("run", "--name", "fridge", "busybox", "sh", "-ec", "mkdir /data;" + FILL)
    shelf("commit", "fridge", "fridge")
    before = shelf.line("run", "--rm", "fridge", "sh", "-c", LOOK)
    archive = disk / "fridge.tar"
    shelf("save", "-o", archive, "fridge")
    image = shelf.line("images", "-q", "--no-trunc", "fridge")
    shelf("rmi", "-f", "fridge")
    shelf("rm", "fridge")

    assert shelf.line("load", "-i", archive) == "Loaded image: fridge:latest"

    assert shelf.line("images", "-q", "--no-trunc", "fridge") == image
    assert shelf.line("run", "--rm", "fridge", "sh", "-c", LOOK) == before
    _check_layers(archive)


def _check_layers(archive: Path) -> None:
    """What the archive says of its layers is true: the configuration's diff IDs are those of its members."""
    folder = archive.with_suffix(".d")
    folder.mkdir(exist_ok=True)
    subprocess.run(["tar", "-C", folder, "-xf", archive], check=True)
    (described,) = json.loads((folder / "manifest.json").read_text())
    config = json.loads((folder / described["Config"]).read_text())
    for layer, diff_id in zip(described["Layers"], config["rootfs"]["diff_ids"], strict=True):
        piped = subprocess.run(f"(zcat -f | sha256sum) < {folder / layer}", shell=True, capture_output=True, check=True)
        assert piped.stdout.split()[0].decode() == diff_id.removeprefix("sha256:")
    subprocess.run(["rm", "-r", folder], check=True)


def test_flags_and_changes(shelf: Cli) -> None:
    shelf("create", "--name", "box", "-e", "A=own", "-l", "kept=yes", "-w", "/tmp", "busybox", "sleep", "1")
    changes = (
        'CMD ["x", "y"]',
        "ENTRYPOINT foo",
        "ENV B=c D='e f'",
        "EXPOSE 80 90/udp",
        "LABEL a=b",
        "ONBUILD RUN z",
        "USER bob",
        "VOLUME /v",
        "WORKDIR in",
    )

    flags = [flag for change in changes for flag in ("-c", change)]
    shelf("commit", "-a", "Me <me@x>", "-m", "a message", *flags, "box", "box:2")

    image = inspect(shelf, "box:2")
    assert (image["Author"], image["Comment"]) == ("Me <me@x>", "a message")
    config = image["Config"]
    assert isinstance(config, dict)
    assert config["Cmd"] == ["x", "y"]
    assert config["Entrypoint"] == ["/bin/sh", "-c", "foo"]
    assert [entry for entry in config["Env"] if not entry.startswith("PATH=")] == ["A=own", "B=c", "D=e f"]
    assert config["ExposedPorts"] == {"80/tcp": {}, "90/udp": {}}
    assert config["Labels"] == {"a": "b", "kept": "yes"}
    assert config["OnBuild"] == ["RUN z"]
    assert (config["User"], config["WorkingDir"], config["Volumes"]) == ("bob", "/tmp/in", {"/v": {}})


def test_what_the_container_was_made_with_is_kept(shelf: Cli) -> None:
    shelf("create", "--name", "box", "--entrypoint", "echo", "-e", "A=b", "busybox", "hello")
    image = shelf.line("container", "commit", "box")
    assert shelf.line("run", "--rm", image) == "hello"
    assert shelf.line("run", "--rm", "--entrypoint", "env", image).count("A=b") == 1


def test_history_and_parent(shelf: Cli) -> None:
    shelf("run", "--name", "box", "busybox", "sh", "-c", "echo 12345 > /file")
    image = shelf.line("commit", "-m", "noted", "box")
    base = shelf.line("images", "-q", "--no-trunc", "busybox")

    history = shelf.line("history", "--no-trunc", "--format", "{{.ID}}|{{.CreatedBy}}|{{.Size}}|{{.Comment}}", image)
    newest, older = history.splitlines()

    assert newest == f"{image}|sh -c echo 12345 > /file|6B|noted"
    assert older.startswith(base)
    assert inspect(shelf, image)["Parent"] == base


def test_a_container_that_changed_nothing_adds_no_layer(shelf: Cli) -> None:
    shelf("create", "--name", "box", "busybox")
    image = shelf.line("commit", "box")
    layers = [inspect(shelf, name)["RootFS"] for name in (image, "busybox")]
    assert layers[0] == layers[1]


def test_it_is_paused_meanwhile_and_goes_on_after(shelf: Cli) -> None:
    shelf("run", "-d", "--name", "box", "busybox", "sh", "-c", "while :; do date >> /now; done")
    with shelf.beside("events", "--filter", "container=box", "--format", "{{.Action}}") as events:
        eventually(lambda: _heard(shelf, events))
        shelf("commit", "box", "moment")
        assert events.stdout is not None
        assert {events.stdout.readline().strip() for _ in range(3)} == {"pause", "unpause", "commit"}
        shelf("commit", "--pause=false", "box", "moment")
        assert events.stdout.readline().strip() == "commit"
    assert shelf.inspect("box", "{{.State.Status}}") == "running"


def _heard(cli: Cli, events: "subprocess.Popen[str]") -> bool:
    """Whether the feed has begun: something small is made to happen until it tells of it."""
    import select

    assert events.stdout is not None
    cli.engine.run("docker", "top", "box")
    if not select.select([events.stdout], [], [], 0.2)[0]:
        return False
    events.stdout.readline()
    return True


def test_one_that_is_paused_stays_so(shelf: Cli) -> None:
    shelf("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    shelf.engine.run("docker", "pause", "box")
    shelf("commit", "box")
    assert shelf.inspect("box", "{{.State.Status}}") == "paused"
    shelf.engine.run("docker", "unpause", "box")


def test_a_name_moves_to_the_new_image(shelf: Cli) -> None:
    shelf("run", "--name", "box", "busybox", "touch", "/one")
    first = shelf.line("commit", "box", "moving")
    second = shelf.line("commit", "-m", "again", "box", "moving")
    assert first != second
    assert inspect(shelf, "moving")["Id"] == second
    assert inspect(shelf, first)["RepoTags"] == []


def test_refusals(shelf: Cli) -> None:
    shelf("create", "--name", "box", "busybox")
    refused = "Error response from daemon: "
    assert shelf.fails(1, "commit", "nobody") == f"{refused}No such container: nobody\n"
    assert shelf.fails(1, "commit", "-c", "RUN x", "box") == f"{refused}RUN is not a valid change command\n"
    assert shelf.fails(1, "commit", "-c", "BOGUS x", "box") == f"{refused}BOGUS is not a valid change command\n"
    assert shelf.fails(1, "commit", "box", "no name") == "invalid reference format\n"
    assert shelf.line("images", "-q", "--filter", "since=busybox") == ""
