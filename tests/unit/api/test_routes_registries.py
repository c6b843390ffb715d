"""Pushing, logging in, looking up and searching over the API."""

import base64
import json
from pathlib import Path

import pytest
from tests.fakes.registry import config_of
from tests.unit.api.client import api, lines_of

from wherry.errors import NotFound, Unauthorized
from wherry.model.progress import Progress
from wherry.model.registry import Credentials

DIGEST = "sha256:" + "a" * 64


async def test_push_tells_how_far_it_is_and_what_came_of_it(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.transfer.progress = [
            Progress(status="The push refers to repository [r.example/x]"),
            Progress(id="a" * 12, status="Preparing"),
            Progress(aux={"Tag": "1", "Digest": DIGEST, "Size": 7}),
        ]
        secret = base64.urlsafe_b64encode(json.dumps({"username": "me", "password": "it"}).encode()).decode()
        answer = await client.ask("POST", "/images/r.example/x/push", None, f"X-Registry-Auth: {secret}", tag="1")
        assert lines_of(answer) == [
            {"status": "The push refers to repository [r.example/x]"},
            {"status": "Preparing", "progressDetail": {}, "id": "a" * 12},
            {"aux": {"Tag": "1", "Digest": DIGEST, "Size": 7}},
        ]
        assert engine.transfer.asked == {
            "push": "r.example/x:1",
            "credentials": Credentials(username="me", password="it"),
        }


async def test_a_push_that_fails_tells_so_in_band(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.transfer.progress = [Progress(status="The push refers to repository [r.example/x]")]
        engine.transfer.failure = NotFound("tag does not exist: r.example/x:1")
        answer = await client.ask("POST", "/images/r.example/x/push", tag="1")
        assert answer.status == 200
        assert lines_of(answer)[-1]["error"] == "tag does not exist: r.example/x:1"


async def test_without_a_tag_all_are_pushed(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        await client.ask("POST", "/images/r.example/x/push")
        assert engine.transfer.asked["push"] == "r.example/x"


@pytest.mark.parametrize(
    ("path", "tag", "text"),
    [
        ("/images/x/push", "a:b", "invalid tag format"),
        ("/images/UPPER/push", "x", "invalid reference format: repository name (library/UPPER) must be lowercase"),
        (f"/images/x@{DIGEST}/push", "", "cannot push a digest reference"),
    ],
)
async def test_names_that_cannot_be_pushed(tmp_path: Path, path: str, tag: str, text: str) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.message(400, "POST", path, tag=tag) == text


async def test_login(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        body = {"username": "me", "password": "it", "serveraddress": "tokens.example:5000"}
        assert await client.json("POST", "/auth", body) == {
            "IdentityToken": "token of me",
            "Status": "Login Succeeded",
        }
        body["serveraddress"] = "https://index.docker.io/v1/"
        assert await client.json("POST", "/auth", body) == {"IdentityToken": "", "Status": "Login Succeeded"}


async def test_a_login_that_is_refused(tmp_path: Path) -> None:
    def refuse(_: Credentials | None) -> None:
        raise Unauthorized("login attempt to http://r/v2/ failed with status: 401 Unauthorized")

    async with api(tmp_path) as (engine, client):
        engine.registry.allow = refuse
        body = {"username": "me", "password": "no", "serveraddress": "r"}
        text = await client.message(401, "POST", "/auth", body)
        assert text == "login attempt to http://r/v2/ failed with status: 401 Unauthorized"


async def test_a_name_is_looked_up_without_a_pull(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        config = config_of(b"layer", variant="v8", architecture="arm64")
        one = engine.registry.put("r.example/x:latest", config, b"layer", variant="v8", architecture="arm64")
        many = engine.registry.put_index("r.example/x:2", one)
        for name, descriptor in (("r.example/x", one), ("r.example/x:2", many)):
            assert await client.json("GET", f"/distribution/{name}/json") == {
                "Descriptor": {
                    "mediaType": descriptor.media_type,
                    "digest": descriptor.digest,
                    "size": descriptor.size,
                },
                "Platforms": [{"architecture": "arm64", "os": "linux", "variant": "v8"}],
            }
        await client.message(404, "GET", "/distribution/r.example/nope/json")


async def test_search(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        found = await client.json("GET", "/images/search", term="box", limit="2")
        common = {"is_official": False, "is_automated": False, "description": ""}
        assert found == [
            {"star_count": 10, "name": "docker.io box 0", **common},
            {"star_count": 9, "name": "docker.io box 1", **common},
        ]
        found = await client.json("GET", "/images/search", term="box", filters={"stars": ["9"]})
        assert len(found) == 2
        text = await client.message(400, "GET", "/images/search", term="box", limit="200")
        assert text == "limit 200 is outside the range of [1, 100]"
        text = await client.message(400, "GET", "/images/search", term="box", filters={"foo": ["x"]})
        assert text == "invalid filter 'foo'"
