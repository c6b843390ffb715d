"""Whatever an engine lists can be used: nothing is half there."""

import re
from contextlib import suppress
from typing import Any

from docker import APIClient
from docker.errors import APIError

from tests.harness.engine import Engine
from tests.harness.trees import CHECK, LABEL
from tests.harness.waiting import eventually

Json = dict[str, Any]

_STATES = ("created", "running", "paused", "restarting", "exited")
# What a container may lack to be started, by no fault of the engine: others took it, or took it away.
_EXCUSES = ("port is already allocated", "network lan")
_ADDRESSES = ("ip", "-4", "-o", "addr")
_ADDRESS = re.compile(r"inet ([0-9.]+)")


def assert_usable(engine: Engine) -> None:
    """Each container, image, volume, network and plugin that is listed does what it is for. Nobody else changes them
    meanwhile.

    Containers that can be started are started, paused ones go on, and plugins are enabled.
    """
    with APIClient(engine.url) as api:
        for container in api.containers(all=True):
            _container(engine, api, container["Id"])
        for image in api.images(quiet=True):
            _image(api, image)
        volumes = [volume["Name"] for volume in api.volumes()["Volumes"] or ()]
        for network in api.networks(filters={"driver": "bridge"}):
            _network_and_volumes(api, network["Name"], volumes)
        for plugin in api.plugins():
            _plugin(api, plugin)
        api.df()


def _container(engine: Engine, api: APIClient, container_id: str) -> None:
    shown = api.inspect_container(container_id)
    state = shown["State"]
    assert state["Status"] in _STATES, shown
    assert state["Running"] == bool(state["Pid"]) or state["Restarting"], shown
    if state["Status"] == "paused":
        api.unpause(container_id)
    elif state["Status"] in ("created", "exited"):
        _start(api, container_id)
    _addresses(engine, api, container_id)


def _start(api: APIClient, container_id: str) -> None:
    try:
        api.start(container_id)
    except APIError as error:
        assert any(excuse in str(error) for excuse in _EXCUSES), error


def _addresses(engine: Engine, api: APIClient, container_id: str) -> None:
    """A command runs in one that runs, and finds the addresses that the container is told to have."""
    shown = api.inspect_container(container_id)
    if not shown["State"]["Pid"]:
        return
    networks = shown["NetworkSettings"]["Networks"].values()
    told = sorted(["127.0.0.1", *(network["IPAddress"] for network in networks)])
    done = engine.run("wherry", "exec", container_id, *_ADDRESSES, check=False)
    inside = sorted(_ADDRESS.findall(done.stdout))
    if inside != told:
        said = done.stdout + done.stderr
        assert _ends(api, shown), f"{shown['Name']} says {said!r}, and is told to have {told}: {shown['State']}"


def _ends(api: APIClient, shown: Json) -> bool:
    """Whether the container that was ``shown`` is about to end; its policy may start it again."""

    def ended() -> bool:
        pid: int = api.inspect_container(shown["Id"])["State"]["Pid"]
        return pid != shown["State"]["Pid"]

    with suppress(AssertionError):
        eventually(ended, seconds=5)
    return ended()


def _image(api: APIClient, image: str) -> None:
    """A container of it runs, and finds all that the image should have."""
    labels = api.inspect_image(image)["Config"]["Labels"] or {}
    _run(api, image, ["sh", "-c", CHECK, "sh", labels.get(LABEL, "0")])


def _network_and_volumes(api: APIClient, network: str, volumes: list[str]) -> None:
    """A container in it has an address there; and each volume can be written."""
    binds = [f"{volume}:/volumes/{number}" for number, volume in enumerate(volumes)]
    touch = "".join(f" && touch /volumes/{number}/file" for number, _ in enumerate(volumes))
    host = api.create_host_config(binds=binds, network_mode=network)
    _run(api, "busybox", ["sh", "-c", f"ip -4 addr show eth0 | grep -q inet{touch}"], host_config=host)


def _plugin(api: APIClient, shown: Json) -> None:
    """It makes a volume; one that has just died is about to run again."""
    if not shown["Enabled"]:
        api.enable_plugin(shown["Name"], timeout=0)

    def drives() -> bool:
        with suppress(APIError):
            api.create_volume("of-a-plugin", driver=shown["Name"])
            api.remove_volume("of-a-plugin")
            return True
        return False

    eventually(drives)


def _run(api: APIClient, image: str, command: list[str], **options: Json) -> None:
    container = api.create_container(image, command, **options)
    api.start(container)
    code = api.wait(container)["StatusCode"]
    said = api.logs(container).decode()
    api.remove_container(container)
    assert code == 0, f"{command} in {image}, {options}: exit {code}: {said}"
