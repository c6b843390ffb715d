"""What a container's record says about its networks and ports. Pure readings, for filters and for answers."""

from collections.abc import Iterable, Iterator

from wherry.model.container import Container
from wherry.model.network import Endpoint, Network, PortBinding
from wherry.plan.go_values import decimal

DEFAULT_NETWORK = "bridge"
LARGEST_PORT = 65535

_DEFAULT_NAMES = frozenset(("", "default"))


def network_mode(name: str) -> str:
    """``HostConfig.NetworkMode`` as Docker shows it: the default has a name."""
    return DEFAULT_NETWORK if name in _DEFAULT_NAMES else name


def network_names(container: Container) -> tuple[str, ...]:
    """Names of the networks that a container is or will be in, sorted."""
    asked = {spec.network for spec in container.spec.endpoints}
    return tuple(sorted(asked | {endpoint.network for endpoint in live(container)}))


def live(container: Container) -> tuple[Endpoint, ...]:
    """The endpoints of a container that runs; what is recorded of an earlier run does not count."""
    return container.endpoints if container.state.alive else ()


def is_used(network: Network, containers: Iterable[Container]) -> bool:
    """Whether one of the containers that run is in a network."""
    return any(endpoint.network_id == network.id for container in containers for endpoint in live(container))


def published(container: Container) -> Iterator[PortBinding]:
    """Host ports that lead to the container now."""
    for endpoint in live(container):
        yield from endpoint.ports


def visible_ports(container: Container) -> tuple[str, ...]:
    """Ports (``80/tcp``) exposed or published, sorted by number; none while the host has no end of a network."""
    if not any(endpoint.host_interface for endpoint in live(container)):
        return ()
    ports = {exposed_port(text) for text in container.spec.exposed_ports}
    ports |= {(binding.container_port, binding.protocol) for binding in published(container)}
    return tuple(f"{number}/{protocol}" for number, protocol in sorted(ports))


def exposed_port(text: str) -> tuple[int, str]:
    """An exposed port and its protocol: ``80`` is 80, tcp; what is no number is port 0, as Docker has it."""
    number, _, protocol = text.partition("/")
    return decimal(number, LARGEST_PORT) or 0, protocol or "tcp"
