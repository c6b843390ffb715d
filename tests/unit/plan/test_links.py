"""What linked containers are told of each other."""

import pytest

from wherry.errors import InternalError
from wherry.model.container import Container, ContainerSpec, ContainerState, Link, Status
from wherry.model.network import Endpoint, LinkedPort
from wherry.plan.networks import links

LINK = Link(source="s" * 64, source_name="src", alias="my-db")


def container(name: str, address: str = "", *exposed: str, env: tuple[str, ...] = ()) -> Container:
    end = Endpoint(id="e", network_id="n", network="bridge", container_id="c", ipv4=address)
    return Container(
        id=name[0] * 64,
        name=name,
        image_id="i",
        chain_id="",
        created=0,
        spec=ContainerSpec(image="i", hostname=f"host-{name}", exposed_ports=exposed, env=env),
        endpoints=(end,) if address else (),
        state=ContainerState(status=Status.RUNNING if address else Status.EXITED),
    )


RECEIVER = container("receiver", "172.17.0.3")


def test_the_alias_is_the_name_unless_given() -> None:
    assert links.parse("/src:db") == ("src", "db")
    assert links.parse("src:/db") == ("src", "db")
    assert links.parse("src") == ("src", "src")


def test_variables() -> None:
    source = container("src", "172.17.0.2", "80/tcp", env=("COLOUR=a=b", "PATH=/bin", "HOME=/", "BARE"))

    assert links.environment(RECEIVER, LINK, source) == (
        "MY_DB_PORT=tcp://172.17.0.2:80",
        "MY_DB_PORT_80_TCP=tcp://172.17.0.2:80",
        "MY_DB_PORT_80_TCP_ADDR=172.17.0.2",
        "MY_DB_PORT_80_TCP_PORT=80",
        "MY_DB_PORT_80_TCP_PROTO=tcp",
        "MY_DB_NAME=/receiver/my-db",
        "MY_DB_ENV_COLOUR=a=b",
    )


def test_the_first_port_is_the_lowest_and_tcp_before_udp() -> None:
    told = links.environment(RECEIVER, LINK, container("src", "172.17.0.2", "53/udp", "80/tcp", "53/tcp"))

    assert told[0] == "MY_DB_PORT=tcp://172.17.0.2:53"


def test_names_in_hosts() -> None:
    source = container("src", "172.17.0.2")

    assert links.host_names(LINK, source) == "my-db host-src src"
    assert links.host_names(Link(source=source.id, source_name="src", alias="src"), source) == "src host-src"


def test_a_source_that_moved_changes_its_own_line_of_the_ip_version_only() -> None:
    hosts = "172.17.0.2\tdb host src\nfd00::2\tdb host src\n172.17.0.2\tdb2 host src\n172.17.0.3\tme\n"

    assert links.moved(hosts, "db", "172.17.0.9") == hosts.replace("172.17.0.2\tdb ", "172.17.0.9\tdb ")
    assert links.moved(hosts, "db", "fd00::9") == hosts.replace("fd00::2", "fd00::9")


def test_who_can_be_linked_to() -> None:
    links.check(RECEIVER, LINK, container("src", "172.17.0.2"))

    for source, name in ((container("other"), "other"), (None, "src")):
        with pytest.raises(
            InternalError, match=f"^Cannot link to a non running container: /{name} AS /receiver/my-db$"
        ):
            links.check(RECEIVER, LINK, source)


def test_ports_that_a_link_opens() -> None:
    opened = LinkedPort(protocol="tcp", receiver_ip="172.17.0.3", source_ip="172.17.0.2", port=80)

    assert links.linked_ports(RECEIVER, container("src", "172.17.0.2", "80")) == (opened,)
