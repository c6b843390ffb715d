"""What a create request becomes, and what is refused in which words: asked of dockerd 26.1.5, field by field."""

from typing import Any

import msgspec
import pytest
from tests.unit.api.samples import FACTS, NEWEST

from wherry.api.translate.create import Requested, requested
from wherry.errors import WherryError
from wherry.model.container import ContainerSpec
from wherry.model.mount import MountKind
from wherry.plan.containers import validation
from wherry.plan.containers.creation import complete
from wherry.plan.mounts import mount_points
from wherry.wire.container import CreateRequest


def ask(**body: Any) -> Requested:
    return requested(msgspec.convert({"Image": "busybox", **body}, CreateRequest), FACTS, NEWEST)


def spec_of(**body: Any) -> ContainerSpec:
    return ask(**body).spec


def refusal(**body: Any) -> str:
    """Why a request is refused: by its translation, or by what the engine asks of every spec."""
    with pytest.raises(WherryError) as caught:
        spec = spec_of(**body)
        validation.check(spec, FACTS)
        complete(spec, "0" * 64, "vm")
        mount_points.wanted(spec)
    return str(caught.value)


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ({"PortBindings": {"80x/tcp": [{}]}}, 'invalid port specification: "80x"'),
        ({"PortBindings": {"80-81": [{}]}}, 'invalid port specification: "80-81"'),
        ({"PortBindings": {"80": [{"HostPort": "99999"}]}}, 'invalid port specification: "99999"'),
        ({"PortBindings": {"80": [{"HostPort": "9-8"}]}}, 'invalid port specification: "9-8"'),
        ({"PortBindings": {"80/odd": [{"HostPort": "80"}]}}, "invalid proto: odd"),
        ({"RestartPolicy": {"Name": "always", "MaximumRetryCount": 3}},
         "invalid restart policy: maximum retry count can only be used with 'on-failure'"),
        ({"RestartPolicy": {"Name": "", "MaximumRetryCount": 3}},
         "invalid restart policy: maximum retry count can only be used with 'on-failure'"),
        ({"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": -3}},
         "invalid restart policy: maximum retry count cannot be negative"),
        ({"RestartPolicy": {"Name": "always"}, "AutoRemove": True},
         "can't create 'AutoRemove' container with restart policy"),
        ({"Binds": ["x:/b", "y:/b"]}, "Duplicate mount point: /b"),
        ({"Binds": ["/tmp:/x"], "Tmpfs": {"/x": ""}}, "Duplicate mount point: /x"),
        ({"Binds": ["/tmp:/x"], "Mounts": [{"Type": "volume", "Target": "/x/"}]}, "Duplicate mount point: /x"),
        ({"Binds": ["a:/b:xx"]}, "invalid mode: xx"),
        ({"Tmpfs": {"x": ""}}, "invalid mount path: 'x' mount path must be absolute"),
        ({"Tmpfs": {"/": ""}}, "invalid specification: destination can't be '/'"),
        ({"Tmpfs": {"/x/..": ""}}, "invalid specification: destination can't be '/'"),
        ({"Tmpfs": {"//": ""}}, "invalid specification: destination can't be '/'"),
        ({"Mounts": [{"Type": "volume", "Target": "//"}]},
         "invalid mount config for type \"volume\": invalid specification: destination can't be '/'"),
        ({"Mounts": [{"Target": "/x"}]}, 'invalid mount config for type "": mount type unknown'),
        ({"Mounts": [{"Type": "npipe", "Target": "/x"}]}, 'invalid mount config for type "npipe": mount type unknown'),
        ({"Mounts": [{"Type": "bind", "Target": "/x"}]},
         'invalid mount config for type "bind": field Source must not be empty'),
        ({"Mounts": [{"Type": "bind", "Source": "/tmp"}]},
         'invalid mount config for type "bind": field Target must not be empty'),
        ({"Mounts": [{"Type": "bind", "Source": "tmp", "Target": "/x"}]},
         "invalid mount config for type \"bind\": invalid mount path: 'tmp' mount path must be absolute"),
        ({"Mounts": [{"Type": "bind", "Source": "/tmp", "Target": "x"}]},
         "invalid mount config for type \"bind\": invalid mount path: 'x' mount path must be absolute"),
        ({"Mounts": [{"Type": "volume", "Target": "/"}]},
         "invalid mount config for type \"volume\": invalid specification: destination can't be '/'"),
        ({"Mounts": [{"Type": "tmpfs", "Source": "a", "Target": "/x"}]},
         'invalid mount config for type "tmpfs": field Source must not be specified'),
        ({"Mounts": [{"Type": "bind", "Source": "/tmp", "Target": "/x", "VolumeOptions": {}}]},
         'VolumeOptions must not be specified on mount type "bind"'),
        ({"Mounts": [{"Type": "volume", "Target": "/x", "BindOptions": {}}]},
         'BindOptions must not be specified on mount type "volume"'),
        ({"Mounts": [{"Type": "bind", "Source": "/tmp", "Target": "/x", "BindOptions": {"Propagation": "bad"}}]},
         'invalid mount config for type "bind": invalid propagation mode: bad'),
        ({"Mounts": [{"Type": "volume", "Target": "/x", "ReadOnly": True}]},
         'invalid mount config for type "volume": must not set ReadOnly mode when using anonymous volumes'),
        ({"NetworkMode": "container"}, "Invalid network mode: invalid container format container:<name|id>"),
        ({"NetworkMode": "container:"}, "Invalid network mode: invalid container format container:<name|id>"),
        ({"NetworkMode": "container:a", "PublishAllPorts": True},
         "conflicting options: port publishing and the container type network mode"),
        ({"NetworkMode": "container:a", "Dns": ["1.1.1.1"]}, "conflicting options: dns and the network mode"),
        ({"NetworkMode": "container:a", "ExtraHosts": ["a:1.1.1.1"]},
         "conflicting options: custom host-to-IP mapping and the network mode"),
        ({"NetworkMode": "container:a", "Links": ["b"]},
         "conflicting options: container type network can't be used with links. This would result in undefined "
         "behavior"),
        ({"NetworkMode": "host", "Links": ["b"]},
         "conflicting options: host type networking can't be used with links. This would result in undefined "
         "behavior"),
        ({"ExtraHosts": ["foo"]}, 'bad format for add-host: "foo"'),
        ({"ExtraHosts": ["a:b"]}, 'invalid IP address in add-host: "b"'),
        ({"Links": [""]}, "empty string specified for links"),
        ({"Links": ["a:b:c"]}, "bad format for links: a:b:c"),
        ({"IpcMode": "foo"}, "invalid IPC mode: foo"),
        ({"PidMode": "container:"}, "invalid PID mode: container:"),
        ({"UTSMode": "container:a"}, "invalid UTS mode: container:a"),
        ({"CgroupnsMode": "foo"}, "invalid cgroup namespace mode: foo"),
        ({"CapAdd": ["FOO"]}, 'invalid CapAdd: unknown capability: "CAP_FOO"'),
        ({"CapDrop": ["foo"]}, 'invalid CapDrop: unknown capability: "CAP_FOO"'),
        ({"IOMaximumIOps": 5}, "Invalid QoS settings: linux does not support configuration of maximum IOPs"),
        ({"IOMaximumBandwidth": 5}, "Invalid QoS settings: linux does not support configuration of maximum bandwidth"),
        ({"Isolation": "hyperv"}, "Invalid isolation: \"hyperv\" - linux only supports 'default'"),
        ({"LogConfig": {"Type": "json-file", "Config": {"foo": "bar"}}},
         "unknown log opt 'foo' for json-file log driver"),
        ({"StorageOpt": {"size": "1G"}},
         "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"),
        ({"Annotations": {"": "x"}}, "invalid Annotations: the empty string is not permitted as an annotation key"),
        ({"DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}]},
         'could not select device driver "" with capabilities: [[gpu]]'),
    ],
)  # fmt: skip
def test_host_configs_that_make_no_sense(host: dict[str, Any], text: str) -> None:
    assert refusal(HostConfig=host) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"WorkingDir": "a/b"}, "the working directory 'a/b' is invalid, it needs to be an absolute path"),
        ({"Env": ["=x"]}, "invalid environment variable: =x"),
        ({"Env": [""]}, "invalid environment variable: "),
        ({"Healthcheck": {"Interval": 1}}, "Interval in Healthcheck cannot be less than 1ms"),
        ({"Healthcheck": {"StartInterval": -1}}, "StartInterval in Healthcheck cannot be less than 1ms"),
        ({"Healthcheck": {"Retries": -1}}, "Retries in Healthcheck cannot be negative"),
        ({"Hostname": "h", "HostConfig": {"UTSMode": "host"}}, "conflicting options: hostname and the UTS mode"),
        ({"Hostname": "h", "HostConfig": {"NetworkMode": "container:a"}},
         "conflicting options: hostname and the network mode"),
        ({"ExposedPorts": {"80/tcp": {}}, "HostConfig": {"NetworkMode": "container:a"}},
         "conflicting options: port exposing and the container type network mode"),
        ({"MacAddress": "foo"}, "invalid config for network bridge: invalid MAC address foo"),
    ],
)  # fmt: skip
def test_configs_that_make_no_sense(body: dict[str, Any], text: str) -> None:
    assert refusal(**body) == text


