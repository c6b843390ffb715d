"""Images over the API: the store, and ways in and out of it."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.api.client import api, lines_of
from tests.unit.api.samples import IMAGE, NOW, SECOND

from wherry.errors import CorruptImage, NoSuchManifest
from wherry.model.image import History, Platform
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.model.registry import Credentials


async def test_list(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.json("GET", "/images/json") == [
            {
                "Containers": -1, "Created": NOW // SECOND - 3600, "Id": IMAGE.id, "Labels": None, "ParentId": "",
                "RepoDigests": [], "RepoTags": ["busybox:latest"], "SharedSize": -1, "Size": 2026601,
            }
        ]  # fmt: skip


async def test_only_names_that_a_reference_filter_found_are_listed(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.images.tags[IMAGE.id].append(Reference.parse("other:1"))
        (image,) = await client.json("GET", "/images/json", filters={"reference": ["other"]})
        assert image["RepoTags"] == ["other:1"]
        assert await client.json("GET", "/images/json", filters={"reference": ["third"]}) == []


async def test_unnamed_images_show_unless_others_are_built_on_them(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        base, child = replace(IMAGE, id="sha256:base"), replace(IMAGE, id="sha256:child", parent="sha256:base")
        engine.images.images |= {base.id: base, child.id: child}

        async def ids(**query: Any) -> set[str]:
            return {image["Id"] for image in await client.json("GET", "/images/json", **query)}

        assert await ids() == {IMAGE.id, child.id}
        assert await ids(all="1") == {IMAGE.id, base.id, child.id}
        assert await ids(filters={"dangling": ["true"]}) == {child.id}
        assert await ids(filters={"dangling": ["false"]}) == {IMAGE.id}


async def test_shared_size(tmp_path: Path) -> None:
    async with api(tmp_path) as (_engine, client):
        asked, unasked = [await client.json("GET", f"/images/json{query}") for query in ("?shared-size=1", "")]
        assert (asked[0]["SharedSize"], unasked[0]["SharedSize"]) == (2026600, -1)


async def test_the_tree_of_layers(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.images.tags[IMAGE.id] += [Reference.parse("a:1"), Reference.parse(f"a@sha256:{'e' * 64}")]
        assert await client.json("GET", "/wherry/images/tree") == [
            {
                "Id": IMAGE.diff_ids[0], "DiffID": IMAGE.diff_ids[0], "CreatedBy": "", "Size": 2026601,
                "TotalSize": 2026601, "Children": [],
                "Images": [{"Id": IMAGE.id, "Names": ["busybox:latest", "a:1"], "Containers": 1}],
            }
        ]  # fmt: skip
        assert await client.json("GET", "/wherry/images/tree", filters={"reference": ["third"]}) == []


async def test_inspect(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        image = await client.json("GET", "/images/busybox/json")
        assert image["Id"] == IMAGE.id
        assert image["Created"] == "2027-01-15T07:00:00Z"
        assert image["Config"]["Cmd"] == ["/bin/sh"]
        assert image["Architecture"] == "amd64" and "Variant" not in image
        assert image["RootFS"] == {"Type": "layers", "Layers": ["sha256:" + "d" * 64]}
        assert image["GraphDriver"]["Data"]["UpperDir"] == "/var/lib/wherry/overlay2/l1/diff"
        assert image["Metadata"] == {"LastTagTime": "0001-01-01T00:00:00Z"}
        assert await client.message(404, "GET", "/images/a/b:c/json") == "No such image: a/b:c"


async def test_an_image_without_a_comment_shows_that_of_its_last_step(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        steps = (*IMAGE.history, History(created_by="RUN x", comment="buildkit.dockerfile.v0"))
        engine.images.images[IMAGE.id] = replace(IMAGE, history=steps)
        assert (await client.json("GET", "/images/busybox/json"))["Comment"] == "buildkit.dockerfile.v0"


async def test_history(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.json("GET", "/images/busybox/history") == [
            {
                "Comment": "", "Created": 5, "CreatedBy": "CMD sh", "Id": IMAGE.id, "Size": 0,
                "Tags": ["busybox:latest"],
            },
            {"Comment": "", "Created": 4, "CreatedBy": "ADD x", "Id": "<missing>", "Size": 9, "Tags": None},
        ]  # fmt: skip


async def test_tag(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        assert (await client.ask("POST", "/images/busybox/tag", repo="r.io:5000/a/b", tag="v1")).status == 201
        (image,) = await client.json("GET", "/images/json")
        assert image["RepoTags"] == ["busybox:latest", "r.io:5000/a/b:v1"]
        assert await client.message(400, "POST", "/images/busybox/tag", repo="a", tag="b@c") == "invalid tag format"
        assert "must be lowercase" in await client.message(400, "POST", "/images/busybox/tag", repo="UP")


async def test_remove(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        removed = await client.json("DELETE", "/images/busybox", force="1", noprune="1")
        assert removed == [{"Untagged": "busybox:latest"}, {"Deleted": IMAGE.id}]
        assert engine.images.asked == {"force": True, "prune": False}
        assert await client.message(400, "DELETE", "/images/%20") == "image name cannot be blank"


async def test_prune(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        pruned = await client.json("POST", "/images/prune", filters={"dangling": ["false"], "label": ["a"]})
        assert pruned == {"ImagesDeleted": [{"Deleted": "sha256:old"}], "SpaceReclaimed": 10}
        assert engine.images.asked == {"dangling": False, "until": 0, "labels": ("a",)}
        await client.json("POST", "/images/prune")
        assert engine.images.asked["dangling"] is True


# --- pull and import -------------------------------------------------------------------------------------------------


async def test_pull(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.transfer.progress = [
            Progress(status="Pulling from library/busybox", id="latest"),
            Progress(status="Pulling fs layer", id="0123456789ab"),
            Progress(status="Downloading", id="0123456789ab", current=500, total=1000),
            Progress(status="Digest: sha256:aa"),
        ]
        answer = await client.ask(
            "POST", "/images/create", fromImage="busybox", tag="latest", platform="linux/arm64/v8"
        )
        assert answer.headers["content-type"] == "application/json"
        assert lines_of(answer) == [
            {"status": "Pulling from library/busybox", "id": "latest"},
            {"status": "Pulling fs layer", "progressDetail": {}, "id": "0123456789ab"},
            {
                "status": "Downloading",
                "progressDetail": {"current": 500, "total": 1000},
                "progress": "[=========================>                         ]     500B/1kB",
                "id": "0123456789ab",
            },
            {"status": "Digest: sha256:aa"},
        ]
        assert engine.transfer.asked == {
            "one": "busybox:latest",
            "credentials": None,
            "platform": Platform(os="linux", architecture="arm64", variant="v8"),
        }


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({"fromImage": "busybox"}, {"all": "busybox"}),
        ({"fromImage": "busybox:1"}, {"one": "busybox:1"}),
        ({"fromImage": "busybox", "tag": "sha256:" + "a" * 64}, {"one": "busybox@sha256:" + "a" * 64}),
    ],
)
async def test_one_tag_or_all(tmp_path: Path, query: dict[str, str], asked: dict[str, str]) -> None:
    async with api(tmp_path) as (engine, client):
        await client.ask("POST", "/images/create", **query)
        assert engine.transfer.asked.items() >= asked.items()


async def test_credentials_of_a_pull(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        secret = base64.urlsafe_b64encode(json.dumps({"username": "me", "password": "??>>"}).encode()).decode()
        await client.ask("POST", "/images/create", None, f"X-Registry-Auth: {secret.rstrip('=')}", fromImage="a:b")
        assert engine.transfer.asked["credentials"] == Credentials(username="me", password="??>>")
        await client.ask("POST", "/images/create", None, "X-Registry-Auth: e30=", fromImage="a:b")
        assert not engine.transfer.asked["credentials"]
        for unreadable in ("placeholder", "a", "\xff"):
            header = f"X-Registry-Auth: {unreadable}"
            answer = await client.ask("POST", "/images/create", None, header, fromImage="a:b")
            assert answer.status == 200
            assert not engine.transfer.asked["credentials"]


async def test_a_pull_that_fails_at_once_has_a_status(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.transfer.failure = NoSuchManifest("manifest for busybox:9 not found")
        text = await client.message(404, "POST", "/images/create", fromImage="busybox:9")
        assert text == "manifest for busybox:9 not found"


async def test_a_pull_that_fails_later_tells_so_in_band(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.transfer.progress = [Progress(status="Pulling from library/busybox", id="9")]
        engine.transfer.failure = NoSuchManifest("gone")
        answer = await client.ask("POST", "/images/create", fromImage="busybox:9")
        assert answer.status == 200
        assert lines_of(answer)[-1] == {"errorDetail": {"message": "gone"}, "error": "gone"}


async def test_a_pull_stops_when_its_client_leaves(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.transfer.progress = [Progress(status="Waiting", id="0123456789ab")]
        engine.transfer.endless = True
        peer = await client.send("POST", "/images/create", fromImage="busybox:1")
        await peer.head()
        peer.writer.transport.abort()
        await asyncio.wait_for(engine.transfer.stopped.wait(), 30)


async def test_pull_refuses(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        assert "must be lowercase" in await client.message(400, "POST", "/images/create", fromImage="UP")
        text = await client.message(400, "POST", "/images/create", fromImage="a:b", platform="a/b/c/d")
        assert text == '"a/b/c/d": cannot parse platform specifier: invalid argument'


async def test_import(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        answer = await client.ask(
            "POST", "/images/create", b"tar", fromSrc="-", repo="mine", message="hi", changes=["CMD a", "ENV b=c"]
        )
        assert lines_of(answer) == [{"status": "sha256:imported"}]
        assert engine.archives.received == b"tar"
        assert engine.archives.asked == {
            "source": "-", "target": "mine:latest", "message": "hi", "changes": ("CMD a", "ENV b=c"), "platform": None,
        }  # fmt: skip


async def test_import_without_a_name_or_from_a_url(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        await client.ask("POST", "/images/create", b"tar", fromSrc="-")
        assert engine.archives.asked["target"] is None
        await client.ask("POST", "/images/create", b"no tar", fromSrc="http://x/y.tar")
        assert (engine.archives.asked["source"], engine.archives.received) == ("http://x/y.tar", b"")
        assert "fromImage" in await client.message(400, "POST", "/images/create")


# --- save and load ---------------------------------------------------------------------------------------------------


async def test_save(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        answer = await client.ask("GET", "/images/get", names=["busybox", "b/c:1"])
        assert (answer.headers["content-type"], answer.body) == ("application/x-tar", b"<busybox><b/c:1>")
        assert (await client.ask("GET", "/images/b/c:1/get")).body == b"<b/c:1>"
        assert (await client.ask("GET", "/images/get", names="a,b")).body == b"<a><b>"


async def test_a_save_that_fails_at_once_has_a_status(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.archives.failure = CorruptImage("a blob is gone")
        assert await client.message(400, "GET", "/images/x/get") == "a blob is gone"


async def test_load(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        answer = await client.ask("POST", "/images/load", b"archive", "Content-Type: application/x-tar", quiet="0")
        assert lines_of(answer) == [{"stream": "Loaded image: busybox:latest\n"}]
        assert (engine.archives.received, engine.archives.asked) == (b"archive", {"quiet": False})
        await client.ask("POST", "/images/load", b"archive")
        assert engine.archives.asked == {"quiet": True}


async def test_a_load_tells_even_early_failures_in_band(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.archives.failure = CorruptImage("unexpected EOF")
        answer = await client.ask("POST", "/images/load", b"junk")
        assert answer.status == 200
        assert lines_of(answer) == [{"errorDetail": {"message": "unexpected EOF"}, "error": "unexpected EOF"}]
