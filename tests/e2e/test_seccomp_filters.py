"""Containers after the first one of a profile get a filter that was written anew: it has to decide the same."""

import base64
import json
from importlib.resources import files
from pathlib import Path

import pytest

from tests.harness.bpf import assert_same, packed
from tests.harness.cli import Cli
from tests.harness.engine import Engine
from wherry.runtime.bpf import Code, Instruction

pytestmark = pytest.mark.root

BUILTIN = json.loads(files("wherry.plan").joinpath("data/seccomp.json").read_bytes())
ALLOW_ALL = packed([Instruction(Code.RETURN, 0, 0, 0x7FFF0000)])


@pytest.fixture
def without_mkdir(tmp_path: Path) -> tuple[str, str]:
    """The option for a profile that no other container has: the builtin one, and no mkdir."""
    refused = ["mkdir", "mkdirat"]
    rules = [{**rule, "names": [each for each in rule["names"] if each not in refused]} for rule in BUILTIN["syscalls"]]
    path = tmp_path / "profile.json"
    path.write_text(
        json.dumps({**BUILTIN, "syscalls": [*rules, {"names": [tmp_path.name], "action": "SCMP_ACT_KILL"}]})
    )
    return "--security-opt", f"seccomp={path}"


def filter_of(engine: Engine, stock: Cli, *flags: str) -> bytes:
    container = stock.line("run", "-d", *flags, "busybox", "sleep", "1000")
    return (engine.exec_root / "state/crun" / container / "seccomp.bpf").read_bytes()


def test_it_decides_the_same_and_is_shorter(engine: Engine, stock: Cli, without_mkdir: tuple[str, str]) -> None:
    first, second = (filter_of(engine, stock, *without_mkdir) for _ in range(2))
    assert len(second) < len(first)
    assert_same(first, second)


def test_it_is_in_force_in_containers_and_in_sessions(stock: Cli, without_mkdir: tuple[str, str]) -> None:
    for name in ("first", "second"):
        stock("run", "-d", "--name", name, *without_mkdir, "busybox", "sleep", "1000")
        assert "Operation not permitted" in stock.fails(1, "exec", name, "mkdir", "/x")
        assert "Operation not permitted" in stock.fails(1, "run", "--rm", *without_mkdir, "busybox", "mkdir", "/x")


def test_a_filter_that_a_user_hands_over_is_for_one_container(stock: Cli, without_mkdir: tuple[str, str]) -> None:
    ours = Cli(stock.engine, "wherry")  # docker before 24.0 has no --annotation
    handed = f"run.oci.seccomp_bpf_data={base64.b64encode(ALLOW_ALL).decode()}"
    ours("run", "--rm", "--annotation", handed, *without_mkdir, "busybox", "mkdir", "/x")
    for _ in range(2):
        stock.fails(1, "run", "--rm", *without_mkdir, "busybox", "mkdir", "/x")
    ours("run", "--rm", "--annotation", handed, *without_mkdir, "busybox", "mkdir", "/x")
