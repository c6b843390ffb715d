"""``context``: engines by name, in the store that docker's command line has."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.engine import TIMEOUT, Engine, program

pytestmark = pytest.mark.root

Typed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def typed(engine: Engine, tmp_path: Path) -> Typed:
    """Types a command that is not told which engine it is for; both command lines have the same configuration."""

    def run(client: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        argv = engine.host.inside([program(client), *arguments])
        environ = {"DOCKER_CONFIG": str(tmp_path), "PATH": os.environ["PATH"], **environ}
        return subprocess.run(argv, capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environ)

    return run


@pytest.fixture(params=[("wherry", "docker"), ("docker", "wherry")], ids="-".join)
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Who writes a context, and who finds it."""
    names: tuple[str, str] = request.param
    return names


def test_what_one_command_line_writes_the_other_finds(typed: Typed, pair: tuple[str, str], engine: Engine) -> None:
    writer, reader = pair
    made = typed(writer, "context", "create", "here", "--docker", f"host={engine.url}", "--description", "this one")
    assert (made.stdout, made.stderr) == ("here\n", 'Successfully created context "here"\n')

    (found,) = json.loads(typed(reader, "context", "inspect", "here").stdout)
    assert (found["Name"], found["Metadata"]) == ("here", {"Description": "this one"})
    assert found["Endpoints"] == {"docker": {"Host": engine.url, "SkipTLSVerify": False}}
    assert typed(reader, "--context", "here", "version", "-f", "{{.Server.Os}}").stdout == "linux\n"
    assert typed(reader, "version", "-f", "{{.Server.Os}}", DOCKER_CONTEXT="here").stdout == "linux\n"

    used = typed(writer, "context", "use", "here")
    assert (used.stdout, used.stderr) == ("here\n", 'Current context is now "here"\n')
    assert typed(reader, "context", "show").stdout == "here\n"
    assert typed(reader, "version", "-f", "{{.Server.Os}}").stdout == "linux\n"
    assert "here *    this one" in typed(reader, "context", "ls").stdout

    assert typed(reader, "context", "rm", "here").stderr == 'context "here" is in use, set -f flag to force remove\n'
    assert typed(reader, "context", "rm", "-f", "here").stdout == "here\n"
    assert typed(writer, "context", "show").stdout == "default\n"
    assert typed(writer, "context", "ls", "-q").stdout == "default\n"


def test_a_context_is_changed_and_copied(typed: Typed, client: str) -> None:
    typed(client, "context", "create", "first", "--docker", "host=tcp://10.0.0.1:2376,skip-tls-verify=true")
    typed(client, "context", "create", "second", "--from", "first", "--description", "a copy")
    typed(client, "context", "update", "first", "--docker", "host=unix:///x.sock")

    assert typed(client, "context", "ls", "--format", "{{.Name}} {{.DockerEndpoint}} {{.Description}}").stdout.split(
        "\n"
    )[1:] == ["first unix:///x.sock ", "second tcp://10.0.0.1:2376 a copy", ""]
    (second,) = json.loads(typed(client, "context", "inspect", "second").stdout)
    assert second["Endpoints"]["docker"]["SkipTLSVerify"]


def test_who_names_an_engine_is_in_no_context(typed: Typed, client: str, engine: Engine) -> None:
    typed(client, "context", "create", "elsewhere", "--docker", "host=unix:///nowhere.sock")
    typed(client, "context", "use", "elsewhere")

    assert "unix:///nowhere.sock" in typed(client, "ps").stderr
    assert typed(client, "-H", engine.url, "ps").returncode == 0
    assert typed(client, "ps", DOCKER_HOST=engine.url).returncode == 0
    both = typed(client, "-c", "elsewhere", "-H", engine.url, "ps")
    assert (both.returncode, both.stderr) == (1, "conflicting options: either specify --host or --context, not both\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("create", "default"), '"default" is a reserved context name'),
        (("create", "a b"), 'context name "a b" is invalid, names are validated against regexp '
         '"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"'),
        (("create", "new", "--docker", "host=x"), "unable to create docker endpoint config: unable to apply docker "
         "endpoint options: unable to parse docker host `x`"),
        (("create", "new", "--docker", "x=y"), "unable to create docker endpoint config: x: unrecognized config key"),
        (("create", "new", "--docker", "ca=/none"), "unable to create docker endpoint config: open /none: no such file "
         "or directory"),
        (("rm", "none"), 'context "none" does not exist'),
        (("rm", "default"), 'default: context "default" cannot be removed'),
        (("use", "none"), 'context "none": context not found: open '),
        (("inspect", "none"), 'context "none": context not found: open '),
    ],
)  # fmt: skip
def test_what_is_refused(typed: Typed, client: str, arguments: tuple[str, ...], text: str) -> None:
    done = typed(client, "context", *arguments)

    assert done.returncode == 1
    assert done.stderr.startswith(text)
    assert typed(client, "context", "ls", "-q").stdout == "default\n"


def test_a_context_that_there_is_not(typed: Typed, client: str) -> None:
    done = typed(client, "--context", "none", "ps")

    assert done.returncode == 1
    assert done.stderr.startswith(
        'Failed to initialize: unable to resolve docker endpoint: context "none": context not found: open '
    )
    assert typed(client, "context", "show", DOCKER_CONTEXT="none").stdout == "none\n"
