"""``plugin``: there are none, and each command says so as it does at a dockerd without any."""

import pytest

from tests.harness.cli import Cli

pytestmark = pytest.mark.root


def test_none_is_listed(cli: Cli) -> None:
    assert cli.line("plugin", "ls").split() == ["ID", "NAME", "DESCRIPTION", "ENABLED"]
    assert cli.line("plugin", "ls", "-q") == ""
    assert "invalid filter 'bogus'" in cli.fails(1, "plugin", "ls", "--filter", "bogus=1")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("inspect", "nope"), 'plugin "nope" not found'),
        (("enable", "nope"), 'plugin "nope" not found'),
        (("disable", "nope"), 'plugin "nope" not found'),
        (("set", "nope", "a=b"), 'plugin "nope" not found'),
        (("push", "nope"), 'plugin "nope:latest" not found'),
        (("upgrade", "nope"), 'error reading plugin data: Error response from daemon: plugin "nope" not found'),
        (("install", "nope/nope"), "this engine has no managed plugins"),
        (("rm", "a", "b"), 'plugin "a" not found'),
    ],
)
def test_none_is_found(cli: Cli, words: tuple[str, ...], text: str) -> None:
    if cli.is_old and words[0] in ("inspect", "upgrade", "rm"):
        text = f"Error: No such plugin: {words[1]}"
    assert text in cli.fails(1, "plugin", *words)
