"""Which host ports a container gets: fixed ones, the first free of a range, or ephemeral ones.

Docker's choices (libnetwork ``portallocator``) and the texts of its errors.
"""

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address

from wherry.errors import InternalError, NotSupported, PortInUse
from wherry.model.network import PortBinding, PortSpec
from wherry.plan.attachments import port_key

ANYWHERE = "0.0.0.0"

Taken = Callable[[str, str, int], bool]
"""Whether somebody else has a protocol's port at a host address."""


def wanted(specs: tuple[PortSpec, ...], exposed: Iterable[str], *, publish_all: bool) -> tuple[PortSpec, ...]:
    """The ports to publish, in order; ``publish_all`` adds those that are exposed and not asked for."""
    asked = {(spec.container_port, spec.protocol) for spec in specs}
    more = {_exposed(text) for text in exposed} - asked if publish_all else set()
    added = (PortSpec(container_port=port, protocol=protocol) for port, protocol in more)
    return tuple(sorted((*specs, *added), key=lambda spec: (spec.container_port, spec.protocol)))


def bind(
    specs: tuple[PortSpec, ...],
    *,
    leased: Taken,
    refused: Taken,
    ephemeral: Iterator[int],
    anywhere: str = ANYWHERE,
) -> tuple[PortBinding, ...]:
    """A host port for each of ``specs``; one that may be any is the next of ``ephemeral`` that is free.

    One that names no host address is bound to ``anywhere``. ``leased`` tells the ports of other containers, ``refused``
    those that the host would not give. A port of which there is no choice is not asked about there: taking it will
    tell the reason.

    Raises:
        PortInUse: another container has the port.
        InternalError: all ports of a range are taken.
        NotSupported: an IPv6 host address.
    """
    bindings: list[PortBinding] = []
    for spec in specs:
        address = spec.host_ip or anywhere
        if ip_address(address).version != 4:
            raise NotSupported(f"publishing a port on the IPv6 address {address} is not supported by this engine")
        host_port = _choose(spec, address, bindings, leased, refused, ephemeral)
        bindings.append(
            PortBinding(
                host_ip=address, host_port=host_port, container_port=spec.container_port, protocol=spec.protocol
            )
        )
    return tuple(bindings)


def clash(first: str, second: str) -> bool:
    """Whether two host addresses cannot both have one port: they are the same, or one means all."""
    return first == second or ANYWHERE in (first, second)


def rotated(ports: range, after: int) -> Iterator[int]:
    """All ``ports`` once, beginning behind ``after``."""
    start = after + 1 if after in ports else ports.start
    yield from range(start, ports.stop)
    yield from range(ports.start, start)


def _choose(
    spec: PortSpec,
    address: str,
    bindings: list[PortBinding],
    leased: Taken,
    refused: Taken,
    ephemeral: Iterator[int],
) -> int:
    def is_leased(port: int) -> bool:
        own = any(
            binding.host_port == port and binding.protocol == spec.protocol and clash(binding.host_ip, address)
            for binding in bindings
        )
        return own or leased(spec.protocol, address, port)

    candidates = _range(spec.host_port)
    if len(candidates) == 1:
        if is_leased(candidates[0]):
            raise PortInUse(address, candidates[0], spec.protocol)
        return candidates[0]
    for port in candidates or ephemeral:
        if not is_leased(port) and not refused(spec.protocol, address, port):
            return port
    raise InternalError("all ports are allocated")


def _range(text: str) -> range:
    """The ports of ``80`` or ``80-90``, none of ""."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1) if text else range(0)


def _exposed(text: str) -> tuple[int, str]:
    number, _, protocol = port_key(text).partition("/")
    return int(number), protocol
