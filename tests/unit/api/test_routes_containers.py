"""Containers over the API, told by an engine in memory."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.api.client import api
from tests.unit.api.samples import IMAGE, NOW, RUNNING, SECOND

from wherry.model.container import ContainerState, Status
from wherry.model.launch import Exit

CREATE = {"Image": "busybox", "Cmd": ["true"]}


async def test_list(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        (web,) = await client.json("GET", "/containers/json")
        assert web["Id"] == RUNNING.id
        assert web["Names"] == ["/web"]
        assert web["Image"] == "busybox"
        assert web["Command"] == "sleep 1000"
        assert web["State"] == "running"
        assert web["Status"] == "Up 5 minutes"
        assert web["Ports"] == [
            {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
            {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
            {"PrivatePort": 90, "Type": "udp"},
        ]
        assert web["NetworkSettings"]["Networks"]["bridge"]["IPAddress"] == "172.17.0.3"
        assert "SizeRw" not in web


async def test_list_what_runs_or_all_or_the_newest(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        old = replace(RUNNING, id="0" * 64, name="old", created=NOW - 9000 * SECOND, state=ContainerState())
        engine.containers.table[old.id] = old

        async def names(**query: Any) -> list[str]:
            return [item["Names"][0] for item in await client.json("GET", "/containers/json", **query)]

        assert await names() == ["/web"]
        assert await names(all="1") == ["/web", "/old"]
        assert await names(limit="1") == ["/web"]
        assert await names(limit="5") == ["/web", "/old"]
        assert await names(filters={"status": ["created"]}) == ["/old"]
        assert await names(all="1", filters={"before": ["web"]}) == ["/old"]
        assert await names(all="1", filters={"since": ["old"]}) == ["/web"]
        assert await names(filters={"ancestor": ["busybox"]}) == ["/web"]
        assert await names(filters={"ancestor": ["nothing"]}) == []


async def test_list_with_sizes(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        (web,) = await client.json("GET", "/containers/json", size="1")
        assert (web["SizeRw"], web["SizeRootFs"]) == (5, 2026606)


async def test_a_name_that_moved_to_another_image_is_shown_as_an_id(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.images.images["sha256:new"] = replace(IMAGE, id="sha256:new")
        engine.images.tags = {"sha256:new": engine.images.tags[IMAGE.id]}
        (web,) = await client.json("GET", "/containers/json")
        assert web["Image"] == web["ImageID"] == IMAGE.id


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({"filters": {"foo": ["a"]}}, 400, "invalid filter 'foo'"),
        ({"filters": {"before": ["nobody"]}}, 404, "No such container: nobody"),
        ({"limit": "x"}, 400, 'strconv.Atoi: parsing "x": invalid syntax'),
    ],
)
async def test_list_refuses(tmp_path: Path, query: dict[str, Any], status: int, text: str) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.message(status, "GET", "/containers/json", **query) == text


async def test_create_and_inspect(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        created = await client.json(
            "POST", "/containers/create", CREATE, status=201, name="/job", platform="linux/x86_64"
        )
        assert created["Warnings"] == []
        assert engine.containers.asked["platform"] == "linux/amd64"
        job = await client.json("GET", f"/containers/{created['Id']}/json")
        assert job["Name"] == "/job"
        assert job["State"]["Status"] == "created"
        assert job["Created"] == "2027-01-15T08:00:00Z"
        assert job["State"]["StartedAt"] == "0001-01-01T00:00:00Z"
        assert job["ExecIDs"] is None
        assert job["LogPath"] == "/c/json.log"
        assert job["GraphDriver"]["Data"] == {
            "LowerDir": "/l2:/l1",
            "MergedDir": "/o/merged",
            "UpperDir": "/o/diff",
            "WorkDir": "/o/work",
        }


async def test_an_inspection_follows_what_changes(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        before = await client.json("GET", "/containers/web/json")
        assert await client.json("GET", "/containers/web/json") == before
        assert "SizeRw" in await client.json("GET", "/containers/web/json", size=1)
        (web,) = (container for container in engine.containers.all() if container.name == "web")

        await engine.containers.rename("web", "site")
        assert await client.json("GET", f"/containers/{web.id}/json") == {**before, "Name": "/site"}

        await engine.containers.rename("site", "web")
        session = (await client.json("POST", "/containers/web/exec", {"Cmd": ["sh"]}, status=201))["Id"]
        engine.execs.sessions[session] = replace(engine.execs.sessions[session], running=True)
        assert await client.json("GET", "/containers/web/json") == {**before, "ExecIDs": [session]}


async def test_warnings_of_request_and_engine_come_together(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        body = {
            **CREATE,
            "HostConfig": {"NetworkMode": "host", "PortBindings": {"80": [{"HostPort": "80"}]}, "Memory": 1 << 30},
        }
        created = await client.json("POST", "/containers/create", body, status=201)
        assert created["Warnings"] == [
            "Published ports are discarded when using host network mode",
            "swap is not limited",
        ]


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (None, 400, "invalid JSON: got EOF while reading request body"),
        ({}, 400, "config cannot be empty in order to create a container"),
        ({"Image": "nothing"}, 404, "No such image: nothing:latest"),
        ({"Image": "busybox", "HostConfig": {"PidMode": "container:no"}}, 400, "No such container: no"),
        (
            {"Image": "busybox", "HostConfig": {"Isolation": "hyperv"}},
            400,
            "Invalid isolation: \"hyperv\" - linux only supports 'default'",
        ),
    ],
)
async def test_create_refuses(tmp_path: Path, body: object, status: int, text: str) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.message(status, "POST", "/containers/create", body) == text


async def test_create_under_a_name_that_is_taken(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        text = await client.message(409, "POST", "/containers/create", CREATE, name="web")
        assert text.startswith('Conflict. The container name "/web" is already in use by container "c0ffee')


async def test_bodies_must_be_json(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        answer = await client.ask("POST", "/containers/create", b"{}", "Content-Type: text/plain")
        assert answer.status == 400
        assert answer.message == "unsupported Content-Type header (text/plain): must be 'application/json'"


async def test_a_running_container_in_full(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        web = await client.json("GET", "/containers/web/json", size="1")
        assert (web["Path"], web["Args"]) == ("sleep", ["1000"])
        assert web["State"]["Running"] is True
        assert web["State"]["Pid"] == 4242
        assert (web["SizeRw"], web["SizeRootFs"]) == (5, 2026606)
        network = web["NetworkSettings"]
        assert network["IPAddress"] == network["Networks"]["bridge"]["IPAddress"] == "172.17.0.3"
        assert network["Ports"] == {
            "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
            "90/udp": None,
        }
        assert await client.message(404, "GET", "/containers/nobody/json") == "No such container: nobody"


async def test_a_container_that_stopped_has_no_addresses(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        ended = ContainerState(status=Status.EXITED, exit_code=3, started_at=NOW, finished_at=NOW)
        engine.containers.table[RUNNING.id] = replace(RUNNING, state=ended)
        web = await client.json("GET", "/containers/web/json")
        assert web["State"]["Pid"] == 0
        assert web["NetworkSettings"]["IPAddress"] == ""
        assert web["NetworkSettings"]["Ports"] == {}
        assert list(web["NetworkSettings"]["Networks"]) == ["bridge"]


async def test_start_and_stop_tell_whether_anything_changed(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        assert (await client.ask("POST", "/containers/web/start")).status == 304
        assert (await client.ask("POST", "/containers/web/stop", signal="SIGINT", t="-1")).status == 204
        assert (await client.ask("POST", "/containers/web/stop")).status == 304
        assert (await client.ask("POST", "/containers/web/start")).status == 204
        assert engine.containers.stopped == [("web", "SIGINT", -1), ("web", "", None)]


async def test_other_transitions(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        for verb, status in {"pause": "paused", "unpause": "running", "restart": "running", "kill": "exited"}.items():
            assert (await client.ask("POST", f"/containers/web/{verb}")).status == 204
            assert engine.containers.find("web").state.status == status
        assert engine.containers.stopped == [("web", "", None), ("web", "SIGKILL", None)]
        assert (await client.ask("POST", "/containers/web/rename", name="/www")).status == 204
        assert engine.containers.find("www").id == RUNNING.id
        assert "may be empty" in await client.message(400, "POST", "/containers/www/rename")


async def test_a_start_with_a_host_config_in_its_body_is_of_old(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        text = await client.message(400, "POST", "/containers/web/start", {"Binds": ["/a:/b"]})
        assert text.startswith("starting container with non-empty request body was deprecated")
        assert (await client.ask("POST", "/containers/web/start", {})).status == 304


async def test_wait_answers_its_head_at_once(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        peer = await client.send("POST", "/containers/web/wait", condition="next-exit")
        head = await asyncio.wait_for(peer.head(), 30)
        assert head.status == 200
        engine.containers.exits[RUNNING.id].set_result(Exit(code=3, finished_at=NOW))
        assert await peer.chunk() == b'{"StatusCode":3}\n'
        assert await client.message(400, "POST", "/containers/web/wait", condition="foo") == 'invalid condition: "foo"'
        assert await client.message(404, "POST", "/containers/nobody/wait") == "No such container: nobody"


async def test_resize_needs_both_numbers(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        assert (await client.ask("POST", "/containers/web/resize", h="24", w="80")).status == 200
        assert engine.containers.sizes == [(24, 80)]
        text = await client.message(400, "POST", "/containers/web/resize", h="24")
        assert text == 'strconv.Atoi: parsing "": invalid syntax'


async def test_top(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.json("GET", "/containers/web/top") == {
            "Titles": ["PID", "CMD"],
            "Processes": [["4242", "-ef"]],
        }
        assert (await client.json("GET", "/containers/web/top", ps_args="aux"))["Processes"] == [["4242", "aux"]]


async def test_remove(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        assert "container is running" in await client.message(409, "DELETE", "/containers/web")
        assert (await client.ask("DELETE", "/containers/web/db", link="1")).status == 204
        assert engine.containers.asked["unlinked"] == "web/db"
        assert (await client.ask("DELETE", "/containers/web", force="1", v="1")).status == 204
        assert engine.containers.asked["volumes"] is True
        assert engine.containers.all() == ()


async def test_prune(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        assert await client.json("POST", "/containers/prune") == {"ContainersDeleted": None, "SpaceReclaimed": 0}
        engine.containers.table[RUNNING.id] = replace(RUNNING, state=ContainerState())
        filters = {"until": ["10m"], "label": ["a"], "label!": ["b=c"]}
        pruned = await client.json("POST", "/containers/prune", filters=filters)
        assert pruned == {"ContainersDeleted": [RUNNING.id], "SpaceReclaimed": 7}
        assert engine.containers.asked == {"until": NOW - 600 * SECOND, "labels": ("a", "!b=c")}


async def test_export(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        answer = await client.ask("GET", "/containers/web/export")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.body == b"tree of c0ffee"
