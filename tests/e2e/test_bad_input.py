"""Requests, flags, registries, archives and images that are wrong or mean harm: refused clearly, or confined."""

import pytest

from tests.harness.cli import Cli

pytestmark = pytest.mark.root


def test_names_that_do_not_exist(cli: Cli) -> None:
    assert cli.fails(1, "start", "nobody").splitlines()[0] == "Error response from daemon: No such container: nobody"
