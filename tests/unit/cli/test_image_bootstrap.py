"""image bootstrap: what mmdebstrap is asked for, and what the engine is given of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import CommandLine
from test_pull import serve

from wherry.cli.distributions import DISTRIBUTIONS, LEFT_OUT, Source, command

KEYRING = DISTRIBUTIONS["debian"].keyring
Program = Callable[[str], None]


@pytest.fixture
def mmdebstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a script in the place of mmdebstrap; there is nothing else on PATH but a keyring beside it."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "keys.gpg").touch()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def install(script: str) -> None:
        program = tmp_path / "bin/mmdebstrap"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    return install


def archives(text: str, *mirrors: str) -> list[str]:
    """The lines of sources.list, which are the last words of the command."""
    words = command(Source(text), variant="minbase", mirrors=mirrors)
    return words[words.index("-") + 1 :]


@pytest.mark.parametrize(
    ("text", "suite", "slim", "image"),
    [
        ("debian:trixie", "trixie", False, "debian:trixie"),
        ("debian:trixie-slim", "trixie", True, "debian:trixie-slim"),
        ("debian", "stable", False, "debian:stable"),
        ("ubuntu:jammy", "jammy", False, "ubuntu:jammy"),
    ],
)
def test_a_source(text: str, suite: str, slim: bool, image: str) -> None:
    source = Source(text)
    assert (source.suite, source.slim, source.image) == (suite, slim, image)


def test_a_suite_comes_with_its_updates() -> None:
    assert archives("debian:trixie") == [
        f"deb [signed-by={KEYRING}] http://deb.debian.org/debian trixie main",
        f"deb [signed-by={KEYRING}] http://deb.debian.org/debian trixie-updates main",
        f"deb [signed-by={KEYRING}] http://deb.debian.org/debian-security trixie-security main",
    ]
    assert archives("debian:sid") == [f"deb [signed-by={KEYRING}] http://deb.debian.org/debian sid main"]


def test_with_mirrors_nothing_else_is_asked() -> None:
    line = "deb [trusted=yes] file:/srv/local ./"
    assert archives("debian:trixie", "http://m/debian", line) == [
        f"deb [signed-by={KEYRING}] http://m/debian trixie main",
        line,
    ]


def test_the_words_of_the_command() -> None:
    words = command(
        Source("debian:trixie"), variant="apt", include=("a,b", "c"), keyring="/keys", platform="linux/arm/v7"
    )
    assert words[:4] == ["mmdebstrap", "--variant=apt", "--include=a,b", "--include=c"]
    assert words[-6:-3] == ["--format=tar", "trixie", "-"]
    assert words[-1] == "deb [signed-by=/keys] http://deb.debian.org/debian-security trixie-security main"
    assert "--architectures=armhf" in words
    assert not any(word.startswith("--dpkgopt") for word in words)


def test_what_a_slim_image_leaves_out_stays_out() -> None:
    words = command(Source("debian:trixie-slim"), variant="minbase")
    assert [word for word in words if word.startswith("--dpkgopt")] == [f"--dpkgopt={option}" for option in LEFT_OUT]


def test_the_archive_becomes_an_image(wherry: CommandLine, mmdebstrap: Program, tmp_path: Path) -> None:
    serve(wherry.engine, [{"status": "sha256:1"}])
    mmdebstrap('echo "the archive for $*"')
    keys = f"--keyring={tmp_path}/keys.gpg"
    assert wherry.output("image", "bootstrap", keys, "-t", "base:1", "debian:trixie") == "sha256:1\n"
    request = wherry.engine.requests[-1]
    assert request.body.startswith(b"the archive for --variant=minbase ")
    assert request.query == {
        "fromSrc": "-", "repo": "base:1", "changes": 'CMD ["bash"]',
        "message": "Bootstrapped trixie from http://deb.debian.org/debian",
    }  # fmt: skip


def test_a_keyring_is_named_by_its_whole_path(
    wherry: CommandLine, mmdebstrap: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(wherry.engine, [{"status": "sha256:1"}])
    mmdebstrap('echo "$*"')
    monkeypatch.chdir(tmp_path)
    wherry.output("image", "bootstrap", "--keyring=keys.gpg", "debian:trixie")
    assert f"[signed-by={tmp_path}/keys.gpg]".encode() in wherry.engine.requests[-1].body


def test_of_a_failure_nothing_is_imported(wherry: CommandLine, mmdebstrap: Program, tmp_path: Path) -> None:
    mmdebstrap("echo E: no such suite >&2; exit 25")
    status, out, err = wherry.run("image", "bootstrap", f"--keyring={tmp_path}/keys.gpg", "debian:nosuch")
    assert (status, out) == (1, "")
    assert err == "E: no such suite\nmmdebstrap failed with exit status 25: no image was made\n"
    assert wherry.run("image", "bootstrap", "-q", f"--keyring={tmp_path}/keys.gpg", "debian:nosuch")[2] == err
    assert wherry.engine.requests == []


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["alpine"], 'cannot bootstrap "alpine": debian and ubuntu can be, as in debian:trixie'),
        (["debian:a/b"], 'cannot bootstrap "debian:a/b": "a/b" is no name of a suite'),
        (["-t", "UP", "debian"], "invalid reference format: repository name (library/UP) must be lowercase"),
        (["--variant", "x", "debian"], 'unknown variant "x": one of essential,'),
        (["--platform", "x", "debian"], 'unknown platform "x": one of linux/386,'),
        (["--keyring", "/nope", "debian"], "there is no keyring /nope"),
    ],
)
def test_what_is_refused(wherry: CommandLine, mmdebstrap: Program, argv: list[str], text: str) -> None:
    mmdebstrap("exit 1")
    status, _, err = wherry.run("image", "bootstrap", *argv)
    assert status == 1
    assert err.startswith(text)


def test_without_mmdebstrap_its_package_is_named(wherry: CommandLine, mmdebstrap: Program) -> None:
    assert wherry.run("image", "bootstrap", "debian") == (
        1, "", "mmdebstrap is not installed: apt-get install mmdebstrap\n",
    )  # fmt: skip
