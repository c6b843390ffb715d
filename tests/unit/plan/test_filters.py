"""Filters against records; what dockerd 26.1.5 makes of the same filters was asked of it."""

from typing import Any

import pytest
from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.container import Container, ContainerSpec, ContainerState, HostSpec, Pending, Status
from wherry.model.event import Event
from wherry.model.image import Image, ImageConfig, Platform
from wherry.model.mount import MountKind, MountPoint
from wherry.model.network import Endpoint, EndpointSpec, Network, PortBinding
from wherry.model.reference import Reference
from wherry.model.volume import Volume
from wherry.plan.filters import (
    ContainerFilter,
    Filters,
    ImageFilter,
    NetworkFilter,
    VolumeFilter,
    matches,
    matches_labels,
    matches_reference,
    parse_filters,
    parse_flag,
    parse_labels,
    parse_until,
)
from wherry.plan.networks.endpoints import specs

ENDPOINT = Endpoint(
    id="e1",
    network_id="63a2e450",
    network="bridge",
    container_id="c0ffee",
    host_interface="veth63a2e45",
    ports=(PortBinding(host_ip="0.0.0.0", host_port=8080, container_port=80),),
)
WEB = Container(
    id="c0ffee",
    name="web",
    image_id="sha256:aa",
    chain_id="",
    created=200,
    spec=ContainerSpec(image="nginx", labels={"tier": "front", "empty": ""}, exposed_ports=("80/tcp", "443")),
    mounts=(
        MountPoint(kind=MountKind.VOLUME, name="data", source="/v/data/_data", target="/data"),
        MountPoint(kind=MountKind.BIND, source="/srv", target="/www"),
    ),
    endpoints=(ENDPOINT,),
    state=ContainerState(status=Status.RUNNING, started_at=210),
)


def met(container: Container, filters: Filters, **facts: Any) -> bool:
    return ContainerFilter.read(filters, **facts).matches(container)


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("", {}),
        ("null", {}),
        ("{}", {}),
        ('{"status":["a","b"]}', {"status": ("a", "b")}),
        ('{"status":{"a":true,"b":false}}', {"status": ("a", "b")}),
        ('{"status":[]}', {}),
    ],
)
def test_both_forms_are_read(text: str, filters: dict[str, tuple[str, ...]]) -> None:
    assert parse_filters(text, {"status"}) == filters


@pytest.mark.parametrize("text", ["{bad", "[]", '{"status":"x"}', " ", '{"status":[1]}'])
def test_what_is_no_filter(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^invalid filter$"):
        parse_filters(text)


def test_an_unknown_key() -> None:
    with pytest.raises(InvalidArgument, match=r"^invalid filter 'foo'$"):
        parse_filters('{"foo":["a"]}', {"status"})


def test_flags() -> None:
    assert parse_flag({"dangling": ("1",)}, "dangling") is True
    assert parse_flag({"dangling": ("false", "0")}, "dangling") is False
    assert parse_flag({}, "dangling") is None
    with pytest.raises(InvalidArgument, match=r"^invalid filter 'dangling=\[x\]'$"):
        parse_flag({"dangling": ("x",)}, "dangling")
    with pytest.raises(InvalidArgument, match=r"^invalid filter 'dangling=\[true false\]'$"):
        parse_flag({"dangling": ("true", "false")}, "dangling")


def test_until_takes_one_time() -> None:
    assert parse_until({}, now=100) == 0
    assert parse_until({"until": ("40ns",)}, now=100) == 60
    with pytest.raises(InvalidArgument, match="more than one until"):
        parse_until({"until": ("1", "2")}, now=100)


def test_labels_wanted_and_unwanted() -> None:
    wanted = parse_labels({"label": ("a", "b=c"), "label!": ("d",)})
    assert matches_labels({"a": "1", "b": "c"}, wanted)
    assert not matches_labels({"a": "1", "b": "x"}, wanted)
    assert not matches_labels({"a": "1", "b": "c", "d": ""}, wanted)


# --- containers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"id": ("c0f",)}, True),
        ({"id": ("ffee",)}, False),
        ({"name": ("we",)}, True),
        ({"name": ("^/web$",)}, True),
        ({"name": ("^web$",)}, True),
        ({"name": ("^eb",)}, False),
        ({"name": ("[",)}, False),
        ({"name": ("[", "web")}, True),
        ({"label": ("tier",)}, True),
        ({"label": ("tier=front", "empty=")}, True),
        ({"label": ("tier=front", "nope")}, False),
        ({"label": ("tier=",)}, False),
        ({"status": ("running",)}, True),
        ({"status": ("exited", "running")}, True),
        ({"status": ("paused",)}, False),
        ({"exited": ("0",)}, False),
        ({"health": ("none",)}, True),
        ({"health": ("healthy",)}, False),
        ({"is-task": ("false",)}, True),
        ({"is-task": ("true",)}, False),
        ({"isolation": ("hyperv",)}, True),
        ({"network": ("bridge",)}, True),
        ({"network": ("63a2",)}, True),
        ({"network": ("bri",)}, False),
        ({"expose": ("80",)}, True),
        ({"expose": ("440-450/tcp",)}, True),
        ({"expose": ("80/udp",)}, False),
        ({"publish": ("8080",)}, True),
        ({"publish": ("80",)}, False),
        ({"volume": ("data",)}, True),
        ({"volume": ("/srv",)}, True),
        ({"volume": ("/data",)}, True),
        ({"volume": ("/dat",)}, False),
        ({"name": ("web",), "status": ("exited",)}, False),
    ],
)
def test_which_containers(filters: dict[str, tuple[str, ...]], expected: bool) -> None:
    assert met(WEB, filters) is expected


