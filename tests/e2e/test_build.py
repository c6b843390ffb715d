"""``build``: images from Dockerfiles. The words are those of Docker's classic builder."""

import re
from io import BytesIO

import docker
import pytest

from tests.harness.building import ID, Builder, cached_steps

pytestmark = pytest.mark.root


STAGES = """
FROM busybox AS made
ARG WHO=nobody
ENV GREETING=hello
WORKDIR /made
COPY words words
RUN echo $GREETING $WHO > said && cat words/* >> said

FROM busybox AS unused
RUN false

FROM busybox
COPY --from=made /made/said /said
LABEL kind=test
EXPOSE 80
USER user
CMD ["cat", "/said"]
"""


def test_stages(builder: Builder) -> None:
    builder.write("words/one", "eins\n")
    builder.write("words/two", "zwei\n")

    done = builder(STAGES, "-t", "app:1", "-t", "again", "--build-arg", "WHO=you", "--label", "by=me")

    image = ID.findall(done.stdout)[0]
    assert done.stdout.splitlines()[-2:] == ["Successfully tagged app:1", "Successfully tagged again:latest"]
    assert "Step 1/13 : FROM busybox AS made" in done.stdout
    assert builder.cli.line("images", "-q", "app:1") == builder.cli.line("images", "-q", "again") == image
    assert builder.output("app:1") == "hello you\neins\nzwei"
    inspected = builder.cli.inspect("app:1", "{{.Config.User}} {{.Config.Labels}} {{.Config.ExposedPorts}}")
    assert inspected == "user map[by:me kind:test] map[80/tcp:{}]"
    assert builder.cli.line("images", "-aq", "--filter", "since=busybox").split() == [image, image]


def test_the_history(builder: Builder) -> None:
    builder.write("file", "12345\n")
    image = builder.image(
        "FROM busybox\nARG A=1\nENV B=2\nWORKDIR /w\nCOPY file .\nRUN echo 678 > /x\nENTRYPOINT echo hi\n", "-t", "app"
    )

    lines = builder.cli.line("history", "--no-trunc", "--format", "{{.CreatedBy}}|{{.Size}}", "app").splitlines()

    assert [re.sub("file:[0-9a-f]{64}", "file:…", line) for line in lines[:-1]] == [
        '/bin/sh -c #(nop)  ENTRYPOINT ["/bin/sh" "-c" "echo hi"]|0B',
        "|1 A=1 /bin/sh -c echo 678 > /x|4B",
        "/bin/sh -c #(nop) COPY file:… in . |6B",
        "/bin/sh -c #(nop) WORKDIR /w|0B",
        "/bin/sh -c #(nop)  ENV B=2|0B",
        "/bin/sh -c #(nop)  ARG A=1|0B",
    ]
    ids = builder.cli.line("history", "-q", "app").splitlines()
    base = builder.cli.line("images", "-q", "busybox")
    assert (ids[0], ids[1], ids[-1]) == (image, "<missing>", base)


def test_what_is_told_before_the_first_stage(builder: Builder) -> None:
    done = builder(
        "ARG V=latest\nARG W\nFROM busybox:$V\nRUN true && \\\n\n  true\n", "--label", "a=b", "--label", "c=d e"
    )
    steps = re.findall("Step ./. : .*", done.stdout)
    assert steps == [
        "Step 1/6 : ARG V=latest",
        "Step 2/6 : ARG W",
        "Step 3/6 : FROM busybox:$V",
        "Step 4/6 : RUN true &&   true",
        "Step 5/6 : LABEL a=b",
        "Step 6/6 : LABEL c=d e",
    ]
    assert "[WARNING]: Empty continuation line found in: RUN true &&   true\n" in done.stdout


def test_a_command_that_fails(builder: Builder) -> None:
    dockerfile = "FROM busybox\nRUN echo fine\nRUN echo oh; exit 7\n"
    text = builder.fails(dockerfile, status=7)
    assert text == "The command '/bin/sh -c echo oh; exit 7' returned a non-zero code: 7"
    (left,) = builder.cli.line("ps", "-a", "--format", "{{.Status}} {{.Command}}", "--no-trunc").splitlines()
    assert left.startswith("Exited (7)")
    assert builder.cli.line("images", "-aq", "--filter", "since=busybox") == ""
    again = builder(dockerfile, "--force-rm", check=False)
    assert cached_steps(again) == 1
    assert len(builder.cli.line("ps", "-aq").split()) == 1


def test_a_command_that_is_not_there(builder: Builder) -> None:
    text = builder.fails('FROM busybox\nRUN ["nothing"]\n')
    assert 'exec: "nothing": executable file not found in $PATH' in text
    assert builder.cli.line("ps", "-a", "--format", "{{.Status}}") == "Created"


