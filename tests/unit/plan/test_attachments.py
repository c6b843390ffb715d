"""What a container's record says of its ports."""

from wherry.model.container import Container, ContainerSpec, ContainerState, Status
from wherry.model.network import Endpoint
from wherry.plan.networks.attachments import visible_ports


def exposing(*exposed: str, host_interface: str = "veth63a2e45") -> Container:
    """A container that runs, in one network."""
    return Container(
        id="c0ffee",
        name="web",
        image_id="sha256:aa",
        chain_id="",
        created=0,
        spec=ContainerSpec(image="busybox", exposed_ports=exposed),
        endpoints=(
            Endpoint(id="e1", network_id="n1", network="n", container_id="c0ffee", host_interface=host_interface),
        ),
        state=ContainerState(status=Status.RUNNING),
    )


def test_exposed_ports_that_no_port_can_be_are_port_0_as_docker_has_it() -> None:
    exposed = ("80", "9000/udp", "70000/tcp", "9" * 5000, "http")
    assert visible_ports(exposing(*exposed)) == ("0/tcp", "80/tcp", "9000/udp")


def test_no_port_is_seen_of_a_container_that_the_host_does_not_reach() -> None:
    assert visible_ports(exposing("80", host_interface="")) == ()
