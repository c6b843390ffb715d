"""Which host ports a container gets: fixed ones, the first free of a range, or ephemeral ones.

Docker's choices (libnetwork ``portallocator``) and the texts of its errors.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from wherry.errors import InternalError, PortInUse
from wherry.model.network import PROTOCOLS, PortBinding, PortSpec
from wherry.plan.networks.attachments import exposed_port

ANYWHERE, ANYWHERE_IPV6 = "0.0.0.0", "::"
_EVERYWHERE = frozenset((ANYWHERE, ANYWHERE_IPV6))

Taken = Callable[[str, str, int], bool]
"""Whether somebody else has a protocol's port at a host address."""


def wanted(specs: tuple[PortSpec, ...], exposed: Iterable[str], *, publish_all: bool) -> tuple[PortSpec, ...]:
    """The ports to publish, those that name a host port first: none of these goes to one that may have any.
    ``publish_all`` adds the exposed ones that are not asked for and can be."""
    asked = {(spec.container_port, spec.protocol) for spec in specs}
    more = {exposed_port(text) for text in exposed} - asked if publish_all else set()
    added = (PortSpec(container_port=port, protocol=protocol) for port, protocol in more if protocol in PROTOCOLS)
    return tuple(sorted((*specs, *added), key=lambda spec: (not spec.host_port, spec.container_port, spec.protocol)))


def bind(
    specs: tuple[PortSpec, ...],
    *,
    leased: Taken,
    refused: Taken,
    ephemeral: Iterator[int],
    anywhere: tuple[str, ...] = (ANYWHERE,),
    ipv6: bool = True,
) -> tuple[PortBinding, ...]:
    """A host port for each of ``specs``; one that may be any is the next of ``ephemeral`` that is free.

    One that names no host address gets the same port at each address of ``anywhere``. Without ``ipv6`` nothing leads
    from IPv6 addresses to the container, and nothing is bound to them. ``leased`` tells the ports of other containers,
    ``refused`` those that the host would not give. A port of which there is no choice is not asked about there: taking
    it will tell the reason.

    Raises:
        PortInUse: another container has the port.
        InternalError: all ports of a range are taken.
    """
    bindings: list[PortBinding] = []
    own: dict[tuple[str, int], list[str]] = {}  # addresses by protocol and port
    for spec in specs:
        asked = (spec.host_ip,) if spec.host_ip else anywhere
        addresses = tuple(address for address in asked if ipv6 or ":" not in address)
        host_port = _choose(spec, addresses, own, leased, refused, ephemeral) if addresses else 0
        own.setdefault((spec.protocol, host_port), []).extend(addresses)
        bindings += (
            PortBinding(
                host_ip=address, host_port=host_port, container_port=spec.container_port, protocol=spec.protocol
            )
            for address in addresses
        )
    return tuple(bindings)


def clash(first: str, second: str) -> bool:
    """Whether two host addresses cannot both have one port: they are the same, or one means all of their IP version."""
    same_version = (":" in first) == (":" in second)
    return first == second or (same_version and not _EVERYWHERE.isdisjoint((first, second)))


def rotated(ports: range, after: int) -> Iterator[int]:
    """All ``ports`` once, beginning behind ``after``."""
    start = after + 1 if after in ports else ports.start
    yield from range(start, ports.stop)
    yield from range(ports.start, start)


def _choose(
    spec: PortSpec,
    addresses: tuple[str, ...],
    own: Mapping[tuple[str, int], list[str]],
    leased: Taken,
    refused: Taken,
    ephemeral: Iterator[int],
) -> int:
    def is_leased(address: str, port: int) -> bool:
        is_own = any(clash(other, address) for other in own.get((spec.protocol, port), ()))
        return is_own or leased(spec.protocol, address, port)

    candidates = _range(spec.host_port)
    if len(candidates) == 1:
        for address in addresses:
            if is_leased(address, candidates[0]):
                raise PortInUse(address, candidates[0], spec.protocol)
        return candidates[0]
    for port in candidates or ephemeral:
        if not any(is_leased(address, port) or refused(spec.protocol, address, port) for address in addresses):
            return port
    raise InternalError("all ports are allocated")


def _range(text: str) -> range:
    """The ports of ``80`` or ``80-90``, none of ""."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1) if text else range(0)
