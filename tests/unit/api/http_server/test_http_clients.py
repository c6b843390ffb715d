"""The clients that people use, against a few handlers."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import docker
import docker.errors
import pytest
from http_peer import serving

from wherry.api.http import Request, Response, Router, json_response, text_response
from wherry.wire.frames import STDOUT, frame

Run = Callable[[Coroutine[Any, Any, None]], None]

VERSION = {"Version": "26.1.5", "ApiVersion": "1.45", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64"}


async def ping(request: Request) -> Response:
    return text_response("OK" if request.method == "GET" else "")


async def version(request: Request) -> Response:
    return json_response(VERSION)


async def no_containers(request: Request) -> Response:
    return json_response([])


async def size(request: Request) -> Response:
    return json_response(sum([len(chunk) async for chunk in request.body]))


async def container(request: Request) -> Response:
    return json_response({"Id": request.params["id"], "State": {"Running": True}, "Config": {"Tty": False}})


async def create_exec(request: Request) -> Response:
    await request.json(dict)
    return json_response({"Id": "e1"}, status=201)


async def start_exec(request: Request) -> None:
    await request.json(dict)
    stream = await request.hijack("application/vnd.docker.multiplexed-stream")
    while data := await stream.read():
        await stream.write(frame(STDOUT, data))


async def finished_exec(request: Request) -> Response:
    return json_response({"ID": "e1", "Running": False, "ExitCode": 3})


@pytest.fixture
def router() -> Router:
    router = Router()
    router.add("GET", "/_ping", ping)
    router.add("HEAD", "/_ping", ping)
    router.add("GET", "/version", version)
    router.add("GET", "/containers/json", no_containers)
    router.add("POST", "/size", size)
    router.add("GET", "/containers/{id}/json", container)
    router.add("POST", "/containers/{id}/exec", create_exec)
    router.add("POST", "/exec/{id}/start", start_exec)
    router.add("GET", "/exec/{id}/json", finished_exec)
    return router


async def command(*words: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    process = await asyncio.create_subprocess_exec(
        *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate(stdin)
    assert process.returncode is not None
    return process.returncode, out, err


@pytest.mark.skipif(not shutil.which("docker"), reason="needs the docker command")
def test_docker_command(run: Run, socket_path: Path, router: Router) -> None:
    async def scenario() -> None:
        async with serving(router, socket_path):
            engine = ("docker", "-H", f"unix://{socket_path}")
            form = "{{.Server.Version}} {{.Client.APIVersion}} {{.Client.DefaultAPIVersion}}"
            status, out, _ = await command(*engine, "version", "--format", form)
            server, spoken, newest = out.decode().split()
            assert (status, server) == (0, "26.1.5")
            assert spoken == min("1.45", newest)
            status, out, _ = await command(*engine, "ps", "--quiet")
            assert (status, out) == (0, b"")
            data = bytes(range(256)) * 20_000
            status, out, _ = await command(*engine, "exec", "-i", "web", "cat", stdin=data)
            assert status == 3
            assert out == data
            status, _, err = await command(*engine, "volume", "ls")
            assert status == 1
            assert b"page not found" in err

    run(scenario())


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
@pytest.mark.parametrize("options", [(), ("--http1.0",), ("--http2",)])
def test_curl(run: Run, socket_path: Path, router: Router, tmp_path: Path, options: tuple[str, ...]) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(bytes(3_000_000))

    async def scenario() -> None:
        async with serving(router, socket_path):
            curl = ("curl", "-sS", "--unix-socket", str(socket_path), *options)
            assert await command(*curl, "http://d/_ping") == (0, b"OK", b"")
            sized = await command(*curl, "-X", "POST", "-T", str(upload), "http://d/size")
            assert sized == (0, b"3000000\n", b"")

    run(scenario())


def test_docker_py(run: Run, socket_path: Path, router: Router) -> None:
    def use() -> None:
        client = docker.DockerClient(base_url=f"unix://{socket_path}")
        try:
            assert client.version()["Version"] == "26.1.5"
            assert client.containers.list() == []
            with pytest.raises(docker.errors.NotFound, match="page not found"):
                client.images.get("busybox")
        finally:
            client.close()

    async def scenario() -> None:
        async with serving(router, socket_path):
            await asyncio.to_thread(use)

    run(scenario())