def endpoint(settings: object, network: str = "bridge", **body: Any) -> dict[str, Any]:
    return {"NetworkingConfig": {"EndpointsConfig": {network: settings}}, **body}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (endpoint(None), "invalid config for network bridge: EndpointsConfig is nil"),
        (endpoint({"MacAddress": "foo"}), "invalid config for network bridge: invalid MAC address foo"),
        (endpoint({"Aliases": ["x"]}),
         "invalid config for network bridge: invalid endpoint settings:\n"
         "network-scoped alias is supported only for containers in user defined networks"),
        (endpoint({"IPAMConfig": {"IPv4Address": "foo"}}),
         "invalid config for network bridge: invalid endpoint settings:\n"
         "* user specified IP address is supported on user defined networks only\n"
         "* invalid IPv4 address: foo\n"
         "* user specified IP address is supported only when connecting to networks with user configured subnets"),
        (endpoint({"IPAMConfig": {"IPv4Address": "x", "IPv6Address": "1.2.3.4", "LinkLocalIPs": ["y"]}}, "app"),
         "invalid config for network app: invalid endpoint settings:\n"
         "* invalid IPv4 address: x\n* invalid IPv6 address: 1.2.3.4\n* invalid link-local IP address: y"),
        (endpoint({"MacAddress": "02:42:ac:11:00:98"}, MacAddress="02:42:ac:11:00:99"),
         "the container-wide MAC address must match the endpoint-specific MAC address for the main network, "
         "or be left empty"),
    ],
)  # fmt: skip
def test_endpoints_that_make_no_sense_are_told_all_that_is_wrong(body: dict[str, Any], text: str) -> None:
    assert refusal(**body) == text


