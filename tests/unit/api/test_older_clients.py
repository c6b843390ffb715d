"""What clients of older API versions mean and get, as dockerd 26.1.5 has it."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from tests.unit.api.client import api, lines_of
from tests.unit.api.samples import FACTS, IMAGE, NEWEST, NOW, RUNNING

from wherry.api.translate.create import requested
from wherry.errors import InvalidArgument
from wherry.model.container import ContainerSpec
from wherry.model.launch import Exit
from wherry.model.mount import Recursion
from wherry.model.progress import Progress
from wherry.plan.mounts import mount_points
from wherry.wire.container import CreateRequest

Version = tuple[int, int]
MAC, OTHER_MAC = "02:42:ac:11:00:99", "02:42:ac:11:00:77"


def spec_of(version: Version, **body: Any) -> ContainerSpec:
    return requested(msgspec.convert({"Image": "busybox", **body}, CreateRequest), FACTS, version).spec


def refusal(version: Version, **body: Any) -> str:
    with pytest.raises(InvalidArgument) as caught:
        spec_of(version, **body)
    return str(caught.value)


@pytest.mark.parametrize(
    ("last", "asked", "field", "then", "now"),
    [
        ((1, 24), {"AutoRemove": True}, "auto_remove", False, True),
        ((1, 39), {}, "ipc", "shareable", ""),
        ((1, 39), {"IpcMode": "private"}, "ipc", "private", "private"),
        ((1, 40), {}, "cgroup_namespace", "host", ""),
        ((1, 41), {"ConsoleSize": [20, 80]}, "console_size", (0, 0), (20, 80)),
        ((1, 42), {"Annotations": {"a": "b"}}, "annotations", {}, {"a": "b"}),
    ],
)
def test_fields_that_came_later_are_not_what_an_older_client_means(
    last: Version, asked: dict[str, Any], field: str, then: object, now: object
) -> None:
    following = (last[0], last[1] + 1)
    assert getattr(spec_of(last, HostConfig=asked).host, field) == then
    assert getattr(spec_of(following, HostConfig=asked).host, field) == now


def test_a_health_check_had_no_interval_of_its_own_while_it_starts() -> None:
    check = {"Test": ["NONE"], "StartInterval": 5}
    assert [spec_of(v, Healthcheck=check).healthcheck.start_interval for v in ((1, 43), (1, 44))] == [0, 5]


def test_options_of_mounts() -> None:
    bind = {"Type": "bind", "Source": "/s", "Target": "/t"}
    options = {"NonRecursive": True, "CreateMountpoint": True}
    for version, expected in {(1, 39): (False, False), (1, 41): (True, False), (1, 42): (True, True)}.items():
        (mount,) = spec_of(version, HostConfig={"Mounts": [{**bind, "BindOptions": options}]}).host.mounts
        assert (mount.non_recursive, mount.create_source) == expected
    odd = {"Mounts": [{**bind, "VolumeOptions": {"NoCopy": True}, "TmpfsOptions": {"Mode": 7}}]}
    assert spec_of((1, 41), HostConfig=odd).host.mounts[0].no_copy is False
    assert refusal((1, 42), HostConfig=odd) == 'VolumeOptions must not be specified on mount type "bind"'
    forced = {"Mounts": [{**bind, "ReadOnly": True, "BindOptions": {"ReadOnlyForceRecursive": True}}]}
    assert refusal((1, 43), HostConfig=forced) == "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer"
    part = {"Mounts": [{"Type": "volume", "Source": "v", "Target": "/t", "VolumeOptions": {"Subpath": "a"}}]}
    assert refusal((1, 44), HostConfig=part) == "VolumeOptions.Subpath needs API v1.45 or newer"


@pytest.mark.parametrize("host", [
    {"Binds": ["/s:/t:ro"]}, {"Mounts": [{"Type": "bind", "Source": "/s", "Target": "/t", "ReadOnly": True}]},
])  # fmt: skip
def test_read_only_binds_were_so_at_the_top_only(host: dict[str, Any]) -> None:
    found = [mount_points.wanted(spec_of(v, HostConfig=host))[0].point.read_only_below for v in ((1, 43), (1, 44))]
    assert found == [Recursion.NO, Recursion.WHERE_POSSIBLE]


def test_one_network_and_its_address() -> None:
    def macs(version: Version, **body: Any) -> dict[str, str]:
        return {end.network: end.mac for end in spec_of(version, **body).endpoints}

    two = {"EndpointsConfig": {"a": {}, "b": {}}}
    assert refusal((1, 43), NetworkingConfig=two) == (
        "Container cannot be created with multiple network endpoints: a, b"
    )
    one = {"EndpointsConfig": {"a": {"MacAddress": OTHER_MAC}}}
    assert macs((1, 43), NetworkingConfig=one) == {"a": ""}
    assert macs((1, 44), NetworkingConfig=one) == {"a": OTHER_MAC}
    assert macs((1, 43), NetworkingConfig=one, MacAddress=MAC) == {"a": MAC}
    assert macs((1, 43), MacAddress=MAC) == {"bridge": MAC}
    for mode in ("host", "none", "container:x"):
        text = refusal((1, 43), MacAddress=MAC, HostConfig={"NetworkMode": mode})
        assert text == "conflicting options: mac-address and the network mode"


def test_an_older_client_is_not_warned_of_its_address() -> None:
    def warnings(version: Version) -> tuple[str, ...]:
        return requested(CreateRequest(image="busybox", mac_address=MAC), FACTS, version).warnings

    assert (len(warnings((1, 43))), len(warnings(NEWEST))) == (0, 1)


async def test_parameters_that_came_later_are_passed_over(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        client.version = "1.40"
        await client.json(
            "POST", "/containers/create", {"Image": "busybox"}, status=201, name="x", platform="none/such/at/all"
        )
        await client.ask("POST", "/containers/web/stop", signal="SIGINT")
        assert engine.containers.stopped == [("web", "", None)]
        usage = await client.json("GET", "/system/df", type="nothing")
        assert usage["Images"] and usage["Containers"]
        (image,) = await client.json("GET", "/images/json", **{"shared-size": "1"})
        assert image["SharedSize"] == -1


async def test_images_were_listed_by_a_filter_of_their_name(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        for version, count in {"1.40": 0, "1.41": 1}.items():
            client.version = version
            assert len(await client.json("GET", "/images/json", filter="nothing")) == count


async def test_images_without_a_name(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.images.tags = {IMAGE.id: ()}
        for version, names in {"1.42": (["<none>:<none>"], ["<none>@<none>"]), "1.43": ([], [])}.items():
            client.version = version
            (image,) = await client.json("GET", "/images/json")
            assert (image["RepoTags"], image["RepoDigests"]) == names


async def test_an_image_told_its_size_twice_and_the_configuration_of_its_container(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        shown = {}
        for version in ("1.43", "1.44", "1.45"):
            client.version = version
            shown[version] = await client.json("GET", "/images/busybox/json")
        assert [shown[v].get("VirtualSize") for v in shown] == [IMAGE.size, None, None]
        assert [shown[v].get("ContainerConfig", {}).get("Cmd", "none told") for v in shown] == [None, None, "none told"]


async def test_aliases_told_of_names_that_every_container_has(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        end = replace(RUNNING.endpoints[0], network="mine") if RUNNING.endpoints else None
        assert end
        engine.containers.table[RUNNING.id] = replace(
            RUNNING, endpoints=(end,), spec=replace(RUNNING.spec, hostname="house", endpoints=())
        )
        for version, aliases in {"1.44": [RUNNING.id[:12], "house"], "1.45": None}.items():
            client.version = version
            shown = await client.json("GET", "/containers/web/json")
            assert shown["NetworkSettings"]["Networks"]["mine"]["Aliases"] == aliases


async def test_info(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        client.version = "1.24"
        info = await client.json("GET", "/info")
        assert (info["SecurityOptions"], info["ExecutionDriver"]) == (["seccomp"], "<not supported>")
        assert info["KernelMemory"] == info["KernelMemoryTCP"]
        client.version = "1.42"
        assert not {"ExecutionDriver", "KernelMemory"} & set(await client.json("GET", "/info"))


async def test_networks_were_listed_with_their_containers(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        for version, count in {"1.27": 1, "1.28": 0}.items():
            client.version = version
            bridge = next(one for one in await client.json("GET", "/networks") if one["Name"] == "bridge")
            assert len(bridge["Containers"]) == count


async def test_a_wait_had_no_conditions_and_one_answer(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        client.version = "1.29"
        peer = await client.send("POST", "/containers/web/wait", condition="nonsense")
        await asyncio.wait_for(engine.containers.waited.wait(), 30)
        engine.containers.exits[RUNNING.id].set_result(Exit(code=3, finished_at=NOW))
        answer = await peer.answer()
        assert (answer.status, lines_of(answer)) == (200, [{"StatusCode": 3}])
        assert "transfer-encoding" not in answer.headers


async def test_a_build_did_not_tell_ids(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.builds.news = [Progress(stream="Step 1/1 : FROM x"), Progress(aux={"ID": "sha256:abc"})]
        for version, count in {"1.29": 1, "1.30": 2}.items():
            client.version = version
            assert len(lines_of(await client.ask("POST", "/build", b""))) == count
