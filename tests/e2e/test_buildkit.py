"""BuildKit's protocol: ``buildx build``, and what else of the plugin asks a builder.

The words are those that dockerd has its clients print.
"""

import json
import re
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.harness.building import Builder, failure
from tests.harness.cli import Cli, Done
from tests.harness.registry import Registry, passwords
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

STAGES = """\
FROM busybox AS made
ARG WHO=nobody
WORKDIR /made
COPY words words
RUN cat words > said && echo $WHO >> said && echo over

FROM busybox
LABEL kind=test
COPY --from=made /made/said /said
CMD ["cat", "/said"]
"""


def told(done: Done) -> list[str]:
    """What ``--progress=plain`` showed, without numbers of vertices, times and sizes; once what it says again after it
    has told of another vertex."""
    lines = (re.sub(r"^#\d+ (\d+\.\d+ )?", "", line) for line in dict.fromkeys(done.stderr.splitlines()))
    return [re.sub(r"( [0-9.]+[kM]?B)?( [0-9.]+s)?( done)?$", "", line) for line in lines if line]


def test_a_build_is_told_as_dockerd_tells_it(build: Builder) -> None:
    build.write("words", "hello\n")

    done = build(STAGES, "--progress=plain", "-t", "app", "-t", "registry.test/app:2", "--build-arg", "WHO=you")

    lines = told(done)
    image = build.cli.line("images", "-q", "--no-trunc", "app")
    assert [line for line in lines if line.startswith("[internal]")] == [
        "[internal] load build definition from Dockerfile",
        "[internal] load metadata for docker.io/library/busybox:latest",
        "[internal] load .dockerignore",
        "[internal] load build context",
    ]
    assert [line for line in lines if re.match(r"\[.* \d/\d\]", line)] == [
        "[made 1/4] FROM docker.io/library/busybox:latest",
        "[made 2/4] WORKDIR /made",
        "[made 3/4] COPY words words",
        "[made 4/4] RUN cat words > said && echo you >> said && echo over",
        "[stage-1 2/2] COPY --from=made /made/said /said",
    ]
    assert lines[lines.index("exporting to image") :] == [
        "exporting to image",
        "exporting layers",
        f"writing image {image}",
        "naming to docker.io/library/app",
        "naming to registry.test/app:2",
        "DONE",
    ]
    assert build.output("app") == "hello\nyou"
    assert build.cli.inspect("registry.test/app:2", "{{.Config.Labels}}") == "map[kind:test]"
    assert not build.cli.line("ps", "-aq")


def test_our_command_has_the_plugin_as_well(build: Builder) -> None:
    ours = Builder(Cli(build.cli.engine, "wherry"), build.context, ("buildx", "build"))

    ours("FROM busybox\nRUN echo built > /it\n", "-t", "app")

    assert build.output("app", "cat", "/it") == "built"


def test_what_was_built_is_not_built_again(build: Builder) -> None:
    build.write("words", "hello\n")
    image = build(STAGES, "-q").stdout.strip()

    told_id, told_more = build.context / "id", build.context / "more"
    again = build(STAGES, "--progress=plain", f"--iidfile={told_id}", f"--metadata-file={told_more}")

    assert told(again).count("CACHED") == 5  # FROM, WORKDIR, COPY, RUN, COPY
    assert told_id.read_text() == image
    metadata = json.loads(told_more.read_text())
    assert metadata["containerimage.digest"] == metadata["containerimage.config.digest"] == image


def test_a_command_that_fails_is_shown_in_the_dockerfile(build: Builder) -> None:
    done = build("FROM busybox\nRUN echo before\nRUN exit 3\n", "--progress=plain", check=False)

    problem = 'process "/bin/sh -c exit 3" did not complete successfully: exit code: 3'
    assert done.returncode == 1
    assert f"ERROR: {problem}" in told(done)
    assert failure(done.stderr).splitlines()[-7:] == [
        "--------------------",
        "   1 |     FROM busybox",
        "   2 |     RUN echo before",
        "   3 | >>> RUN exit 3",
        "   4 |     ",
        "--------------------",
        f"ERROR: failed to solve: {problem}",
    ]
    assert not build.cli.line("ps", "-aq")


