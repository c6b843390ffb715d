"""Content trust, which is not supported: who demands it gets nothing unsigned. As docker 26.1.5 tells what is asked
for."""

import re

import pytest
from command_line import CommandLine

from wherry.cli.commands.run import CREATE
from wherry.cli.session import CommandError
from wherry.cli.trust import check, check_build

DIGEST = f"busybox@sha256:{'a' * 64}"


@pytest.fixture
def demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", "1")


@pytest.mark.usefixtures("demanded")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (1, ["pull", "busybox"]),
        (1, ["pull", "--quiet", "busybox:1"]),
        (1, ["pull", "-a", "busybox"]),
        (1, ["push", "busybox"]),
        (1, ["create", "busybox"]),
        (125, ["run", "busybox"]),
        (125, ["run", "--pull", "always", "abcdef"]),
        (1, ["plugin", "install", "p"]),
        (1, ["plugin", "push", "p"]),
    ],
)
def test_what_is_unsigned_is_refused(wherry: CommandLine, status: int, words: list[str]) -> None:
    code, _, told = wherry.run(*words)
    assert code == status
    assert "content trust is not supported" in told


def refused(flags: list[str], image: str) -> bool:
    try:
        check(CREATE.parse([*flags, image], "create"), image)
    except CommandError:
        return True
    return False


@pytest.mark.parametrize(
    ("value", "flags", "expected"),
    [
        ("", [], False),
        ("0", [], False),
        ("false", [], False),
        ("1", [], True),
        ("yes", [], True),
        ("1", ["--disable-content-trust"], False),
        ("", ["--disable-content-trust=false"], True),
    ],
)
def test_who_demands_it(monkeypatch: pytest.MonkeyPatch, value: str, flags: list[str], expected: bool) -> None:
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", value)
    assert refused(flags, "busybox") is expected


@pytest.mark.usefixtures("demanded")
@pytest.mark.parametrize("image", [DIGEST, "a" * 64, f"busybox:1@sha256:{'a' * 64}"])
def test_a_digest_vouches_for_itself(image: str) -> None:
    assert not refused([], image)


@pytest.mark.usefixtures("demanded")
@pytest.mark.parametrize(
    ("dockerfile", "image"),
    [
        ("FROM busybox\nRUN x\n", "busybox"),
        (f"FROM {DIGEST} AS base\n from --platform=x other:1 as b\nFROM base", "other:1"),
        ("ARG BASE=busybox\nFROM $BASE\n", "$BASE"),
        ("ARG BASE=busybox\nFROM ${BASE:-x}\n", "${BASE:-x}"),
        ("FROM \\\n  busybox\n", "\\"),
        ('FROM "busybox"\n', '"busybox"'),
    ],
)
def test_a_build_on_what_is_unsigned(dockerfile: str, image: str) -> None:
    options = CREATE.parse(["x"], "create")
    with pytest.raises(CommandError, match=f"^{re.escape(image)}: content trust is not supported"):
        check_build(options, dockerfile)


@pytest.mark.usefixtures("demanded")
def test_a_build_on_digests_and_its_own_stages() -> None:
    options = CREATE.parse(["x"], "create")
    check_build(options, f"FROM scratch\nFROM {DIGEST} AS Base\n\nFROM base\nCOPY x y\n")
    with pytest.raises(CommandError, match="content trust is not supported"):
        check_build(options, "")
