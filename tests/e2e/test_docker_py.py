"""docker-py, a client that nobody wrote with this engine in mind."""

import docker
import pytest

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("tidy")]


def test_run_gives_the_output(api: docker.DockerClient) -> None:
    assert api.containers.run("busybox", ["echo", "hello"]) == b"hello\n"