@pytest.mark.parametrize(
    ("dockerfile", "flags", "problem"),
    [
        ("", (), "ERROR: failed to solve: the Dockerfile cannot be empty"),
        ("# nothing\n", (), "ERROR: failed to solve: file with no instructions"),
        ("FROM busybox\nFOO\n", (), "dockerfile parse error on line 2: unknown instruction: FOO"),
        ("FROM busybox\nCOPY none /\n", (), 'failed to calculate checksum of ref: "/none": not found'),
        ("FROM busybox\n", ("--target=none",), 'target stage "none" could not be found'),
        ("FROM busybox\n", ("-f", "none"), "failed to read dockerfile: open none: no such file or directory"),
        ("FROM busybox\n", ("--output=type=none",), 'exporter "none" could not be found'),
        (
            "FROM busybox\nUSER nosuch\nRUN true\n",
            (),
            'ERROR: failed to solve: process "/bin/sh -c true" did not complete successfully: '
            "unable to find user nosuch: no matching entries in passwd file",
        ),
    ],
)
def test_what_cannot_be_built(build: Builder, dockerfile: str, flags: tuple[str, ...], problem: str) -> None:
    assert problem in build.fails(dockerfile, *flags)


@pytest.mark.parametrize("kind", ["OCI", "Docker"])
def test_archives_of_images_are_refused_as_by_dockerd(build: Builder, tmp_path: Path, kind: str) -> None:
    output = f"--output=type={kind.lower()},dest={tmp_path}/archive"

    done = build("FROM busybox\n", output, check=False)

    assert done.returncode == 1
    assert f"ERROR: {kind} exporter is not supported for the docker driver." in failure(done.stderr)


def test_of_scratch_alone_an_empty_image_is_made(build: Builder, tmp_path: Path) -> None:
    build("FROM scratch\n", "-t", "empty")
    assert build.cli.line("image", "inspect", "-f", "{{.Size}} {{.RootFS.Layers}}", "empty") == "0 []"
    assert build.cli.line("history", "-q", "empty") == ""
    build("FROM scratch\n", f"--output={tmp_path}/out")
    assert list((tmp_path / "out").iterdir()) == []


def test_flags_reach_the_steps(build: Builder) -> None:
    flags = ("--add-host=other:10.1.2.3", "--ulimit=nofile=100:200", "--shm-size=10m", "--network=none", "--no-cache")
    command = "RUN grep -c other /etc/hosts; ulimit -n; df /dev/shm | grep -o 10240 | head -1; ls /sys/class/net\n"

    done = build(f"FROM busybox\n{command}", "--progress=plain", *flags)

    assert [line for line in told(done) if re.fullmatch(r"\d+|lo", line)] == ["1", "100", "10240", "lo"]


def test_an_archive_on_standard_input(build: Builder, tmp_path: Path) -> None:
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in (("Dockerfile", b"FROM busybox\nCOPY file /\n"), ("file", b"from afar\n")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, BytesIO(content))

    build.cli("buildx", "build", "-t", "app", "-", stdin=archive.getvalue())

    assert build.output("app", "cat", "/file") == "from afar"


def test_contexts_that_have_names(build: Builder, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "wanted").write_text("from the other\n")
    (other / "left-out").write_text("not from it\n")
    (other / ".dockerignore").write_text("left-out\n")
    flags = ("--build-context=base=docker-image://busybox", f"--build-context=files={other}")

    build(
        "FROM base\nRUN --mount=from=files,target=/m ls /m > /seen\nCOPY --from=files wanted /\n", "-t", "app", *flags
    )

    assert build.output("app", "cat", "/seen", "/wanted") == "wanted\nfrom the other"


