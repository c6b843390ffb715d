"""The engine, networks, volumes, and what only a swarm could answer."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.api.client import api, lines_of
from tests.unit.api.samples import BRIDGE, NOW, RUNNING, SECOND

from wherry.model.event import Event
from wherry.model.network import Network


async def test_ping(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        for method, body in {"GET": b"OK", "HEAD": b""}.items():
            answer = await client.ask(method, "/_ping")
            assert (answer.status, answer.body) == (200, body)
            assert answer.headers.items() >= {
                "api-version": "1.45", "builder-version": "2", "docker-experimental": "false", "ostype": "linux",
                "swarm": "inactive", "cache-control": "no-cache, no-store, must-revalidate", "pragma": "no-cache",
                "content-type": "text/plain; charset=utf-8", "content-length": "2",
            }.items()  # fmt: skip


@pytest.mark.parametrize(
    ("client", "builder"),
    [
        ("Docker-Client/20.10.24+dfsg1 (linux)", "1"),
        ("Docker-Client/19.03.8 (linux)", "1"),
        ("Docker-Client/23.0.0 (linux)", "2"),
        ("docker-compose/2.26", "2"),
    ],
)
async def test_docker_without_the_plugin_builds_the_classic_way(tmp_path: Path, client: str, builder: str) -> None:
    async with api(tmp_path) as (_, typed):
        answer = await typed.ask("GET", "/_ping", None, f"User-Agent: {client}")
        assert answer.headers["builder-version"] == builder


async def test_version(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        version = await client.json("GET", "/version")
        assert version["Platform"] == {"Name": "wherry"}
        assert (version["ApiVersion"], version["MinAPIVersion"]) == ("1.45", "1.24")
        assert (version["Os"], version["Arch"], version["KernelVersion"]) == ("linux", "amd64", "6.18.0")
        names = {item["Name"]: item["Version"] for item in version["Components"]}
        assert names == {"Engine": "0.1.0", "runc": "1.1.15", "conmon": "2.1.12"}


async def test_info(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        info = await client.json("GET", "/info")
        counts = ("Containers", "ContainersRunning", "ContainersPaused", "ContainersStopped", "Images")
        assert [info[name] for name in counts] == [1, 1, 0, 0, 1]
        assert info["DriverStatus"][0] == ["Backing Filesystem", "extfs"]
        assert info["LiveRestoreEnabled"] is True
        assert info["Swarm"]["LocalNodeState"] == "inactive"
        assert info["Runtimes"] == {"runc": {"path": "/usr/sbin/runc"}}
        assert info["DefaultRuntime"] == "runc"
        assert info["IPv4Forwarding"] is True and info["BridgeNfIptables"] is False
        assert info["SecurityOptions"] == ["name=seccomp,profile=builtin"]
        assert info["RegistryConfig"]["InsecureRegistryCIDRs"] == ["127.0.0.0/8", "::1/128", "10.0.0.0/8"]
        assert info["RegistryConfig"]["IndexConfigs"]["registry.local:5000"]["Secure"] is False
        assert info["InitBinary"] == "tini"
        assert info["Warnings"] == ["WARNING: runtime crun cannot be used: the host mixes cgroup versions"]
        assert info["NFd"] > 0


KEYS: dict[str, list[str]] = json.loads(Path(__file__).with_name("golden").joinpath("keys.json").read_text())


@pytest.mark.parametrize("path", KEYS)
async def test_answers_have_the_fields_of_dockers_in_their_order(tmp_path: Path, path: str) -> None:
    async with api(tmp_path) as (_, client):
        answer = await client.json("GET", path)
        if path == "/volumes":
            answer = answer["Volumes"]
        assert list(answer[0] if isinstance(answer, list) else answer) == KEYS[path]


async def test_disk_usage(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.volumes.used = {"data": (RUNNING.id,)}
        usage = await client.json("GET", "/system/df")
        assert usage["LayersSize"] == 2026601
        (image,) = usage["Images"]
        assert (image["Containers"], image["SharedSize"], image["RepoTags"]) == (1, 0, ["busybox:latest"])
        (container,) = usage["Containers"]
        assert (container["SizeRw"], container["SizeRootFs"]) == (5, 2026606)
        (volume,) = usage["Volumes"]
        assert volume["UsageData"] == {"RefCount": 1, "Size": 70}
        assert usage["BuildCache"] == []


async def test_disk_usage_of_some_kinds(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        usage = await client.json("GET", "/system/df", type=["container", "volume"])
        assert (usage["LayersSize"], usage["Images"], usage["BuildCache"]) == (0, None, None)
        assert len(usage["Containers"]) == len(usage["Volumes"]) == 1
        assert await client.message(400, "GET", "/system/df", type="foo") == "unknown object type: foo"


# --- events ----------------------------------------------------------------------------------------------------------

DIE = Event(kind="container", action="die", actor="c0ffee", attributes={"name": "web", "image": "i"}, time=NOW + 7)
DESTROY = Event(kind="network", action="destroy", actor="n1", attributes={"name": "net"}, time=NOW)


async def test_events_of_the_past(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.events.past = [DIE, DESTROY]
        answer = await client.ask("GET", "/events", since="1", until="1800000001.000000005")
        assert engine.events.bounds == (SECOND, 1800000001 * SECOND + 5)
        assert lines_of(answer) == [
            {
                "status": "die", "id": "c0ffee", "from": "i", "Type": "container", "Action": "die",
                "Actor": {"ID": "c0ffee", "Attributes": {"image": "i", "name": "web"}},
                "scope": "local", "time": NOW // SECOND, "timeNano": NOW + 7,
            },
            {
                "Type": "network", "Action": "destroy", "Actor": {"ID": "n1", "Attributes": {"name": "net"}},
                "scope": "local", "time": NOW // SECOND, "timeNano": NOW,
            },
        ]  # fmt: skip


async def test_an_end_without_a_beginning_asks_for_all_that_is_remembered(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.events.past = [DIE]
        assert len(lines_of(await client.ask("GET", "/events", until="1900000000"))) == 1


async def test_live_events_that_are_asked_for(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        peer = await client.send("GET", "/events", filters={"type": ["network"]})
        assert (await asyncio.wait_for(peer.head(), 5)).status == 200
        engine.events.publish(DIE)
        engine.events.publish(DESTROY)
        assert json.loads(await asyncio.wait_for(peer.chunk(), 5))["Action"] == "destroy"
        peer.writer.transport.abort()
        await asyncio.wait_for(engine.events.left.wait(), 30)


async def test_events_refuse(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        text = await client.message(400, "GET", "/events", since="10", until="5")
        assert text == "`since` time (10) cannot be after `until` time (5)"
        text = await client.message(400, "GET", "/events", since="1h")
        assert text == 'strconv.ParseInt: parsing "1h": invalid syntax'


# --- networks and volumes --------------------------------------------------------------------------------------------


async def test_networks(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.networks.table["a8"] = Network(id="a8", name="app")
        bridge, other = await client.json("GET", "/networks")
        assert [one["Name"] for one in await client.json("GET", "/networks/")] == [bridge["Name"], other["Name"]]
        assert bridge == {
            "Name": "bridge", "Id": BRIDGE.id, "Created": "2027-01-15T08:00:00Z", "Scope": "local", "Driver": "bridge",
            "EnableIPv6": False,
            "IPAM": {
                "Driver": "default", "Options": None, "Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}],
            },
            "Internal": False, "Attachable": False, "Ingress": False, "ConfigFrom": {"Network": ""},
            "ConfigOnly": False, "Containers": {}, "Options": {"com.docker.network.bridge.name": "docker0"},
            "Labels": {},
        }  # fmt: skip
        found = await client.json("GET", "/networks", filters={"type": ["custom"]})
        assert [network["Name"] for network in found] == ["app"]
        assert [network["Name"] for network in await client.json("GET", "/networks", filters={"dangling": ["1"]})] == [
            "app"
        ]


async def test_a_network_tells_who_is_in_it(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        bridge = await client.json("GET", "/networks/bridge")
        assert bridge["Containers"] == {
            RUNNING.id: {
                "Name": "web", "EndpointID": "4b17e56c" + "0" * 56, "MacAddress": "02:42:ac:11:00:03",
                "IPv4Address": "172.17.0.3/16", "IPv6Address": "",
            }
        }  # fmt: skip
        assert await client.message(404, "GET", "/networks/no") == "network no not found"
        assert await client.message(404, "GET", "/networks/bridge", scope="swarm") == "network bridge not found"


async def test_create_remove_and_prune_networks(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        pool = {"Subnet": "10.7.0.0/24", "Gateway": "10.7.0.9", "AuxiliaryAddresses": {"h": "10.7.0.3"}}
        body = {"Name": "app", "Internal": True, "CheckDuplicate": True, "IPAM": {"Config": [pool]}}
        created = await client.json("POST", "/networks/create", body, status=201)
        assert created["Warning"] == ""
        app = await client.json("GET", f"/networks/{created['Id']}")
        assert (app["Name"], app["Internal"], app["IPAM"]["Config"]) == ("app", True, [pool])
        filters = {"until": ["1h"], "label": ["x"]}
        assert await client.json("POST", "/networks/prune", filters=filters) == {"NetworksDeleted": ["app"]}
        assert engine.networks.asked == {"until": NOW - 3600 * SECOND, "labels": ("x",)}
        assert (await client.ask("DELETE", "/networks/app")).status == 204
        assert (await client.ask("DELETE", "/networks/app")).status == 404
        assert await client.json("POST", "/networks/prune") == {"NetworksDeleted": None}


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"IPAM": {"Driver": "foo"}}, 404, 'plugin "foo" not found'),
        ({"Scope": "swarm"}, 403, "cannot create a swarm scoped network when swarm is not active"),
        ({"Ingress": True}, 403, "Ingress network can only be global scope network"),
    ],
)
async def test_networks_that_cannot_be(tmp_path: Path, body: dict[str, Any], status: int, text: str) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.message(status, "POST", "/networks/create", {"Name": "n", **body}) == text


async def test_volumes(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        shown = {
            "CreatedAt": "2027-01-15T08:00:00Z", "Driver": "local", "Labels": None,
            "Mountpoint": "/data/volumes/data/_data", "Name": "data", "Options": None, "Scope": "local",
        }  # fmt: skip
        assert await client.json("GET", "/volumes/data") == shown
        assert await client.json("GET", "/volumes") == {"Volumes": [shown], "Warnings": None}
        engine.volumes.used = {"data": (RUNNING.id,)}
        listed = await client.json("GET", "/volumes", filters={"dangling": ["true"]})
        assert listed["Volumes"] == []
        assert await client.message(404, "GET", "/volumes/no") == "get no: no such volume"


async def test_create_and_remove_a_volume(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        created = await client.json("POST", "/volumes/create", {"Name": "v", "Labels": {"a": "b"}}, status=201)
        assert (created["Name"], created["Labels"]) == ("v", {"a": "b"})
        unnamed = await client.json("POST", "/volumes/create", status=201)
        assert engine.volumes.table[unnamed["Name"]].anonymous
        assert (await client.ask("DELETE", "/volumes/v")).status == 204
        assert (await client.ask("DELETE", "/volumes/v")).status == 404
        assert (await client.ask("DELETE", "/volumes/v", force="1")).status == 204


@pytest.mark.parametrize(
    "path", ["/swarm", "/nodes", "/services/x", "/tasks", "/secrets", "/configs", "/services/x/logs?stdout=1"]
)
async def test_this_is_no_swarm(tmp_path: Path, path: str) -> None:
    async with api(tmp_path) as (_, client):
        assert (await client.message(503, "GET", f"/{path}")).startswith("This node is not a swarm manager. Use")


@pytest.mark.parametrize(
    ("method", "path", "query", "status", "text"),
    [
        ("POST", "/swarm/init", {}, 501, "swarm mode is not supported by this engine"),
        ("POST", "/swarm/join", {}, 501, "swarm mode is not supported by this engine"),
        ("POST", "/swarm/leave", {"force": "1"}, 503, "This node is not part of a swarm"),
        ("PUT", "/volumes/x", {}, 503, "volume update only valid for cluster volumes, but swarm is unavailable"),
        ("GET", "/nodes", {"filters": "{"}, 400, "invalid filter"),
        ("GET", "/tasks/x/logs", {}, 400, "Bad parameters: you must choose at least one stream"),
        ("POST", "/secrets/x/update", {}, 400, "invalid secret version"),
        ("POST", "/nodes/x/update", {}, 400,
         """invalid node version '': strconv.ParseUint: parsing "": invalid syntax"""),
        ("POST", "/swarm/update", {"version": "x"}, 400,
         """invalid swarm version 'x': strconv.ParseUint: parsing "x": invalid syntax"""),
    ],
)  # fmt: skip
async def test_what_dockerd_checks_outside_of_a_swarm(
    tmp_path: Path, method: str, path: str, query: dict[str, str], status: int, text: str
) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.message(status, method, path, **query) == text


async def test_there_are_no_plugins(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.json("GET", "/plugins") == []
        assert await client.message(400, "GET", "/plugins", filters={"no": ["x"]}) == "invalid filter 'no'"
        assert (
            await client.message(400, "GET", "/plugins", filters={"enabled": ["x"]}) == "invalid filter 'enabled=[x]'"
        )
        for method, path in (("GET", "/json"), ("DELETE", ""), ("POST", "/disable"), ("POST", "/push")):
            assert await client.message(404, method, f"/plugins/a/b{path}") == 'plugin "a/b" not found'
        assert await client.message(400, "POST", "/plugins/pull") == "invalid reference format"


async def test_there_are_no_checkpoints(tmp_path: Path) -> None:
    text = "checkpoints are not supported by this engine"
    async with api(tmp_path) as (_, client):
        for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/one")):
            assert await client.message(501, method, f"/containers/web/checkpoints{path}") == text
        assert await client.message(501, "POST", "/containers/web/start", checkpoint="one") == text
