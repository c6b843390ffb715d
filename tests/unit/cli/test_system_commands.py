"""version, info, top, port and events."""
# ruff: noqa: E501  error texts and engine answers are long

import json

import pytest
from command_line import CommandLine
from fake_engine import Peer, Request

from wherry.cli.commands.version import readable_date
from wherry.version import VERSION

PORTS = {
    "9000/udp": [{"HostIp": "0.0.0.0", "HostPort": "9000"}, {"HostIp": "::", "HostPort": "9000"}],
    "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}],
    "81/tcp": None,
}


@pytest.fixture
def web(wherry: CommandLine) -> CommandLine:
    wherry.engine.on("GET", "/containers/web/json", body={"Id": "abc", "NetworkSettings": {"Ports": PORTS}})
    processes = {"Titles": ["UID", "PID", "CMD"], "Processes": [["root", "1", "sleep 3"]]}
    wherry.engine.on("GET", "/containers/web/top", body=processes)
    return wherry


def test_port_lists_bindings_by_number(web: CommandLine) -> None:
    assert web.output("port", "web") == ("80/tcp -> 127.0.0.1:8080\n9000/udp -> 0.0.0.0:9000\n9000/udp -> [::]:9000\n")
    assert web.output("port", "web", "80") == "127.0.0.1:8080\n"
    assert web.output("container", "port", "web", "9000/udp") == "0.0.0.0:9000\n[::]:9000\n"


@pytest.mark.parametrize(
    ("port", "err"),
    [
        ("9000", "Error: No public port '9000' published for web"),
        ("81/tcp", "Error: No public port '81/tcp' published for web"),
        ("abc", 'Error: invalid port (abc): strconv.ParseUint: parsing "abc": invalid syntax'),
        ("70000", 'Error: invalid port (70000): strconv.ParseUint: parsing "70000": value out of range'),
    ],
)
def test_ports_that_are_not_published(web: CommandLine, port: str, err: str) -> None:
    assert web.run("port", "web", port) == (1, "", f"{err}\n")


def test_top_passes_ps_options_on(web: CommandLine) -> None:
    assert web.output("top", "web", "-o", "pid,cmd") == (
        "UID                 PID                 CMD\nroot                1                   sleep 3\n"
    )
    assert web.engine.requests[-1].query == {"ps_args": "-o pid,cmd"}
    web.output("top", "web")
    assert web.engine.requests[-1].query == {}


ENGINE = {
    "Platform": {"Name": ""}, "Version": "26.1.5", "ApiVersion": "1.45", "MinAPIVersion": "1.24",
    "Components": [
        {
            "Name": "Engine", "Version": "26.1.5",
            "Details": {
                "ApiVersion": "1.45", "MinAPIVersion": "1.24", "GoVersion": "go1.24.4", "GitCommit": "411e817",
                "BuildTime": "2026-08-13T05:35:48.000000000+00:00", "Os": "linux", "Arch": "amd64", "Experimental": "false",
            },
        },
        {"Name": "runc", "Version": "1.1.15", "Details": {"GitCommit": ""}},
    ],
}  # fmt: skip
SERVER_BLOCK = """
Server:
 Engine:
  Version:          26.1.5
  API version:      1.45 (minimum version 1.24)
  Go version:       go1.24.4
  Git commit:       411e817
  Built:            Thu Aug 13 05:35:48 2026
  OS/Arch:          linux/amd64
  Experimental:     false
 runc:
  Version:          1.1.15
  GitCommit:        \n"""


def test_version_of_client_and_engine(wherry: CommandLine) -> None:
    wherry.engine.on("GET", "/version", body=ENGINE)
    out = wherry.output("version")
    assert out.startswith(f"Client:\n Version:           {VERSION}\n API version:       1.45\n Python version:    3.")
    assert out.endswith(SERVER_BLOCK)


def test_an_engine_that_lists_no_components_is_one(wherry: CommandLine) -> None:
    bare = {"Version": "1", "ApiVersion": "1.45", "MinAPIVersion": "1.24", "GoVersion": "python3.13.5", "Os": "linux"}
    wherry.engine.on("GET", "/version", body={**bare, "Arch": "amd64"})
    block = wherry.output("version").partition("\nServer:\n")[2]
    assert block == (
        " Engine:\n  Version:          1\n  API version:      1.45 (minimum version 1.24)\n"
        "  Python version:   3.13.5\n  OS/Arch:          linux/amd64\n  Experimental:     false\n"
    )


