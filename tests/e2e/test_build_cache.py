"""Steps of builds are done once: what counts, what is kept, what goes."""

import pytest

from tests.harness.building import ID, Builder, cached_steps
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root


CACHED = """
FROM busybox
ENV A=b
WORKDIR /w
COPY . /files
RUN date +%s%N > /when; cat /proc/sys/kernel/random/uuid > /which
COPY late /late
"""


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


def test_prune_and_disk_usage(builder: Builder) -> None:
    builder("FROM busybox\nRUN echo 123456789 > /x\n", "-t", "app")
    assert "regular" in builder.cli.line("system", "df", "-v")
    assert "0B" in builder.cli.line("builder", "prune", "-f")  # an image has it
    assert cached_steps(builder("FROM busybox\nRUN echo 123456789 > /x\n")) == 1
    builder.cli("rmi", "app")
    assert builder.cli.line("builder", "prune", "-f").endswith("Total reclaimed space: 10B")
    assert cached_steps(builder("FROM busybox\nRUN echo 123456789 > /x\n")) == 0
