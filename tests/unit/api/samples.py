"""A host, a container and an image to build tests from."""

from msgspec import Struct
from msgspec.structs import replace
from tests.fakes import facts

from wherry.model.container import Container, ContainerSpec, ContainerState, Status
from wherry.model.image import Image, ImageConfig, Platform
from wherry.model.mount import OverlayMount
from wherry.model.network import Endpoint, EndpointSpec, Network, PortBinding, Subnet
from wherry.model.process import ProcessId
from wherry.model.reference import Reference

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND

NEWEST = (1, 45)

FACTS = replace(
    facts.FACTS,
    hostname="vm",
    kernel="6.18.0",
    memory=16 << 30,
    cgroup_version=1,
    controllers=("blkio", "cpu", "cpuset", "memory", "pids"),
    boot_id="b007",
)


class SamplePaths(Struct, frozen=True, kw_only=True):
    hosts: str = "/c/hosts"
    hostname: str = "/c/hostname"
    resolv_conf: str = "/c/resolv.conf"
    log: str = "/c/json.log"
    sandbox: str = "/c/netns"
    overlay: OverlayMount = OverlayMount(target="/o/merged", lowers=("/l2", "/l1"), upper="/o/diff", work="/o/work")


PATHS = SamplePaths()

IMAGE = Image(
    id="sha256:" + "a" * 64,
    platform=Platform(os="linux", architecture="amd64"),
    config=ImageConfig(env=("PATH=/bin",), command=("/bin/sh",)),
    diff_ids=("sha256:" + "d" * 64,),
    created=NOW - 3600 * SECOND,
    size=2026601,
)
BUSYBOX = Reference.parse("busybox:latest")

BRIDGE = Network(
    id="63a2e450" + "0" * 56,
    name="bridge",
    bridge="docker0",
    subnets=(Subnet(subnet="172.17.0.0/16", gateway="172.17.0.1"),),
    options={"com.docker.network.bridge.name": "docker0"},
    created=NOW,
)

RUNNING = Container(
    id="c0ffee" + "0" * 58,
    name="web",
    image_id=IMAGE.id,
    chain_id="sha256:" + "d" * 64,
    created=NOW - 600 * SECOND,
    spec=ContainerSpec(
        image="busybox",
        command=("sleep", "1000"),
        hostname="c0ffee000000",
        exposed_ports=("80/tcp", "90/udp"),
        endpoints=(EndpointSpec(network="bridge"),),
    ),
    runtime="runc",
    endpoints=(
        Endpoint(
            id="4b17e56c" + "0" * 56,
            network_id=BRIDGE.id,
            network="bridge",
            container_id="c0ffee" + "0" * 58,
            host_interface="veth4b17e56",
            ipv4="172.17.0.3",
            ipv4_prefix=16,
            ipv4_gateway="172.17.0.1",
            mac="02:42:ac:11:00:03",
            ports=(
                PortBinding(host_ip="0.0.0.0", host_port=8080, container_port=80),
                PortBinding(host_ip="::", host_port=8080, container_port=80),
            ),
        ),
    ),
    state=ContainerState(
        status=Status.RUNNING,
        process=ProcessId(pid=4242, start_time=1, boot_id="b007"),
        started_at=NOW - 300 * SECOND,
    ),
)