@pytest.mark.parametrize(
    ("dockerfile", "text"),
    [
        ("FROM busybox\nCOPY nix /\n", "COPY failed: file not found in build context or excluded by .dockerignore: "
         "stat nix: file does not exist"),
        ("FROM busybox\nADD nix* /\n", "ADD failed: no source files were specified"),
        ("FROM busybox\nCOPY link /\n", "COPY failed: file not found in build context or excluded by .dockerignore: "
         "stat link: file does not exist"),
        ("FROM busybox AS a\nFROM busybox\nCOPY --from=a /nix /\n", "COPY failed: stat nix: file does not exist"),
        ("FROM busybox\nCOPY Dockerfile /bin/busybox/x\n", "failed to copy files: not a directory"),
        ("FROM busybox\nCOPY --chown=who Dockerfile /\n", "unable to convert uid/gid chown string to host mapping: "
         "can't find uid for user who: no such user: who"),
        ("FROM busybox\nCOPY D* d* /nodir\n", "When using COPY with more than one source file, the destination must "
         "be a directory and end with a /"),
        ("FROM scratch\n", "No image was generated. Is your Dockerfile empty?"),
        ("FROM busybox\nRUM x\n", "Error response from daemon: dockerfile parse error on line 2: unknown instruction: "
         "RUM (did you mean RUN?)"),
        ("", "Error response from daemon: the Dockerfile (Dockerfile) cannot be empty"),
    ],
)  # fmt: skip
def test_refusals(builder: Builder, dockerfile: str, text: str) -> None:
    (builder.context / "link").symlink_to("/etc/hostname")
    builder.write("data", "")
    assert builder.fails(dockerfile) == text


def test_independent_stages_run_side_by_side(builder: Builder) -> None:
    def stage(name: str, own: str, other: str) -> str:
        wait = f"touch /c/{own}; until [ -e /c/{other} ]; do sleep 0.02; done; echo {own} > /{own}"
        return f"FROM busybox AS {name}\nRUN --mount=type=cache,target=/c {wait}\n"

    image = builder.image(
        stage("a", "one", "two")
        + stage("b", "two", "one")
        + "FROM busybox\nCOPY --from=a /one /\nCOPY --from=b /two /\n"
    )
    assert builder.output(image, "cat", "/one", "/two").split() == ["one", "two"]


def test_triggers(builder: Builder) -> None:
    builder.write("data", "mine\n")
    builder("FROM busybox\nONBUILD COPY data /data\nONBUILD RUN echo ran > /ran\n", "-t", "base")
    done = builder("FROM base\nRUN cat /data /ran\n", "-t", "app")
    assert "# Executing 2 build triggers" in done.stdout
    assert "mine\nran\n" in done.stdout
    assert builder.cli.inspect("app", "{{.Config.OnBuild}}") == "[]"


def test_rm_false_leaves_containers(builder: Builder) -> None:
    image = builder.image("FROM busybox\nRUN echo kept > /kept\n", "--rm=false")
    (left,) = builder.cli.line("ps", "-aq").split()
    assert builder.cli.line("diff", left) == "A /kept"
    assert builder.output(image, "cat", "/kept") == "kept"


def test_quiet(builder: Builder) -> None:
    image = builder.cli.line("build", "-q", "-t", "app", "-", stdin="FROM busybox\nLABEL a=b\n")
    assert builder.cli.line("images", "-q", "--no-trunc", "app") == image


@pytest.mark.v2
def test_limits_and_hosts(builder: Builder) -> None:
    done = builder(
        "FROM busybox\nRUN df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2; ulimit -n; grep other /etc/hosts\n",
        "--shm-size", "2m", "--ulimit", "nofile=123", "--add-host", "other:10.1.2.3",
    )  # fmt: skip
    assert "2048\n123\n10.1.2.3\tother\n" in done.stdout


def test_no_network(builder: Builder) -> None:
    done = builder("FROM busybox\nRUN ip -o link | wc -l\n", "--network", "none")
    assert "\n1\n" in done.stdout


def test_docker_py(builder: Builder, api: docker.DockerClient) -> None:
    image, log = api.images.build(fileobj=BytesIO(b"FROM busybox\nRUN echo built > /x\n"), tag="app", rm=True)
    assert api.containers.run(image, "cat /x", remove=True) == b"built\n"
    assert any("Successfully built" in str(line) for line in log)


def test_squash(builder: Builder, api: docker.DockerClient) -> None:
    dockerfile = (
        "FROM busybox\nRUN echo 1 > /one; mkdir -p /d/e; echo x > /d/e/x; rm /var/www/index.html; chmod 700 /home\n"
        "RUN echo 2 > /two; rm /one; rm -r /d; mkdir /d; echo y > /d/y; ln /two /three; rm -r /root; mkdir /root\n"
        "CMD pwd\n"
    )
    plain = builder.image(dockerfile)
    builder.write("Dockerfile", dockerfile)
    image, _ = api.images.build(path=str(builder.context), squash=True, tag="squashed")

    seen = [builder.output(name, "sh", "-c", "find / -xdev | sort | grep -v ^/proc; cat /d/y /two; stat -c %a /home; "
            "[ /two -ef /three ] && echo linked") for name in (plain, "squashed")]  # fmt: skip
    assert seen[0] == seen[1]
    assert "linked" in seen[1]
    assert len(image.attrs["RootFS"]["Layers"]) == 2
    newest = builder.cli.line("history", "--format", "{{.Comment}}", "squashed").splitlines()[0]
    assert newest.startswith("merge sha256:")


def test_the_classic_endpoint_says_where_buildkit_is(builder: Builder) -> None:
    engine = builder.cli.engine
    url = "http://d/v1.45/build?version=2"
    answer = engine.host.run(["curl", "-s", "--unix-socket", engine.socket, "-X", "POST", url])
    assert "build with buildx, or with DOCKER_BUILDKIT=0" in answer.stdout
