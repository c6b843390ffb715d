"""What a container's record says of its ports."""

from wherry.model.container import Container, ContainerSpec, ContainerState, Status
from wherry.model.network import Endpoint
from wherry.plan.attachments import visible_ports


def test_exposed_ports_that_no_port_can_be_are_port_0_as_docker_has_it() -> None:
    exposed = ("80", "9000/udp", "70000/tcp", "9" * 5000, "http")
    container = Container(
        id="c0ffee",
        name="web",
        image_id="sha256:aa",
        chain_id="",
        created=0,
        spec=ContainerSpec(image="busybox", exposed_ports=exposed),
        endpoints=(Endpoint(id="e1", network_id="n1", network="bridge", container_id="c0ffee"),),
        state=ContainerState(status=Status.RUNNING),
    )
    assert visible_ports(container) == ("0/tcp", "80/tcp", "9000/udp")
