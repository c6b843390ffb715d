"""``config.json`` with values of other types than Docker's client reads; the texts are that client's (26.1)."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine

from wherry.cli.config import understood


@pytest.mark.parametrize(
    ("config", "mistake"),
    [
        ({"cliPluginsExtraDirs": "x"}, "string into Go struct field ConfigFile.cliPluginsExtraDirs of type []string"),
        ({"cliPluginsExtraDirs": [3]}, "number into Go struct field ConfigFile.cliPluginsExtraDirs of type string"),
        ({"pruneFilters": "a"}, "string into Go struct field ConfigFile.pruneFilters of type []string"),
        ({"credHelpers": []}, "array into Go struct field ConfigFile.credHelpers of type map[string]string"),
        ({"credHelpers": {"a": 1}}, "number into Go struct field ConfigFile.credHelpers of type string"),
        ({"psFormat": True}, "bool into Go struct field ConfigFile.psFormat of type string"),
        ({"detachKeys": {}}, "object into Go struct field ConfigFile.detachKeys of type string"),
        ({"auths": 3}, "number into Go struct field ConfigFile.auths of type map[string]types.AuthConfig"),
        ({"auths": {"a": {"auth": 3}}}, "number into Go struct field AuthConfig.auths.auth of type string"),
        ({"proxies": {"a": {"noProxy": 3}}}, "number into Go struct field ProxyConfig.proxies.noProxy of type string"),
        ([], "array into Go value of type configfile.ConfigFile"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_told_as_docker_does(config: Any, mistake: str) -> None:
    assert understood(json.dumps(config))[1] == f"json: cannot unmarshal {mistake}"


def test_the_rest_is_kept() -> None:
    config = {
        "psFormat": 3,
        "detachKeys": "ctrl-a",
        "auths": {"a": {"auth": "eDp5"}, "b": 4},
        "cliPluginsExtraDirs": ["/x", 5],
        "own": {"n": 1},
    }

    kept, mistake = understood(json.dumps(config))

    assert kept == {
        "detachKeys": "ctrl-a",
        "auths": {"a": {"auth": "eDp5"}},
        "cliPluginsExtraDirs": ["/x"],
        "own": {"n": 1},
    }
    assert "psFormat" in mistake


@pytest.mark.parametrize("text", ["", "null", '{"auths": null}'])
def test_nothing_said_is_no_mistake(text: str) -> None:
    assert understood(text) == ({}, "")


def test_the_command_goes_on_after_a_warning(wherry: CommandLine, tmp_path: Path) -> None:
    wherry.engine.on("GET", "/containers/json", body=[])
    (tmp_path / "config.json").write_text('{"psFormat": 3}')

    status, out, err = wherry.run("ps")

    assert (status, out.split()[:2]) == (0, ["CONTAINER", "ID"])
    told = "json: cannot unmarshal number into Go struct field ConfigFile.psFormat of type string"
    assert err == f"WARNING: Error loading config file: {tmp_path}/config.json: {told}\n"
