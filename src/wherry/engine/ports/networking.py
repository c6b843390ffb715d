"""Bridges, sandboxes, the firewall and name servers."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

from wherry.model.network import BridgePlan, Interface, LinkedPort, NameServer, Network, Parent, PublishedPort
from wherry.model.usage import Traffic

Respond = Callable[[bytes, bool], bytes | Awaitable[bytes | None] | None]
"""What to answer to a DNS message, which came in a stream or not: at once, after a while, or nothing."""


class Networking(Protocol):
    """Network namespaces, bridges, the firewall table and host ports."""

    async def ensure_bridge(self, plan: BridgePlan) -> None: ...

    async def remove_bridge(self, name: str) -> None: ...

    def has_interface(self, name: str) -> bool:
        """Whether the host has an interface of that name."""
        ...

    async def ensure_parent(self, parent: Parent) -> None:
        """One that is owned is there and up. InternalError where the kernel or what it is made of does not allow it."""
        ...

    async def remove_parent(self, parent: Parent) -> None:
        """Remove one that is owned; idempotent."""
        ...

    def bridges(self) -> Mapping[str, tuple[str, ...]]:
        """The host's bridges: names, and IPv4 addresses in CIDR form."""
        ...

    def routes(self) -> tuple[str, ...]:
        """Destinations of the host's routes in CIDR form, to choose free subnets."""
        ...

    async def create_namespace(self, path: str, interfaces: tuple[Interface, ...], user: str = "") -> None:
        """Pin a new network namespace at ``path``, with lo up and the interfaces made, addressed, up and routed. It is
        that of a ``user`` namespace, by its path, or the host's.

        An interface without an IPv6 address has no IPv6 at all. A failure leaves nothing.
        """
        ...

    async def connect(self, path: str, interface: Interface) -> None:
        """Add an interface to a namespace, or finish one that was begun; its gateways become the default routes."""
        ...

    async def disconnect(self, path: str, name: str) -> None:
        """Remove the interface called ``name`` in a namespace."""
        ...

    def shares(self, path: str) -> tuple[str, ...]:
        """Names of the interfaces in a namespace that share a parent; none where there is no such namespace."""
        ...

    async def traffic(self, path: str) -> dict[str, Traffic]:
        """Counters of a namespace's interfaces by name. FileNotFoundError if there is no such namespace."""
        ...

    async def route(self, path: str, name: str, gateways: tuple[str, ...], *, instead: bool) -> None:
        """Default routes by ``gateways`` through the interface ``name``: ``instead`` of those that a namespace has, or
        where it has none."""
        ...

    def interfaces(self) -> dict[str, str]:
        """Names of the host's ends of interfaces, and of the bridge each is in, "" if in none."""
        ...

    def unfinished(self) -> frozenset[str]:
        """The host's ends of interfaces that were begun and are not up: an engine may have ended in between."""
        ...

    def lacks(self, plans: Collection[BridgePlan]) -> bool:
        """Whether one of these bridges is missing or has not its addresses, or rules of the firewall are missing."""
        ...

    def disturbed(self) -> bool:
        """Whether a bridge, an address or rules may have been taken away, or an interface from its bridge, since this
        was last asked."""
        ...

    async def disturbance(self) -> None:
        """Wait until that happens, unless ``disturbed`` has told it."""
        ...

    async def attach(self, host_name: str, bridge: str) -> None:
        """Put the host's end of an interface into a bridge. One that is gone meanwhile is none to attach."""
        ...

    async def remove_interface(self, host_name: str) -> None:
        """Remove an interface by its host's end; idempotent."""
        ...

    async def remove_namespace(self, path: str, host_interfaces: tuple[str, ...] = (), *, shares: bool = False) -> None:
        """Unpin a namespace, which lives as long as a process is in it, and somewhat longer. Nothing passes
        ``host_interfaces``, the host's ends of its interfaces, from now on; with ``shares`` those of its interfaces
        that share a parent are gone."""
        ...

    def namespaces(self) -> tuple[str, ...]:
        """Paths of all pinned namespaces, for the sweep."""
        ...

    async def apply_firewall(
        self, networks: tuple[Network, ...], ports: tuple[PublishedPort, ...] | None, links: tuple[LinkedPort, ...] = ()
    ) -> None:
        """Replace all rules at once. With ``ports`` these and no others are published from now on, even where another
        process has one; None leaves what is published as it is."""
        ...

    def ephemeral_ports(self) -> range:
        """The ports that the host gives to who asks for any."""
        ...

    def relays_ipv6(self) -> bool:
        """Whether what comes to the host's IPv6 addresses is brought to containers without IPv6 too."""
        ...

    def refuses(self, protocol: str, address: str, port: int) -> bool:
        """Whether the host would not give a port: another process has it, or the address is not the host's."""
        ...

    async def publish(self, ports: tuple[PublishedPort, ...]) -> None:
        """Take the host ports and map them. HostPortRefused if one cannot be had: nothing is published then."""
        ...

    async def withdraw(self, ports: tuple[PublishedPort, ...]) -> None: ...


class NameServers(Protocol):
    """DNS for the processes of network namespaces: messages in and out, whatever they say."""

    async def serve(self, path: str, respond: Respond) -> None:
        """Answer what is asked at 127.0.0.11 in a namespace, until it is stopped; an engine that has ended may have
        done so before. The namespace's port 53 stays free for its processes."""
        ...

    async def stop(self, path: str) -> None:
        """Idempotent."""
        ...

    async def exchange(
        self,
        path: str,
        server: NameServer,
        message: bytes,
        *,
        streamed: bool,
        accepts: Callable[[bytes], bool],
        seconds: float,
    ) -> bytes | None:
        """Ask a server from a namespace, or from the host: its first answer that ``accepts``, None if it gives none in
        ``seconds``."""
        ...
