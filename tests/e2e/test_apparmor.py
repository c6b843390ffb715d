"""The AppArmor profile of a container, where the kernel has AppArmor."""

import pytest

from tests.harness.cli import Cli
from wherry.kernel import apparmor

pytestmark = [
    pytest.mark.root,
    pytest.mark.v2,
    pytest.mark.skipif(not apparmor.available(), reason="needs a kernel with AppArmor"),
]

PROFILE = ("cat", "/proc/self/attr/current")


def test_the_default_profile_is_told_and_kept(cli: Cli) -> None:
    assert "name=apparmor" in cli.line("info", "--format", "{{.SecurityOptions}}")

    cli("run", "-d", "--name", "box", "--cap-add", "SYS_ADMIN", "busybox", "sleep", "300")

    assert cli.inspect("box", "{{.AppArmorProfile}}") == "docker-default"
    assert cli.line("exec", "box", *PROFILE) == "docker-default (enforce)"
    denied = cli.fails(255, "exec", "box", "mount", "-t", "tmpfs", "none", "/tmp")
    assert "ermission denied" in denied
    cli("kill", "box")  # a signal from outside is let through
    assert cli.line("wait", "box") == "137"


def test_without_a_profile(cli: Cli) -> None:
    flags = ("--rm", "--security-opt", "apparmor=unconfined")

    assert cli.line("run", *flags, "busybox", *PROFILE) == "unconfined"
    assert cli.line("run", "--rm", "--privileged", "busybox", *PROFILE) == "unconfined"
