"""Plugins of Docker's command line: where they are looked for, and what they are given."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import CommandLine

NO_SUCH = "wherry: '{0}' is not a wherry command.\nSee 'wherry --help'\n"


def plugin(folder: Path, script: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "docker-hello"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def typed(wherry: CommandLine, config: Path, *words: str) -> str:
    argv = [sys.executable, "-m", "wherry.cli.main", "--config", str(config), "-H", wherry.engine.host, *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_a_plugin_is_given_the_words_and_the_engine(wherry: CommandLine, tmp_path: Path) -> None:
    plugin(tmp_path / "cli-plugins", 'echo "$@"; echo $DOCKER_HOST $DOCKER_CONFIG')
    assert typed(wherry, tmp_path, "hello", "-f", "x y") == f"hello -f x y\n{wherry.engine.host} {tmp_path}\n"


def test_further_folders_are_looked_into_first(wherry: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"cliPluginsExtraDirs": [str(tmp_path / "extra")]}))
    plugin(tmp_path / "cli-plugins", "echo usual")
    plugin(tmp_path / "extra", "echo extra")
    assert typed(wherry, tmp_path, "hello") == "extra\n"


@pytest.mark.parametrize("name", ["hallo", "../cli-plugins/docker-hello", "Hello"])
def test_what_is_no_plugin_is_no_command(wherry: CommandLine, tmp_path: Path, name: str) -> None:
    plugin(tmp_path / "cli-plugins")
    assert wherry.run("--config", str(tmp_path), name) == (1, "", NO_SUCH.format(name))