def test_an_exited_container() -> None:
    exited = replace(WEB, state=ContainerState(status=Status.EXITED, exit_code=3, started_at=1, finished_at=2))
    created = replace(WEB, state=ContainerState())
    assert met(exited, {"exited": ("3",)})
    assert met(exited, {"exited": ("0", "3")})
    assert not met(exited, {"exited": ("0",)})
    assert not met(created, {"exited": ("0",)})


def test_a_container_on_its_way_out() -> None:
    leaving = replace(WEB, state=ContainerState(status=Status.EXITED, pending=Pending.REMOVING))
    assert met(leaving, {"status": ("removing",)})
    assert not met(leaving, {"status": ("exited",)})


def test_before_and_since_leave_the_named_one_out() -> None:
    assert met(WEB, {}, before=201) and not met(WEB, {}, before=200)
    assert met(WEB, {}, since=199) and not met(WEB, {}, since=200)


def test_ancestors() -> None:
    assert met(WEB, {}, images=frozenset(("sha256:aa", "sha256:bb")))
    assert not met(WEB, {}, images=frozenset())


def test_networks_of_a_container_that_never_ran() -> None:
    spec = ContainerSpec(image="x", host=HostSpec(network="front"), endpoints=(EndpointSpec(network="back"),))
    spec = replace(spec, endpoints=specs(spec))
    created = replace(WEB, spec=spec, endpoints=())
    assert met(created, {"network": ("front",)}) and met(created, {"network": ("back",)})
    assert not met(created, {"network": ("bridge",)})
    sharing = replace(created, spec=ContainerSpec(image="x", host=HostSpec(network="container:web")))
    assert not met(sharing, {"network": ("bridge",)})


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ({"status": ("bad",)}, "invalid filter 'status=bad'"),
        ({"exited": ("x",)}, "invalid filter 'exited=x': strconv.Atoi: parsing \"x\": invalid syntax"),
        ({"health": ("bad",)}, "unrecognized filter value for health: bad"),
        ({"is-task": ("x",)}, "invalid filter 'is-task=[x]'"),
        ({"expose": ("x",)}, "error while looking up for expose x"),
        ({"publish": ("9-8",)}, "error while looking up for publish 9-8"),
        ({"publish": ("70000",)}, "error while looking up for publish 70000"),
    ],
)
def test_values_that_make_no_sense(filters: dict[str, tuple[str, ...]], text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        met(WEB, filters)
    assert str(caught.value).startswith(text)


# --- images ----------------------------------------------------------------------------------------------------------

BUSYBOX = Reference.parse("busybox:latest")
DIGEST = Reference.parse("busybox@sha256:" + "a" * 64)
IMAGE = Image(
    id="sha256:aa",
    platform=Platform(os="linux", architecture="amd64"),
    config=ImageConfig(labels={"a": "b"}),
    created=500,
)


def is_listed(names: tuple[Reference, ...] = (BUSYBOX,), **filters: tuple[str, ...]) -> bool:
    return ImageFilter.read(filters, now=1000).matches(IMAGE, names)


def test_which_images() -> None:
    assert is_listed()
    assert is_listed(label=("a=b",)) and not is_listed(label=("a=c",))
    assert is_listed(until=("400ns",)) and not is_listed(until=("600ns",))
    assert not is_listed(until=("400ns", "600ns"))
    assert is_listed((), dangling=("true",)) and not is_listed((), dangling=("false",))
    assert is_listed((DIGEST,), dangling=("true",))
    assert is_listed(dangling=("false",)) and not is_listed(dangling=("true",))
    assert is_listed(reference=("busy*",)) and not is_listed((), reference=("busy*",))


def test_images_made_before_and_since_another() -> None:
    assert not ImageFilter.read({}, before=500).matches(IMAGE, (BUSYBOX,))
    assert ImageFilter.read({}, before=501).matches(IMAGE, (BUSYBOX,))
    assert not ImageFilter.read({}, since=500).matches(IMAGE, (BUSYBOX,))
    assert ImageFilter.read({}, since=499).matches(IMAGE, (BUSYBOX,))


@pytest.mark.parametrize("created", [0, -62135596800 * 10**9])
def test_an_image_of_no_time_is_older_than_all_and_there(created: int) -> None:
    timeless = replace(IMAGE, created=created)
    assert ImageFilter.read({}).matches(timeless, (BUSYBOX,))
    assert ImageFilter.read({}, before=500).matches(timeless, (BUSYBOX,))
    assert not ImageFilter.read({}, since=0).matches(timeless, (BUSYBOX,))


def test_only_the_names_found_are_shown() -> None:
    found = ImageFilter.read({"reference": ("other:*",)})
    assert found.shows(Reference.parse("other:1")) and not found.shows(BUSYBOX)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("busybox", True),
        ("busy*", True),
        ("*:latest", True),
        ("b?sybox", True),
        ("[a-c]usybox", True),
        ("[^a-c]usybox", False),
        (r"busybo\x", True),
        ("docker.io/library/busybox", False),
        ("*box:1", False),
    ],
)
def test_patterns_of_references(pattern: str, expected: bool) -> None:
    assert matches_reference(pattern, BUSYBOX) is expected