def test_a_build_stands_on_the_result_of_another(build: Builder) -> None:
    one = {"dockerfile-inline": "FROM busybox\nENV A=b\nRUN echo one > /it\n"}
    two = {"dockerfile-inline": "FROM one\nRUN echo $A >> /it\n", "contexts": {"one": "target:one"}, "tags": ["app"]}
    targets = {"one": one, "two": two}
    build.write("bake.json", json.dumps({"group": {"default": {"targets": ["two"]}}, "target": targets}))

    build.cli("buildx", "bake", f"--file={build.context / 'bake.json'}")

    assert build.output("app", "cat", "/it") == "one\nb"


def test_a_client_in_its_experimental_mode(build: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for the result once more, by the definition that it got."""
    monkeypatch.setenv("BUILDX_EXPERIMENTAL", "1")

    build("FROM busybox\nRUN echo made > /it\n", "-t", "app")

    assert build.output("app", "cat", "/it") == "made"
    assert "did not complete successfully: exit code: 3" in build.fails("FROM busybox\nRUN exit 3\n")


def test_a_base_that_needs_a_password(build: Builder, tmp_path_factory: pytest.TempPathFactory) -> None:
    cli, folder = build.cli, tmp_path_factory.mktemp("registry")
    with Registry(cli.engine.host, folder, extra=passwords(folder)) as registry:
        image = f"{registry.address}/base"
        cli("login", "-u", "alice", "--password-stdin", registry.address, stdin="open sesame\n")
        cli("tag", "busybox", image)
        cli("push", image)
        cli("rmi", image)

        build(f"FROM {image}\nLABEL built=yes\n", "-t", "app")

        assert cli.inspect("app", "{{.Config.Labels}}") == "map[built:yes]"
        cli("logout", registry.address)
        assert "no basic auth credentials" in build.fails(f"FROM {image}\nLABEL again=yes\n", "--pull")


def test_the_builder_is_described_and_its_cache_pruned(build: Builder) -> None:
    build("FROM busybox\nRUN echo kept > /kept\n")

    assert "running" in build.cli.line("buildx", "inspect")
    assert "echo kept" in build.cli.line("buildx", "du", "--verbose")
    pruned = build.cli.line("buildx", "prune", "--all", "--force")
    assert re.search(r"^Total:\t+(?!0B)", pruned, re.MULTILINE)
    assert "echo kept" not in build.cli.line("buildx", "du", "--verbose")


def test_a_builder_without_an_engine(build: Builder) -> None:
    """Which speaks HTTP/2 from the first byte, and has its session within a call."""
    build.write("file", "there and back\n")
    build.cli("buildx", "create", "--driver=remote", "--name=alone", build.cli.engine.url)

    build("FROM busybox\nCOPY file /\n", "--builder=alone", "--output=type=image,name=app")
    build.cli("buildx", "rm", "alone")

    assert build.output("app", "cat", "/file") == "there and back"


def test_a_client_that_dies_ends_its_build(build: Builder) -> None:
    build.write("Dockerfile", "FROM busybox\nRUN touch /begun; sleep 1000\n")
    with build.cli.beside("buildx", "build", "--progress=plain", build.context) as client:
        eventually(lambda: build.cli.line("ps", "-q"))
        subprocess.run(["pkill", "-KILL", "-P", str(client.pid)], check=False)
        client.kill()

        eventually(lambda: not build.cli.line("ps", "-aq"))


def test_connections_that_are_not_handed_over(cli: Cli) -> None:
    for path, status, headers, problem in (
        ("grpc", 500, (), "no upgrade proto in request"),
        ("session", 400, ("-H", "Upgrade: other", "-H", "Connection: Upgrade"), "protocol other not supported"),
    ):
        socket = ("--unix-socket", str(cli.engine.socket))
        argv = ["curl", "-s", *socket, "-X", "POST", *headers, "-w", "%{http_code}", f"http://engine/{path}"]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        assert done.stdout.split() == [*json.dumps({"message": problem}, separators=(",", ":")).split(), str(status)]
