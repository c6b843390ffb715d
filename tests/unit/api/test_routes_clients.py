"""The stock clients against the API: the docker command and docker-py understand every answer."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import docker
import pytest
from tests.unit.api.client import api
from tests.unit.api.samples import RUNNING

from wherry.errors import CommandNotFound
from wherry.model.launch import Exit
from wherry.model.log import LogLine

needs_docker = pytest.mark.skipif(shutil.which("docker") is None, reason="needs the docker command")


def run_docker(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    argv = ["docker", "--config", str(folder), "-H", f"unix://{folder}/d.sock", *arguments]
    return subprocess.run(argv, input=stdin, capture_output=True, timeout=30)


async def docker_command(folder: Path, *arguments: str, stdin: bytes = b"", status: int = 0) -> str:
    """What the command prints. It must end with ``status``."""
    result = await asyncio.to_thread(run_docker, folder, *arguments, stdin=stdin)
    assert result.returncode == status, result.stderr
    return (result.stdout + result.stderr).decode()


@needs_docker
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("ps", ("c0ffee000000", "busybox", '"sleep 1000"', "0.0.0.0:8080->80/tcp", "web")),
        ("images", ("busybox", "latest", "aaaaaaaaaaaa", "2.03MB")),
        ("version", ("wherry", "1.45 (minimum version 1.24)", "linux/amd64", "runc")),
        ("info", ("Storage Driver: overlay2", "Live Restore Enabled: true", "WARNING: runtime crun cannot be used")),
        ("network ls", ("63a2e4500000", "bridge", "local")),
        ("volume ls", ("local", "data")),
        ("history busybox", ("CMD sh", "ADD x")),
        ("system df", ("Images", "Containers", "2.027MB")),
        ("top web", ("4242", "-ef")),
        ("port web", ("80/tcp -> 0.0.0.0:8080",)),
        ("inspect -f {{.NetworkSettings.IPAddress}} web", ("172.17.0.3",)),
    ],
)
async def test_commands_that_show(tmp_path: Path, command: str, words: tuple[str, ...]) -> None:
    async with api(tmp_path):
        shown = await docker_command(tmp_path, *command.split())
        assert all(word in shown for word in words), shown


@needs_docker
async def test_errors_are_told_as_dockers_are(tmp_path: Path) -> None:
    async with api(tmp_path):
        shown = await docker_command(tmp_path, "create", "--restart", "always", "--rm", "busybox", status=125)
        assert "conflicting options" in shown.lower()
        shown = await docker_command(tmp_path, "logs", "nobody", status=1)
        # An old docker command has its own word in front of the daemon's text.
        assert shown.startswith("Error") and shown.endswith(": No such container: nobody\n")


@needs_docker
async def test_run(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, _):
        containers, attachment = engine.containers, engine.containers.attachment
        attachment.say(1, b"out\n")
        attachment.say(2, b"err\n")
        arguments = ("run", "-i", "--name", "job", "busybox", "cat")
        command = asyncio.create_task(docker_command(tmp_path, *arguments, stdin=b"typed", status=3))
        await asyncio.wait_for(asyncio.gather(containers.started.wait(), attachment.stdin_closed.wait()), 30)
        attachment.end()
        containers.exits[containers.find("job").id].set_result(Exit(code=3, finished_at=1))
        assert await command == "out\nerr\n"
        assert attachment.typed == b"typed"


@needs_docker
async def test_exec_of_a_command_that_is_not_there(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, _):
        engine.execs.failure = CommandNotFound('exec: "nope": executable file not found in $PATH')
        shown = await docker_command(tmp_path, "exec", "web", "nope", status=127)
        assert "executable file not found" in shown


@needs_docker
async def test_logs_go_to_their_streams(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, _):
        engine.containers.lines = [LogLine(1, "T1", b"one\n"), LogLine(2, "T2", b"oops\n")]
        assert await docker_command(tmp_path, "logs", "web") == "one\noops\n"
        assert await docker_command(tmp_path, "logs", "-t", "web") == "T1 one\nT2 oops\n"


@needs_docker
async def test_load_and_save(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, _):
        shown = await docker_command(tmp_path, "load", stdin=b"archive")
        assert (shown, engine.archives.received) == ("Loaded image: busybox:latest\n", b"archive")
        assert await docker_command(tmp_path, "save", "busybox") == "<busybox>"


async def test_docker_py(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, _):

        def use() -> None:
            client = docker.DockerClient(base_url=f"unix://{tmp_path}/d.sock")
            try:
                (web,) = client.containers.list()
                assert (web.id, web.status, web.ports["90/udp"]) == (RUNNING.id, "running", None)
                created = client.containers.create("busybox", ["true"], ports={"80/tcp": 8000}, detach=True)
                assert created.attrs["HostConfig"]["PortBindings"] == {"80/tcp": [{"HostIp": "", "HostPort": "8000"}]}
                with pytest.raises(docker.errors.ImageNotFound):
                    client.containers.create("nothing")
                with pytest.raises(docker.errors.NotFound):
                    client.containers.get("nobody")
                assert client.images.get("busybox").tags == ["busybox:latest"]
                assert [network.name for network in client.networks.list()] == ["bridge"]
                assert [volume.name for volume in client.volumes.list()] == ["data"]
                assert client.info()["LiveRestoreEnabled"] and client.version()["Version"] == "0.1.0"
                assert web.exec_run("true").exit_code is None
            finally:
                client.close()

        engine.execs.attachment.end()
        await asyncio.to_thread(use)