def test_version_by_template(wherry: CommandLine) -> None:
    wherry.engine.on("GET", "/version", body=ENGINE)
    assert wherry.output("version", "-f", "{{.Server.Version}} {{.Client.APIVersion}}") == "26.1.5 1.45\n"
    assert json.loads(wherry.output("version", "-f", "json"))["Client"]["Version"] == VERSION
    message = (
        'template: version:1:2: executing "version" at <.Foo>: can\'t evaluate field Foo in type system.versionInfo\n'
    )
    assert wherry.run("version", "-f", "{{.Foo}}") == (1, "\n", message)
    assert wherry.run("version", "-f", "{{")[0] == 64


def test_version_without_an_engine_still_tells_the_clients(wherry: CommandLine) -> None:
    wherry.engine.host = "unix:///nonexistent"
    status, out, err = wherry.run("version")
    assert (status, out.splitlines()[0], "Server" in out) == (1, "Client:", False)
    assert err == "Cannot connect to the Docker daemon at unix:///nonexistent. Is the docker daemon running?\n"


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("2026-08-13T05:35:48.000000000+00:00", "Thu Aug 13 05:35:48 2026"),
        ("2000-01-01T00:00:00Z", "Sat Jan  1 00:00:00 2000"),
        ("2024-02-29T23:59:59Z", "Thu Feb 29 23:59:59 2024"),
        ("yesterday", "yesterday"),
    ],
)
def test_build_times_are_readable(text: str, readable: str) -> None:
    assert readable_date(text) == readable


INFO = {
    "ID": "x", "Containers": 3, "ContainersRunning": 1, "ContainersPaused": 0, "ContainersStopped": 2, "Images": 1,
    "ServerVersion": "0.1.0", "Driver": "overlay2", "DriverStatus": [["Backing Filesystem", "extfs"]],
    "LoggingDriver": "json-file", "CgroupDriver": "cgroupfs", "CgroupVersion": "1",
    "Plugins": {"Volume": ["local"], "Network": ["bridge", "host"], "Authorization": None, "Log": ["json-file"]},
    "Swarm": {"LocalNodeState": "inactive"}, "Runtimes": {"crun": {}, "runc": {}}, "DefaultRuntime": "crun",
    "InitBinary": "docker-init", "ContainerdCommit": {"ID": ""}, "RuncCommit": {"ID": "1.1"}, "InitCommit": {"ID": ""},
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"], "KernelVersion": "6.18", "OSType": "linux",
    "OperatingSystem": "Debian", "Architecture": "x86_64", "NCPU": 2, "MemTotal": 25276502016, "Name": "vm",
    "DockerRootDir": "/var/lib/wherry", "Debug": False, "ExperimentalBuild": False, "LiveRestoreEnabled": True,
    "NFd": 5, "NGoroutines": 6, "SystemTime": "now", "NEventsListener": 0, "Labels": ["a=b"], "HttpProxy": "http://p",
    "RegistryConfig": {
        "InsecureRegistryCIDRs": ["127.0.0.0/8"], "Mirrors": ["https://m/"],
        "IndexConfigs": {"docker.io": {"Name": "docker.io", "Secure": True}, "r:5000": {"Name": "r:5000", "Secure": False}},
    },
    "DefaultAddressPools": [{"Base": "10.0.0.0/8", "Size": 24}], "Warnings": ["WARNING: No swap limit support"],
}  # fmt: skip
INFO_BLOCK = """
Server:
 Containers: 3
  Running: 1
  Paused: 0
  Stopped: 2
 Images: 1
 Server Version: 0.1.0
 Storage Driver: overlay2
  Backing Filesystem: extfs
 Logging Driver: json-file
 Cgroup Driver: cgroupfs
 Cgroup Version: 1
 Plugins:
  Volume: local
  Network: bridge host
  Log: json-file
 Swarm: inactive
 Runtimes: crun runc
 Default Runtime: crun
 Init Binary: docker-init
 containerd version: \n runc version: 1.1
 init version: \n Security Options:
  seccomp
   Profile: builtin
  cgroupns
 Kernel Version: 6.18
 Operating System: Debian
 OSType: linux
 Architecture: x86_64
 CPUs: 2
 Total Memory: 23.54GiB
 Name: vm
 ID: x
 Docker Root Dir: /var/lib/wherry
 Debug Mode: false
 HTTP Proxy: http://p
 Labels:
  a=b
 Experimental: false
 Insecure Registries:
  r:5000
  127.0.0.0/8
 Registry Mirrors:
  https://m/
 Live Restore Enabled: true
 Default Address Pools:
   Base: 10.0.0.0/8, Size: 24

"""