def test_a_star_stops_at_a_slash() -> None:
    name = Reference.parse("example.com/team/app:1")
    assert matches_reference("example.com/*/app", name)
    assert not matches_reference("example.com/*", name)


@pytest.mark.parametrize("pattern", ["[", "a[b", "[]", "a\\", "[z-a]"])
def test_broken_patterns(pattern: str) -> None:
    with pytest.raises(InvalidArgument, match="syntax error in pattern"):
        ImageFilter.read({"reference": (pattern,)})


# --- networks, volumes, events ---------------------------------------------------------------------------------------

BRIDGE = Network(id="63a2e4", name="bridge")
APP = Network(id="a8436842", name="app", labels={"k": "v"})


@pytest.mark.parametrize(
    ("network", "used", "filters", "expected"),
    [
        (APP, False, {}, True),
        (APP, False, {"name": ("ap",)}, True),
        (APP, False, {"name": ("x",)}, False),
        (APP, False, {"id": ("436",)}, True),
        (APP, False, {"driver": ("bridge",)}, True),
        (APP, False, {"driver": ("bri",)}, False),
        (APP, False, {"scope": ("local",)}, True),
        (APP, False, {"scope": ("swarm",)}, False),
        (APP, False, {"label": ("k=v",)}, True),
        (APP, False, {"type": ("custom",)}, True),
        (BRIDGE, False, {"type": ("custom",)}, False),
        (BRIDGE, False, {"type": ("custom", "builtin")}, True),
        (APP, False, {"dangling": ("true",)}, True),
        (APP, True, {"dangling": ("true",)}, False),
        (APP, True, {"dangling": ("false",)}, True),
        (BRIDGE, False, {"dangling": ("true",)}, False),
    ],
)
def test_which_networks(network: Network, used: bool, filters: dict[str, tuple[str, ...]], expected: bool) -> None:
    assert NetworkFilter.read(filters).matches(network, used=used) is expected


def test_a_type_of_network_that_is_none() -> None:
    with pytest.raises(InvalidArgument, match="invalid filter: 'type'='x'"):
        NetworkFilter.read({"type": ("x",)})


@pytest.mark.parametrize(
    ("used", "filters", "expected"),
    [
        (False, {"name": ("pg",)}, True),
        (False, {"name": ("^g",)}, False),
        (False, {"driver": ("local",)}, True),
        (False, {"driver": ("loc",)}, False),
        (False, {"dangling": ("true",)}, True),
        (True, {"dangling": ("true",)}, False),
        (True, {"dangling": ("0",)}, True),
        (False, {"label": ("a",)}, True),
        (False, {"label": ("a=x",)}, False),
    ],
)
def test_which_volumes(used: bool, filters: dict[str, tuple[str, ...]], expected: bool) -> None:
    assert VolumeFilter.read(filters).matches(Volume(name="pgdata", labels={"a": "b"}), used=used) is expected


DIE = Event(kind="container", action="die", actor="c0ffee", attributes={"name": "web", "image": "nginx:1"}, time=1)
EXEC = replace(DIE, action="exec_create: sh -c true")
PULL = Event(kind="image", action="pull", actor="nginx:1", attributes={"name": "nginx"}, time=1)


@pytest.mark.parametrize(
    ("event", "filters", "expected"),
    [
        (DIE, {}, True),
        (DIE, {"type": ("container",)}, True),
        (DIE, {"type": ("image",)}, False),
        (DIE, {"event": ("die",)}, True),
        (DIE, {"event": ("start",)}, False),
        (EXEC, {"event": ("exec_create",)}, True),
        (DIE, {"container": ("web",)}, True),
        (DIE, {"container": ("c0f",)}, True),
        (DIE, {"container": ("other",)}, False),
        (DIE, {"image": ("nginx",)}, True),
        (DIE, {"image": ("nginx:1",)}, True),
        (PULL, {"image": ("nginx",)}, True),
        (PULL, {"image": ("busybox",)}, False),
        (DIE, {"label": ("image=nginx:1",)}, True),
        (DIE, {"scope": ("swarm",)}, False),
        (DIE, {"unheard": ("of",)}, True),
        (DIE, {"container": ("web",), "event": ("start",)}, False),
    ],
)
def test_which_events(event: Event, filters: dict[str, tuple[str, ...]], expected: bool) -> None:
    assert matches(event, filters) is expected
