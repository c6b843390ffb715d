"""Dockerfiles as people write them, built and run with both command lines. They are in the folder ``dockerfiles``."""

import shutil
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

DOCKERFILES = Path(__file__).parent / "dockerfiles"


class Workshop:
    """Builds images of the same name as a folder, from a copy of it that a test may change."""

    def __init__(self, cli: Cli, folder: Path) -> None:
        self.cli = cli
        self.folder = folder

    def context(self, name: str) -> Path:
        copy = self.folder / name
        if not copy.exists():
            shutil.copytree(DOCKERFILES / name, copy)
        return copy

    def build(self, name: str, *flags: str) -> str:
        return self.cli("build", "-t", name, *flags, self.context(name)).stdout

    def run(self, name: str, *command: str) -> list[str]:
        return self.cli.line("run", "--rm", name, *command).splitlines()

    def made(self, name: str, *flags: str) -> list[str]:
        """What the image says when it is run as it is."""
        self.build(name, *flags)
        return self.run(name)


@pytest.fixture
def workshop(cli: Cli, engine: Engine, tmp_path: Path) -> Iterator[Workshop]:
    yield Workshop(cli, tmp_path)
    engine.run("docker", "rm", "-fv", *engine.run("docker", "ps", "-aq").stdout.split(), check=False)
    engine.run("docker", "builder", "prune", "-af")
    images = engine.run("docker", "images", "-aq", "--filter", "since=busybox").stdout.split()
    engine.run("docker", "rmi", "-f", *dict.fromkeys(images), check=False)


def test_a_static_site_is_served(workshop: Workshop) -> None:
    workshop.build("static-site")
    cli = workshop.cli
    cli("run", "-d", "--name", "site", "static-site")

    def fetched() -> bool:
        page = cli("exec", "site", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/css/../index.html", check=False)
        return "<h1>It works</h1>" in page.stdout

    eventually(fetched)
    assert cli.line("image", "inspect", "-f", "{{json .Config.ExposedPorts}}", "static-site") == '{"8080/tcp":{}}'
    assert cli.line("exec", "site", "stat", "-c", "%a", "/srv/www/css") == "755"


def test_stages_leave_only_what_is_copied_out_of_them(workshop: Workshop) -> None:
    assert workshop.made("shell-program", "--build-arg", "VERSION=1.2") == ["hello, everybody"]
    assert workshop.run("shell-program", "--version") == ["greet 1.2"]
    layers = workshop.cli.line("image", "inspect", "-f", "{{len .RootFS.Layers}}", "shell-program")
    assert layers == "3"


def test_a_change_of_the_program_does_not_fetch_its_parts_again(workshop: Workshop) -> None:
    assert workshop.made("parts") == ["alpha 1.0", "beta 2.3", "extra"]
    fetched = workshop.run("parts", "cat", "lib/fetched")

    (workshop.context("parts") / "app" / "extra.sh").write_text("echo changed")
    assert workshop.made("parts") == ["alpha 1.0", "beta 2.3", "changed"]
    assert workshop.run("parts", "cat", "lib/fetched") == fetched

    (workshop.context("parts") / "requirements.txt").write_text("alpha=1.1\n")
    assert workshop.made("parts") == ["alpha 1.1", "changed"]
    assert workshop.run("parts", "cat", "lib/fetched") != fetched


def test_an_environment_over_several_lines(workshop: Workshop) -> None:
    found = dict(line.split("=", 1) for line in workshop.made("environment"))
    assert found["PATH"].startswith("/opt/bin:/usr/local/sbin:")
    del found["PATH"], found["HOSTNAME"]
    assert found == {
        "NAME": "changed",
        "HOME": "/home/user",
        "GREETING": "$NAME is not filled in",
        "ESCAPED": 'a b"c',
        "OLD": "the old form = one value",
        "DEFAULT": "fallback",
        "ALTERNATE": "set",
        "FIRST": "A",
        "BEFORE": "A name with spaces",
        "AFTER": "changed",
    }


def test_a_base_for_builds(workshop: Workshop) -> None:
    workshop.build("onbuild-base")
    assert workshop.made("onbuild-child", "--build-arg", "MODE=debug") == [
        "debug",
        "Dockerfile",
        "app",
        "listing",
        "mode",
    ]
    assert workshop.cli.line("image", "inspect", "-f", "{{json .Config.OnBuild}}", "onbuild-child") == "null"


def test_documents(workshop: Workshop) -> None:
    assert workshop.made("heredocs") == [
        'greeting = "hello, world"',
        "$WHO stays",
        "a $",
        "from awk",
        "b $",
        "first",
        "second",
    ]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ((), ["plain: plain", "linux, environment, plain, not declared here"]),
        (
            ("--build-arg", "FLAVOUR=fancy", "--build-arg", "EXTRA=more"),
            ["fancy: fancy, more", "linux, environment, fancy, not declared here"],
        ),
    ],
)
def test_arguments_choose_what_is_built(workshop: Workshop, flags: tuple[str, ...], expected: list[str]) -> None:
    assert workshop.made("arguments", *flags) == expected


def test_a_target_ends_the_build(workshop: Workshop) -> None:
    workshop.build("arguments", "--target", "Fancy")
    assert workshop.run("arguments", "cat", "/flavour") == ["fancy: plain, none"]


