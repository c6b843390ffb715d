"""``context``: engines by name, in the store that docker's command line has."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.authority import Authority
from tests.harness.cli import is_later, is_old
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


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(folder)


def current(typed: Typed, client: str) -> str:
    """The context in force; docker before 23.0 has no ``show``."""
    show = ("inspect", "-f", "{{.Name}}") if is_old(client) else ("show",)
    return typed(client, "context", *show).stdout


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
    assert current(typed, reader) == "here\n"
    assert typed(reader, "version", "-f", "{{.Server.Os}}").stdout == "linux\n"
    assert "here *    this one" in typed(reader, "context", "ls").stdout

    which = "here: context" if is_old(reader) else 'context "here"'
    assert typed(reader, "context", "rm", "here").stderr == f"{which} is in use, set -f flag to force remove\n"
    assert typed(reader, "context", "rm", "-f", "here").stdout == "here\n"
    assert current(typed, writer) == "default\n"
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
    said = "conflicting options: either specify --host or --context, not both\n"
    if is_old(client):
        said = said.capitalize()
    if is_later(client):
        said = "conflicting options: cannot specify both --host and --context\n"
    assert (both.returncode, both.stderr) == (1, said)


IN_OLD_WORDS = {
    ("rm", "none"): 'none: context "none" does not exist',
    ("use", "none"): 'context "none" does not exist',
    ("inspect", "none"): 'context "none" does not exist',
}


IN_LATER_WORDS = {
    ("create", "new", "--docker", "x=y"): "unable to create docker endpoint config: unrecognized config key: x",
    ("rm", "default"): 'context "default" cannot be removed',
}


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
    if is_old(client):
        text = IN_OLD_WORDS.get(arguments, text)
    if is_later(client):
        text = IN_LATER_WORDS.get(arguments, text)
    done = typed(client, "context", *arguments)

    assert done.returncode == 1
    assert done.stderr.startswith(text)
    assert typed(client, "context", "ls", "-q").stdout == "default\n"


def test_a_context_that_there_is_not(typed: Typed, client: str) -> None:
    done = typed(client, "--context", "none", "ps")

    assert done.returncode == 1
    if is_old(client):
        assert done.stderr == 'unable to resolve docker endpoint: context "none" does not exist\n'
        return
    assert done.stderr.startswith(
        'Failed to initialize: unable to resolve docker endpoint: context "none": context not found: open '
    )
    assert typed(client, "context", "show", DOCKER_CONTEXT="none").stdout == "none\n"


def test_a_context_goes_from_one_command_line_to_the_other(
    typed: Typed, pair: tuple[str, str], tmp_path: Path, authority: Authority
) -> None:
    writer, reader = pair
    certificate, key = authority.issue("me", "DNS:me")
    endpoint = f"host=tcp://there:2376,ca={authority.certificate},cert={certificate},key={key}"
    typed(writer, "context", "create", "mine", "--docker", endpoint, "--description", "my engine")
    archive = tmp_path / "mine.dockercontext"

    exported = typed(writer, "context", "export", "mine", str(archive))
    assert (exported.returncode, exported.stderr) == (0, f'Written file "{archive}"\n')
    assert typed(writer, "context", "export", "mine", str(archive)).stderr == f"open {archive}: file exists\n"
    assert archive.stat().st_mode & 0o777 == 0o600
    imported = typed(reader, "context", "import", "theirs", str(archive))

    assert (imported.stdout, imported.stderr) == ("theirs\n", 'Successfully imported context "theirs"\n')
    mine, theirs = json.loads(typed(reader, "context", "inspect", "mine", "theirs").stdout)
    for part in ("Metadata", "Endpoints", "TLSMaterial"):
        assert mine[part] == theirs[part]
    copied = Path(theirs["Storage"]["TLSPath"], "docker", "key.pem")
    assert (copied.read_bytes(), copied.stat().st_mode & 0o777) == (key.read_bytes(), 0o600)
    assert typed(reader, "context", "import", "theirs", str(archive)).stderr == 'context "theirs" already exists\n'


def test_a_context_goes_through_a_pipe(engine: Engine, client: str, tmp_path: Path) -> None:
    environ = {"DOCKER_CONFIG": str(tmp_path), "PATH": os.environ["PATH"]}
    script = f"{program(client)} context export default - | {program(client)} context import copy -"

    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, env=environ, check=True, timeout=TIMEOUT
    )

    assert done.stdout == "copy\n"
