"""A directory that our own command line offers: built from as if it had been sent."""

import os
import socket
from pathlib import Path

import pytest

from tests.harness.building import Builder, cached_steps
from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = pytest.mark.root

WHOLE = "FROM busybox\nCOPY . /files\nRUN --mount=type=bind,target=/mnt ls -lR /mnt\nCOPY --chown=7 sub /sub\n"


@pytest.fixture
def own(engine: Engine, unbuilt: None, tmp_path: Path) -> Builder:
    builder = Builder(Cli(engine, "wherry"), tmp_path)
    builder.write("sub/plain", "plain")
    builder.write("sub/tool", "tool", 0o4755)
    builder.write("left out", "")
    builder.write(".dockerignore", "left*\n")
    (tmp_path / "link").symlink_to("sub/plain")
    os.link(tmp_path / "sub" / "plain", tmp_path / "sub" / "same")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "sub" / "socket"))
    return builder


def test_what_is_offered_and_what_is_sent_have_one_cache(own: Builder) -> None:
    sent = own.image(WHOLE, "--compress")
    assert own.image(WHOLE) == sent
    own.write("sub/plain", "other")
    (own.context / "sub" / "tool").unlink()
    offered = own.image(WHOLE)
    assert offered != sent
    again = own(WHOLE, "--compress")
    assert cached_steps(again) == 3
    assert f"Successfully built {offered}\n" in again.stdout
    assert sorted(own.output(offered, "find", "/files", "-type", "f").split()) == [
        *("/files/.dockerignore", "/files/Dockerfile", "/files/sub/plain", "/files/sub/same")
    ]


def test_a_directory_is_kept_from_build_to_build(own: Builder) -> None:
    own.image(WHOLE)
    own.write("sub/plain", "other")
    own.image(WHOLE, "--no-cache")
    kept = own.cli("system", "df", "--verbose").stdout
    assert kept.count("source.local") == 1


def test_a_dockerfile_from_elsewhere_leaves_no_trace_in_the_context(
    own: Builder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "Dockerfile"
    elsewhere.write_text("FROM busybox\nCOPY . /files\n")
    (own.context / ".dockerignore").unlink()
    done = own.cli("build", "--file", elsewhere, own.context)
    image = done.stdout.split()[-1]
    listed = own.output(image, "find", "/files", "-name", ".*")
    assert listed == ""