def test_a_health_check(workshop: Workshop) -> None:
    workshop.build("healthcheck")
    workshop.cli("run", "-d", "--name", "patient", "healthcheck")
    eventually(lambda: workshop.cli.inspect("patient", "{{.State.Health.Status}}") == "healthy")
    assert workshop.cli.inspect("patient", "{{.Config.StopSignal}}") == "SIGKILL"


def test_a_user_without_privileges_and_files_of_its_own(workshop: Workshop) -> None:
    assert workshop.made("unprivileged") == [
        "app:app 640 owned/note",
        "app:app 644 roots-directory/note",
        "root:root 644 note",
        "app",
        "touch: note: Permission denied",
    ]


def test_archives_are_unpacked_by_their_content(workshop: Workshop) -> None:
    context = workshop.context("archive")
    for name, mode in (("tree.tar.gz", "w:gz"), ("plain.tar", "w")):
        with tarfile.open(context / name, mode) as archive:  # type: ignore[call-overload]
            member = tarfile.TarInfo(f"from-{name}/file")
            archive.addfile(member, BytesIO())
    assert sorted(workshop.made("archive")) == [
        "/copied/tree.tar.gz",
        "/unpacked/from-plain.tar/file",
        "/unpacked/from-tree.tar.gz/file",
        "/unpacked/not-an-archive.tar",
    ]


def test_a_volume_begins_with_what_the_image_has_there(workshop: Workshop) -> None:
    workshop.build("volume")
    run = ("run", "--rm", "-v", "kept:/data", "volume")
    assert workshop.cli.line(*run).splitlines() == ["1000 750", "first"]
    assert workshop.cli.line(*run).splitlines() == ["1000 750", "first", "more"]
    volumes = workshop.cli.line("image", "inspect", "-f", "{{json .Config.Volumes}}", "volume")
    assert volumes == '{"/data":{},"/var/cache/with space":{}}'


def test_another_shell(workshop: Workshop) -> None:
    assert workshop.made("shell")[0].split() == ["pipefail", "on"]


def test_what_is_ignored_does_not_come_along(workshop: Workshop) -> None:
    assert workshop.made("ignoring") == ["./docs/README.md", "./main", "./source/code"]


def test_sources_may_keep_their_parents_and_leave_files_out(workshop: Workshop) -> None:
    assert workshop.made("choosing") == [
        "/excluded/a/one",
        "/excluded/b/c/two",
        "/files/one.txt",
        "/parents/c/cache/three",
        "/parents/c/two",
        "/parents/src/a/one",
    ]
    (workshop.context("choosing") / "src" / "read.md").write_text("excluded files do not count for the cache")
    assert "Using cache" in workshop.build("choosing")


def test_a_dockerfile_elsewhere_does_not_come_along(workshop: Workshop, tmp_path: Path) -> None:
    context = workshop.context("ignoring")
    (context / ".dockerignore").unlink()
    elsewhere = tmp_path / "elsewhere"
    (context / "Dockerfile").rename(elsewhere)
    listing = workshop.made("ignoring", "-f", str(elsewhere))
    assert [name for name in listing if "docker" in name.lower()] == []
    assert "./logs/log" in listing


def test_an_entrypoint_and_its_default_arguments(workshop: Workshop) -> None:
    assert workshop.made("entrypoint") == ["entry: echo default", "default"]
    assert workshop.run("entrypoint", "echo", "other") == ["entry: echo other", "other"]


def test_standard_input_is_a_dockerfile_or_a_context(workshop: Workshop) -> None:
    workshop.cli("build", "-t", "lone", "-", stdin="FROM busybox\nRUN echo lone > /file\n")
    assert workshop.run("lone", "cat", "/file") == ["lone"]

    context = workshop.context("volume")
    workshop.cli("build", "-t", "beside", "-f", "-", context, stdin="FROM busybox\nCOPY . /context\n")
    assert workshop.run("beside", "ls", "-A", "/context") == ["Dockerfile"]

    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as packed:
        packed.add(workshop.context("entrypoint"), "inside")
    workshop.cli("build", "-t", "packed", "-f", "inside/Dockerfile", "-", stdin=archive.getvalue())
    assert workshop.run("packed") == ["entry: echo default", "default"]


@pytest.mark.parametrize("client", ["wherry"])
def test_a_terminal_shows_what_runs_and_keeps_what_is_done(workshop: Workshop) -> None:
    dockerfile = workshop.context("shell") / "Dockerfile"
    dockerfile.write_text("FROM busybox AS base\nRUN echo seen while it runs; sleep 0.3\nFROM base\nCMD true\n")
    with workshop.cli.terminal("build", "-t", "shown", workshop.context("shell"), columns=60) as terminal:
        terminal.expect("[base 2/4] RUN echo seen while it runs; sleep 0.3")
        terminal.expect("seen while it runs\x1b")
        terminal.expect("[4/4] CMD true")
        terminal.expect("Built ")
        terminal.expect("named shown")
        assert terminal.process.wait() == 0

    dockerfile.write_text("FROM busybox\nRUN echo reason \\\n  && exit 7\n")
    with workshop.cli.terminal("build", workshop.context("shell")) as terminal:
        terminal.expect("failed ")
        terminal.expect("      reason")
        terminal.expect("   2 | >>> RUN echo reason \\\r\n   3 | >>>   && exit 7")
        terminal.expect("returned a non-zero code: 7")
        assert terminal.process.wait() == 7
