"""``build``: images from Dockerfiles. The words are those of Docker's classic builder."""

import re
import shutil
import socketserver
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path

import docker
import pytest

from tests.harness.cli import Cli, Done
from tests.harness.engine import Engine
from tests.harness.leftovers import assert_nothing_left
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

ID = re.compile(r"Successfully built ([0-9a-f]{12})")


class Builder:
    """Builds what ``context`` holds, typed with a client."""

    def __init__(self, cli: Cli, context: Path) -> None:
        self.cli = cli
        self.context = context

    def write(self, name: str, content: str, mode: int = 0o644) -> None:
        path = self.context / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(mode)

    def __call__(self, dockerfile: str, *flags: str, check: bool = True) -> Done:
        self.write("Dockerfile", dockerfile)
        return self.cli("build", *flags, self.context, check=check)

    def fails(self, dockerfile: str, *flags: str, status: int = 1) -> str:
        """What a build that fails says at last."""
        done = self(dockerfile, *flags, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stderr.strip().splitlines()[-1]

    def image(self, dockerfile: str, *flags: str) -> str:
        """The short ID of what was built."""
        match = ID.search(self(dockerfile, *flags).stdout)
        assert match
        return match[1]

    def output(self, image: str, *command: str) -> str:
        return self.cli.line("run", "--rm", image, *command)


@pytest.fixture
def builder(engine: Engine, client: str, tidy: None, tmp_path: Path) -> Iterator[Builder]:
    """Leaves nothing but busybox."""
    builder = Builder(Cli(engine, client), tmp_path)
    yield builder
    ids = engine.run("docker", "ps", "-aq").stdout.split()
    if ids:
        engine.run("docker", "rm", "-fv", *ids)
    engine.run("docker", "builder", "prune", "-af")
    images = engine.run("docker", "images", "-aq", "--filter", "since=busybox").stdout.split()
    if images:
        engine.run("docker", "rmi", "-f", *dict.fromkeys(images))
    assert not list((engine.data_root / "builds").iterdir())
    assert_nothing_left(engine)


STAGES = """
FROM busybox AS made
ARG WHO=nobody
ENV GREETING=hello
WORKDIR /work
COPY words words
RUN echo $GREETING $WHO > said && cat words/* >> said

FROM busybox AS unused
RUN false

FROM busybox
COPY --from=made /work/said /said
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


CACHED = """
FROM busybox
ENV A=b
WORKDIR /w
COPY . /files
RUN date +%s%N > /when; cat /proc/sys/kernel/random/uuid > /which
COPY late /late
"""


def cached_steps(done: Done) -> int:
    return done.stdout.count(" ---> Using cache")


def test_steps_are_done_once(builder: Builder) -> None:
    builder.write("early", "one")
    builder.write("late", "two")
    first = builder.image(CACHED)

    (builder.context / "early").touch()
    again = builder(CACHED)

    assert (ID.findall(again.stdout), cached_steps(again)) == ([first], 5)
    builder.write("early", "one", 0o755)
    assert cached_steps(builder(CACHED)) == 2
    builder.write("early", "1")
    changed = builder(CACHED)
    assert cached_steps(changed) == 2
    assert ID.findall(changed.stdout) != [first]
    assert cached_steps(builder(CACHED, "--no-cache")) == 0


def test_the_cache_outlives_the_daemon(builder: Builder) -> None:
    builder.write("late", "two")
    first = builder.image(CACHED)
    builder.cli("rmi", first)

    builder.cli.engine.kill()
    builder.cli.engine.start()

    again = builder(CACHED)
    assert (ID.findall(again.stdout), cached_steps(again)) == ([first], 5)


def test_arguments_count_from_where_they_are_declared(builder: Builder) -> None:
    dockerfile = "FROM busybox\nRUN echo before\nARG V\nRUN echo is $V\n"
    builder(dockerfile, "--build-arg", "V=1")
    done = builder(dockerfile, "--build-arg", "V=2", "--build-arg", "W=3")
    assert "is 2\n" in done.stdout
    assert cached_steps(done) == 2
    assert "[Warning] One or more build-args [W] were not consumed" in done.stdout


def test_an_image_from_elsewhere_as_cache(builder: Builder) -> None:
    builder.write("late", "two")
    first = builder.image(CACHED, "-t", "app")
    archive = builder.context.parent / "app.tar"
    builder.cli("save", "-o", archive, "app")
    builder.cli("rmi", "app")
    builder.cli("builder", "prune", "-af")
    builder.cli("load", "-i", archive)

    again = builder(CACHED, "--cache-from", "app")

    assert (ID.findall(again.stdout), cached_steps(again)) == ([first], 5)
    archive.unlink()


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


def test_owners_modes_and_archives(builder: Builder) -> None:
    builder.write("run.sh", "#!/bin/sh\n", 0o755)
    builder.write("sub/a", "a")
    with tarfile.open(builder.context / "some.tgz", "w:gz") as archive:
        entry = tarfile.TarInfo("inside/b")
        entry.size, entry.mode, entry.uid = 1, 0o600, 1000
        archive.addfile(entry, BytesIO(b"b"))

    image = builder.image(
        "FROM busybox\nCOPY --chown=user:users --chmod=700 sub /s/\nADD some.tgz /t/\nCOPY some.tgz /t/\n"
        "COPY --chown=5 run.sh /bin/\n"
    )

    look = "stat -c '%n %a %u:%g' /s /s/a /t/inside/b /t/some.tgz /bin/run.sh"
    assert builder.output(image, "sh", "-c", look).splitlines() == [
        "/s 755 1000:1000",
        "/s/a 700 1000:1000",
        "/t/inside/b 600 1000:0",
        "/t/some.tgz 644 0:0",
        "/bin/run.sh 755 5:5",
    ]


def test_documents(builder: Builder) -> None:
    image = builder.image(
        "FROM busybox\nCOPY <<one <<'two' /d/\n$PATH\none\n$PATH\ntwo\n"
        "RUN <<EOF\necho first > /r\necho second >> /r\nEOF\nRUN <<EOF\n#!/bin/cat\nread by cat\nEOF\n"
    )
    assert builder.output(image, "cat", "/d/one", "/d/two", "/r").splitlines() == [
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "$PATH",
        "first",
        "second",
    ]


def test_mounts(builder: Builder) -> None:
    builder.write("data", "from the context\n")
    dockerfile = (
        "FROM busybox AS other\nRUN echo from a stage > /data\n"
        "FROM busybox\n"
        "RUN --mount=target=/in cat /in/data > /one && ! touch /in/x\n"
        "RUN --mount=target=/in,rw touch /in/x\n"
        "RUN --mount=from=other,source=data,target=/other cat /other > /two\n"
        "RUN --mount=type=tmpfs,target=/fast,size=1m df -k /fast | tail -1 > /three\n"
        "RUN --mount=type=cache,target=/root/.cache/x echo $V >> /root/.cache/x/n; cat /root/.cache/x/n > /four\n"
        "RUN ls -A /in /other /fast /root > /left 2> /dev/null || true\n"
    )
    image = builder.image(dockerfile)
    assert builder.output(image, "cat", "/one", "/two").splitlines() == ["from the context", "from a stage"]
    assert "1024" in builder.output(image, "cat", "/three")
    assert builder.output(image, "cat", "/left") == "/root:"
    assert not (builder.context / "x").exists()
    builder(dockerfile, "--no-cache")
    image = builder.image(dockerfile.replace("> /four", "> /five"))
    assert builder.output(image, "wc", "-l", "/five").split()[0] == "3"


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


def test_a_client_that_leaves_ends_the_build(builder: Builder) -> None:
    builder.write("Dockerfile", "FROM busybox\nRUN echo whole > /whole\nRUN echo going; sleep 1000\n")
    with builder.cli.beside("build", "-t", "app", str(builder.context)) as building:
        assert building.stdout is not None
        for line in building.stdout:
            if line == "going\n":
                break
    eventually(lambda: not builder.cli.line("ps", "-aq"))
    eventually(lambda: not list((builder.cli.engine.data_root / "builds").iterdir()))
    assert builder.cli.line("images", "-q", "app") == ""
    done = builder("FROM busybox\nRUN echo whole > /whole\n")
    assert cached_steps(done) == 1


def test_rm_false_leaves_containers(builder: Builder) -> None:
    image = builder.image("FROM busybox\nRUN echo kept > /kept\n", "--rm=false")
    (left,) = builder.cli.line("ps", "-aq").split()
    assert builder.cli.line("diff", left) == "A /kept"
    assert builder.output(image, "cat", "/kept") == "kept"


def test_quiet(builder: Builder) -> None:
    image = builder.cli.line("build", "-q", "-t", "app", "-", stdin="FROM busybox\nLABEL a=b\n")
    assert builder.cli.line("images", "-q", "--no-trunc", "app") == image


def test_limits_and_hosts(builder: Builder) -> None:
    done = builder(
        "FROM busybox\nRUN df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2; ulimit -n; grep other /etc/hosts\n",
        "--shm-size", "2m", "--ulimit", "nofile=123", "--add-host", "other:10.1.2.3",
    )  # fmt: skip
    assert "2048\n123\n10.1.2.3\tother\n" in done.stdout


def test_no_network(builder: Builder) -> None:
    done = builder("FROM busybox\nRUN ip -o link | wc -l\n", "--network", "none")
    assert "\n1\n" in done.stdout


FILES: dict[str, tuple[str, bytes]] = {}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, content = FILES[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", "Sat, 03 Feb 2001 04:05:06 GMT")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(engine: Engine, port: int) -> Iterator[str]:
    """A web server on the engine's host, which gives ``FILES``."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = engine.host.listen(port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_files_of_the_web(builder: Builder) -> None:
    FILES["/some/file"] = ("text/plain", b"of the web\n")
    with served(builder.cli.engine, 8099) as url:
        image = builder.image(f"FROM busybox\nADD {url}/some/file /d/\nADD {url}/some/file /e\n")
        wrong = builder.fails(f"FROM busybox\nADD --checksum=sha256:{'0' * 64} {url}/some/file /d/\n")
    assert builder.output(image, "sh", "-c", "cat /d/file /e; stat -c '%a %Y' /e") == (
        "of the web\nof the web\n600 981173106"
    )
    assert wrong.startswith("digest mismatch sha256:")


def test_a_context_of_the_web(builder: Builder, api: docker.DockerClient) -> None:
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in (("Dockerfile", b"FROM busybox\nCOPY data /data\n"), ("data", b"far away\n")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, BytesIO(content))
    FILES["/context.tgz"] = ("application/gzip", archive.getvalue())
    FILES["/lone"] = ("text/plain; charset=utf-8", b"FROM busybox\nRUN echo alone > /data\n")
    with served(builder.cli.engine, 8098) as url:
        api.images.build(path=f"{url}/context.tgz", tag="packed")
        api.images.build(path=f"{url}/lone", tag="lone")
    assert builder.output("packed", "cat", "/data") == "far away"
    assert builder.output("lone", "cat", "/data") == "alone"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_context_of_a_repository(builder: Builder, api: docker.DockerClient) -> None:
    repository = builder.context / "repository.git"
    builder.write("tree/sub/Dockerfile", "FROM busybox\nCOPY . /all\n")
    builder.write("tree/sub/data", "kept\n")
    (builder.context / "tree/out").symlink_to("/etc")
    git = ["git", "-C", builder.context / "tree", "-c", "user.name=n", "-c", "user.email=e"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "all"], ["tag", "v1"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", builder.context / "tree", repository], check=True)
    programs = subprocess.run(["git", "--exec-path"], check=True, capture_output=True, text=True).stdout.strip()
    daemon = [
        f"{programs}/git-daemon",
        "--listen=127.0.0.1",
        "--reuseaddr",
        "--export-all",
        f"--base-path={builder.context}",
    ]
    with subprocess.Popen(builder.cli.engine.host.inside(daemon), stderr=subprocess.DEVNULL) as serving:
        try:
            eventually(lambda: ":9418" in builder.cli.engine.host.run(["ss", "-ltn"]).stdout)
            api.images.build(path="git://127.0.0.1/repository.git#v1:sub", tag="app")
            added = builder.image(
                "FROM busybox\nADD git://127.0.0.1/repository.git#v1 /r\n"
                "ADD --keep-git-dir git://127.0.0.1/repository.git#main:sub /s\n"
            )
            with pytest.raises(docker.errors.APIError, match="not a directory: out/ssl"):
                api.images.build(path="git://127.0.0.1/repository.git#main:out/ssl")
            with pytest.raises(docker.errors.APIError, match="error fetching: fatal: "):
                api.images.build(path="git://127.0.0.1/nothing.git")
        finally:
            serving.kill()
    assert builder.output("app", "ls", "-A", "/all").split() == ["Dockerfile", "data"]
    assert builder.output(added, "ls", "-A", "/r", "/s").split() == ["/r:", "out", "sub", "/s:", "Dockerfile", "data"]


def test_docker_py(builder: Builder, api: docker.DockerClient) -> None:
    image, log = api.images.build(fileobj=BytesIO(b"FROM busybox\nRUN echo built > /x\n"), tag="app", rm=True)
    assert api.containers.run(image, "cat /x", remove=True) == b"built\n"
    assert any("Successfully built" in str(line) for line in log)


def test_prune_and_disk_usage(builder: Builder) -> None:
    builder("FROM busybox\nRUN echo 123456789 > /x\n", "-t", "app")
    assert "regular" in builder.cli.line("system", "df", "-v")
    assert "0B" in builder.cli.line("builder", "prune", "-f")  # an image has it
    assert cached_steps(builder("FROM busybox\nRUN echo 123456789 > /x\n")) == 1
    builder.cli("rmi", "app")
    assert builder.cli.line("builder", "prune", "-f").endswith("Total reclaimed space: 10B")
    assert cached_steps(builder("FROM busybox\nRUN echo 123456789 > /x\n")) == 0


def test_only_the_classic_builder(builder: Builder) -> None:
    """The stock command asks for BuildKit by itself only where the engine says that it has it."""
    engine = builder.cli.engine
    url = "http://d/v1.45/build?version=2"
    answer = engine.host.run(["curl", "-s", "--unix-socket", engine.socket, "-X", "POST", url])
    assert "BuildKit is not supported by this engine" in answer.stdout


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


def test_what_is_left_out(builder: Builder) -> None:
    for name in ("a/b/c.txt", "a/b/c.md", "a/d.md", "e.txt", "e.md"):
        builder.write(name, name)
    builder.write(".dockerignore", "Dockerfile\n.dockerignore\n")
    image = builder.image(
        "FROM busybox\nCOPY . /all\nCOPY --exclude=**/*.md --exclude=e.* . /some\nCOPY --exclude=*.md e.* /files/\n"
        "COPY --parents a/b/*.txt e.md /parents/\nCOPY --parents a/./b/ /pivot/\n"
    )
    found = builder.output(image, "find", "/all", "/some", "/files", "/parents", "/pivot", "-type", "f")
    assert sorted(found.splitlines()) == [
        "/all/a/b/c.md", "/all/a/b/c.txt", "/all/a/d.md", "/all/e.md", "/all/e.txt",
        "/files/e.txt",
        "/parents/a/b/c.txt", "/parents/e.md",
        "/pivot/b/c.md", "/pivot/b/c.txt",
        "/some/a/b/c.txt",
    ]  # fmt: skip


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


def hostile_archive(dockerfile: str) -> BytesIO:
    """A context whose names and links lead out of it."""
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        link = tarfile.TarInfo("out")
        link.type, link.linkname = tarfile.SYMTYPE, "/"
        tar.addfile(link)
        for name in ("../../../escaped", "/escaped", "out/escaped", "Dockerfile"):
            entry = tarfile.TarInfo(name)
            content = dockerfile.encode() if name == "Dockerfile" else b"from outside\n"
            entry.size = len(content)
            tar.addfile(entry, BytesIO(content))
    archive.seek(0)
    return archive


@pytest.mark.parametrize(
    ("dockerfile", "told"),
    [
        ("FROM busybox\nCOPY out/etc/hostname /\n", "stat out/etc/hostname: file does not exist"),
        ("FROM busybox\nRUN --mount=source=out/etc,target=/in ls /in\n", '"/out/etc": not found'),
        ("FROM busybox AS a\nRUN ln -s / /out\nFROM scratch\nCOPY --from=a /out/escaped /\n", "file does not exist"),
        ("FROM busybox AS a\nRUN ln -s / /out\nFROM busybox\nRUN --mount=from=a,source=/out/escaped,target=/x ls\n",
         "not found"),
        ("FROM busybox\nCOPY ../../../escaped ../../../escaped\nRUN cat /escaped && false\n",
         "returned a non-zero code: 1"),
    ],
)  # fmt: skip
def test_nothing_leads_out_of_a_build(builder: Builder, api: docker.DockerClient, dockerfile: str, told: str) -> None:
    with pytest.raises(docker.errors.BuildError, match=re.escape(told)):
        api.images.build(fileobj=hostile_archive(dockerfile), custom_context=True, rm=True, forcerm=True)
    assert not [path for path in ("/escaped", "/var/lib/escaped", "/tmp/escaped") if Path(path).exists()]


def test_a_dockerfile_is_one_of_the_context(builder: Builder, api: docker.DockerClient) -> None:
    for name in ("../../../../../../etc/hostname", "/etc/hostname", "out/etc/hostname"):
        with pytest.raises(docker.errors.APIError, match=f"Cannot locate specified Dockerfile: {name}"):
            api.images.build(fileobj=hostile_archive("FROM busybox\n"), custom_context=True, dockerfile=name)