def test_what_is_null_or_left_out_is_dockers_default() -> None:
    nothing = spec_of(HostConfig=None, NetworkingConfig=None, Cmd=None, Labels=None, Healthcheck=None)
    assert nothing == spec_of(HostConfig={"NetworkMode": "default", "ShmSize": 0, "MemorySwappiness": -1})
    assert nothing.host.network == "bridge"
    completed = complete(nothing, "0" * 64, "vm").host
    assert (completed.shm_size, completed.ipc) == (64 << 20, "private")
    assert nothing.host.restart.name == "no"
    assert (nothing.command, nothing.entrypoint, nothing.healthcheck) == (None, None, None)


def test_a_command_may_be_a_word() -> None:
    assert spec_of(Cmd="a b", Entrypoint="e").command == ("a b",)
    assert spec_of(Cmd=["a", "b"], Entrypoint=[""]).entrypoint == ("",)


def test_a_list_of_capabilities_may_be_a_word() -> None:
    host = spec_of(HostConfig={"CapAdd": "NET_ADMIN", "CapDrop": "KILL"}).host

    assert (host.cap_add, host.cap_drop) == (("NET_ADMIN",), ("KILL",))


def test_memory_brings_as_much_swap() -> None:
    assert spec_of(HostConfig={"Memory": 10}).host.resources.memory_swap == 20
    assert spec_of(HostConfig={"Memory": 10, "MemorySwap": -1}).host.resources.memory_swap == -1


def test_limits_that_are_none() -> None:
    limits = spec_of(HostConfig={"PidsLimit": -1, "MemorySwappiness": -1}).host.resources
    assert (limits.pids_limit, limits.memory_swappiness, limits.oom_kill_disable) == (None, None, False)


def test_ports() -> None:
    bindings = {"80": [{"HostPort": "8000-8010"}], "53/UDP": [{"HostIp": "127.0.0.1", "HostPort": "0"}], "9/tcp": None}
    ports = spec_of(HostConfig={"PortBindings": bindings}).host.ports
    shown = [(port.container_port, port.protocol, port.host_ip, port.host_port) for port in ports]
    assert shown == [(80, "tcp", "", "8000-8010"), (53, "udp", "127.0.0.1", "")]


def test_mounts() -> None:
    asked = [
        {"Type": "bind", "Source": "/tmp/", "Target": "/x/", "BindOptions": {"CreateMountpoint": True}},
        {"Type": "volume", "Target": "/v", "VolumeOptions": {"DriverConfig": {"Options": {"o": "ro"}}}},
    ]
    bind, volume = spec_of(HostConfig={"Mounts": asked}).host.mounts
    assert (bind.kind, bind.source, bind.target, bind.create_source) == (MountKind.BIND, "/tmp", "/x", True)
    assert (volume.kind, volume.source, volume.volume_options) == (MountKind.VOLUME, "", {"o": "ro"})


def test_an_endpoint_of_a_network() -> None:
    settings = {"Aliases": ["db"], "IPAMConfig": {"IPv4Address": "10.7.0.9"}, "MacAddress": "02:42:ac:11:00:01"}
    (end,) = spec_of(**endpoint(settings, "app"), HostConfig={"NetworkMode": "app"}).endpoints
    assert (end.network, end.aliases, end.ipv4, end.mac) == ("app", ("db",), "10.7.0.9", "02:42:ac:11:00:01")


def test_the_default_network_by_its_other_name() -> None:
    spec = spec_of(**endpoint({}, "default"), HostConfig={"NetworkMode": "default"})
    assert (spec.host.network, [end.network for end in spec.endpoints]) == ("bridge", ["bridge"])


def test_a_network_named_by_its_endpoint_only_is_the_only_one() -> None:
    assert spec_of(**endpoint({}, "app")).host.network == "app"


def test_a_mac_for_the_whole_container_goes_to_its_network_with_a_warning() -> None:
    asked = ask(MacAddress="02:42:ac:11:00:99")
    assert [(end.network, end.mac) for end in asked.spec.endpoints] == [("bridge", "02:42:ac:11:00:99")]
    assert asked.warnings == (
        "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.",
    )
