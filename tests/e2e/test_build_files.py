"""Files in builds: COPY, ADD, documents, and what RUN has mounted."""

import re
import tarfile
from io import BytesIO
from pathlib import Path

import docker
import pytest

from tests.harness.building import Builder

pytestmark = pytest.mark.root


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


def test_what_a_stage_has_keeps_its_owners(builder: Builder) -> None:
    image = builder.image(
        "FROM busybox AS made\nRUN mkdir -p /o/d && touch /o/a && chown -R 5:6 /o\n"
        "FROM busybox\nCOPY --from=made /o /x\nCOPY --from=made /o/a /y\nCOPY --from=made --chown=1 /o /z\n"
    )

    look = "stat -c '%n %u:%g' /x /x/a /x/d /y /z /z/a"
    owners = ["/x 0:0", "/x/a 5:6", "/x/d 5:6", "/y 5:6", "/z 1:1", "/z/a 1:1"]
    assert builder.output(image, "sh", "-c", look).splitlines() == owners


def test_a_stage_without_files_is_an_empty_directory(builder: Builder) -> None:
    image = builder.image("FROM scratch AS empty\nFROM busybox\nCOPY --from=empty / /x/\n")
    assert builder.output(image, "ls", "-A", "/x") == ""


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


def test_what_is_written_to_a_volume_stays(builder: Builder) -> None:
    image = builder.image(
        "FROM busybox\nVOLUME /v /w /x\nRUN echo kept > /v/file && chown user /w\nRUN cat /v/file && ls -d /x\n"
    )
    assert builder.output(image, "sh", "-c", "cat /v/file; stat -c %U /w") == "kept\nuser"


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


def test_steps_run_behind_the_walls_of_containers(builder: Builder) -> None:
    """The same capabilities, the same filter of system calls, no descriptor of the engine, nothing of the host's."""
    done = builder(
        "FROM busybox\n"
        "RUN grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; echo fds; ls /proc/1/fd; echo all; "
        "(unshare -m true || touch /proc/sys/kernel/core_pattern) 2>/dev/null || echo refused\n"
    )
    told = " ".join(done.stdout.split())
    allowed = "CapEff: 00000000a80425fb CapBnd: 00000000a80425fb NoNewPrivs: 0 Seccomp: 2"
    assert f"{allowed} fds 0 1 2 all refused" in told
