"""``diff``, of containers that run and that do not."""

import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

CHANGES = """
echo new > /new
mkdir -p /deep/er && touch /deep/er/file
rm /var/www/index.html
rm -r /root && mkdir /root
chmod 700 /home
ln -s /nowhere /link
ln /new /again
echo more >> /etc/group
mkfifo /fifo
"""
TOLD = [
    "A /again",
    "A /data",
    "A /deep",
    "A /deep/er",
    "A /deep/er/file",
    "C /etc",
    "C /etc/group",
    "A /fifo",
    "C /home",
    "A /link",
    "A /new",
    "C /var",
    "C /var/www",
    "D /var/www/index.html",
]


def told(cli: Cli, name: str) -> list[str]:
    return sorted(cli.line("diff", name).splitlines(), key=lambda line: line[2:].split("/"))


def test_additions_changes_and_deletions(cli: Cli) -> None:
    cli("run", "--name", "box", "-v", "/data", "busybox", "sh", "-ec", CHANGES + "touch /data/is-no-part-of-it")

    assert told(cli, "box") == TOLD
    assert cli("container", "diff", "box").stdout == cli("diff", "box").stdout


def test_while_it_runs(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "-v", "/data", "busybox", "sh", "-ec", CHANGES + "sleep 1000")
    eventually(lambda: told(cli, "box") == TOLD)


def test_nothing_where_nothing_changed(cli: Cli) -> None:
    cli("create", "--name", "new", "busybox")
    cli(
        "run",
        "--name",
        "old",
        "--hostname",
        "h",
        "--dns",
        "1.1.1.1",
        "busybox",
        "cat",
        "/etc/hosts",
        "/etc/resolv.conf",
    )

    assert cli("diff", "new").stdout == ""
    assert cli("diff", "old").stdout == ""


def test_a_directory_that_was_deleted_stands_for_all_in_it(cli: Cli) -> None:
    cli("run", "--name", "box", "busybox", "rm", "-r", "/var")
    assert told(cli, "box") == ["D /var"]


def test_one_made_anew_shows_what_it_no_longer_has(cli: Cli) -> None:
    cli("run", "--name", "box", "busybox", "sh", "-c", "rm -r /var; mkdir -p /var/www; touch /var/www/other")
    assert told(cli, "box") == ["C /var", "C /var/www", "D /var/www/index.html", "A /var/www/other"]


def test_names_that_are_no_text(cli: Cli) -> None:
    cli("run", "--name", "box", "busybox", "sh", "-c", r"touch $(printf '/caf\351') '/a b'")
    assert told(cli, "box") == ["A /a b", "A /caf\N{REPLACEMENT CHARACTER}"]


def test_no_such_container(cli: Cli) -> None:
    assert cli.fails(1, "diff", "nobody") == "Error response from daemon: No such container: nobody\n"
    assert cli.fails(1, "diff", "") == "Container name cannot be empty\n"
