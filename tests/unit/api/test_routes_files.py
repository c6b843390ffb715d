"""Files into containers and out of them over the API."""

import base64
import json
import stat
from pathlib import Path

import pytest
from tests.unit.api.client import api

from wherry.go_modes import go_mode

WHERE = "/containers/web/archive"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_is_there_is_told_by_a_header(tmp_path: Path, method: str) -> None:
    async with api(tmp_path) as (_, client):
        peer = await client.send(method, f"{WHERE}?path=/etc/motd", None, "Connection: close")
        head, _, body = (await peer.rest()).decode().partition("\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
        assert json.loads(base64.b64decode(headers["X-Docker-Container-Path-Stat"])) == {
            "name": "motd",
            "size": 3,
            "mode": 0o644,
            "mtime": "2027-01-15T08:00:00Z",
            "linkTarget": "",
        }
        assert ("the " in body) is (method == "GET")


async def test_an_archive_is_given(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        answer = await client.ask("GET", f"{WHERE}?path=/etc/motd")
        assert (answer.headers["content-type"], answer.body) == ("application/x-tar", b"the archive")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_is_not_there(tmp_path: Path, method: str) -> None:
    async with api(tmp_path) as (_, client):
        assert (await client.ask(method, f"{WHERE}?path=/nope")).status == 404
        assert await client.message(404, "GET", f"{WHERE}?path=/nope") == (
            "Could not find the file /nope in container web"
        )


async def test_an_archive_is_taken_in(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        answer = await client.ask("PUT", f"{WHERE}?path=/tmp&noOverwriteDirNonDir=true&copyUIDGID=1", b"an archive")
        assert (answer.status, answer.body) == (200, b"")
        assert engine.copying.unpacked == {"/tmp": b"an archive"}
        assert engine.copying.options == {"keep": True, "as_user": True}


@pytest.mark.parametrize(
    ("mode", "go"),
    [
        (stat.S_IFREG | 0o6755, 1 << 23 | 1 << 22 | 0o755),
        (stat.S_IFDIR | 0o1777, 1 << 31 | 1 << 20 | 0o777),
        (stat.S_IFLNK | 0o777, 1 << 27 | 0o777),
        (stat.S_IFCHR | 0o666, 1 << 26 | 1 << 21 | 0o666),
        (stat.S_IFIFO | 0o644, 1 << 25 | 0o644),
    ],
)
def test_modes_as_go_has_them(mode: int, go: int) -> None:
    assert go_mode(mode) == go