def test_info_tells_the_engines_state_and_its_warnings(wherry: CommandLine) -> None:
    wherry.engine.on("GET", "/info", body=INFO)
    status, out, err = wherry.run("info")
    assert (status, err) == (0, "WARNING: No swap limit support\n")
    assert out.partition("\nServer:")[2] == INFO_BLOCK.partition("\nServer:")[2]
    assert out.startswith(f"Client:\n Version:    {VERSION}\n Context:    default\n Debug Mode: false\n")


def test_info_by_template(wherry: CommandLine) -> None:
    wherry.engine.on("GET", "/info", body=INFO)
    assert (
        wherry.output("info", "-f", "{{.Driver}} {{.HTTPProxy}} {{.ProductLicense}}{{.Swarm.NodeID}}")
        == "overlay2 http://p \n"
    )
    assert json.loads(wherry.output("info", "-f", "json"))["ClientInfo"]["Version"] == VERSION
    message = 'template: :1:2: executing "" at <.Foo>: can\'t evaluate field Foo in type system.dockerInfo\n'
    assert wherry.run("system", "info", "-f", "{{.Foo}}") == (1, "\n", message)


def test_info_without_an_engine(wherry: CommandLine) -> None:
    wherry.engine.host = "unix:///nonexistent"
    sentence = "Cannot connect to the Docker daemon at unix:///nonexistent. Is the docker daemon running?"
    status, out, err = wherry.run("info")
    assert (status, err) == (1, f"ERROR: {sentence}\nerrors pretty printing info\n")
    assert out.endswith("\nServer:\n")
    assert wherry.run("info", "-f", "{{.ServerErrors}}") == (0, f"[{sentence}]\n", f"{sentence}\n")


START = {
    "status": "start", "id": "abc", "from": "busybox", "Type": "container", "Action": "start", "scope": "local",
    "Actor": {"ID": "abc", "Attributes": {"name": "web", "image": "busybox"}}, "time": 1700000000, "timeNano": 1700000000000000007,
}  # fmt: skip


@pytest.fixture
def happening(wherry: CommandLine) -> CommandLine:
    def handler(_: Request, peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + json.dumps(START).encode() + b"\n")
        peer.end()

    wherry.engine.on("GET", "/events", handler)
    return wherry


def test_events_one_a_line(happening: CommandLine) -> None:
    assert happening.output("events", "--since", "1700000000", "--until", "1700000001.5", "-f", "type=container") == (
        "2023-11-14T22:13:20.000000007Z container start abc (image=busybox, name=web)\n"
    )
    assert happening.engine.requests[-1].query == {
        "since": "1700000000", "until": "1700000001.5", "filters": '{"type":{"container":true}}',
    }  # fmt: skip


def test_events_by_template(happening: CommandLine) -> None:
    assert happening.output("events", "--format", "{{.Action}} {{.Actor.Attributes.name}} {{.TimeNano}}") == (
        "start web 1700000000000000007\n"
    )
    assert json.loads(happening.output("events", "--format", "json")) == START


@pytest.mark.parametrize(
    ("argv", "status", "err"),
    [
        (["--format", "{{"], 64, "Error parsing format: template: :1: unclosed action"),
        (["--format", "{{.Foo}}"], 64, 'Error parsing format: template: :1:2: executing "" at <.Foo>: can\'t evaluate field Foo in type *events.Message'),
        (["--since", "foo"], 1, 'failed to parse value as time or duration: "foo"'),
    ],
)  # fmt: skip
def test_what_events_refuses(happening: CommandLine, argv: list[str], status: int, err: str) -> None:
    assert happening.run("events", *argv) == (status, "", f"{err}\n")
    assert happening.engine.requests == []
