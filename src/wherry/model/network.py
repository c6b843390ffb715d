"""Networks, endpoints, ports."""

from msgspec import Struct


class Subnet(Struct, frozen=True, kw_only=True):
    """An address range of a network: ``subnet`` and ``ip_range`` in CIDR form, ``gateway`` an address.

    Without ``gateway`` the first free address is it; containers get theirs from ``ip_range``, if there is one;
    ``auxiliary`` addresses, by name, go to nobody. ``chosen``: by the engine, so that no container may ask for an
    address in it.
    """

    subnet: str
    gateway: str = ""
    ip_range: str = ""
    auxiliary: dict[str, str] = {}
    chosen: bool = False


class Parent(Struct, frozen=True, kw_only=True):
    """An interface of the host that the interfaces of a network share: ``kind`` is macvlan or ipvlan, ``mode`` and
    ``flag`` are in Docker's words.

    ``owned``: it was not there, and is made and removed with the network: as VLAN number ``vlan`` of the interface
    ``base``, or, without one, as a dummy that leads nowhere.
    """

    kind: str
    name: str
    mode: str
    flag: str = ""
    owned: bool = False
    base: str = ""
    vlan: int = 0


class Network(Struct, frozen=True, kw_only=True):
    """A named network. ``driver`` is bridge, macvlan, ipvlan, host or null; ``bridge`` is the interface's name for
    bridge networks, ``parent`` that of those which share one.

    ``created`` is nanoseconds since the epoch; ``options`` are the driver's, in Docker's names. Without ``ipv6`` its
    IPv6 subnets are of no use. ``config_only``: it is a configuration for others and nothing is made of it; they
    name it in ``config_from``. ``host_ipv4`` and ``host_ipv6`` are the host's addresses for what leaves it and is
    masqueraded, "" for that of the way it takes.
    """

    id: str
    name: str
    driver: str = "bridge"
    bridge: str = ""
    parent: Parent | None = None
    subnets: tuple[Subnet, ...] = ()
    internal: bool = False
    attachable: bool = False
    ipv6: bool = False
    masquerade: bool = True
    icc: bool = True
    host_ipv4: str = ""
    host_ipv6: str = ""
    mtu: int = 1500
    options: dict[str, str] = {}
    labels: dict[str, str] = {}
    created: int = 0
    config_only: bool = False
    config_from: str = ""


class NetworkRequest(Struct, frozen=True, kw_only=True):
    """A network to make. Without ``subnets`` one is chosen; ``options`` are the driver's, in Docker's names."""

    name: str
    driver: str = "bridge"
    subnets: tuple[Subnet, ...] = ()
    internal: bool = False
    attachable: bool = False
    ipv6: bool = False
    options: dict[str, str] = {}
    labels: dict[str, str] = {}
    config_only: bool = False
    config_from: str = ""


class AddressPool(Struct, frozen=True, kw_only=True):
    """A range, in CIDR form, to cut subnets of prefix length ``size`` from."""

    base: str
    size: int


class NetworkSettings(Struct, frozen=True, kw_only=True):
    """What the daemon was told of networks.

    Of the default network: ``bridge`` is the interface to use ("none": there is no such network; "": ``own_bridge``,
    made when it is not there), ``bip`` its address and ``fixed_cidr`` the range of its containers, both in CIDR form,
    ``default_gateway`` their way out if that is not the bridge; with ``ipv6`` it has the subnet ``fixed_cidr_v6`` too,
    and ``default_gateway_v6`` may lead out of that; ``icc``: they may talk; ``masquerade``, ``mtu``.

    Of all: ``firewall``: whether rules are made, ``forward``: whether the host is told to forward packets,
    ``relay``: whether connections are relayed that no rule can translate, ``host_ip`` where ports are published ("":
    everywhere), ``pools`` where subnets are from (none: Docker's), ``host_gateway`` what ``host-gateway`` means.
    ``driver_options``: of networks that are made and say nothing else, by driver.
    """

    bridge: str = ""
    own_bridge: str = "docker0"
    bip: str = ""
    fixed_cidr: str = ""
    default_gateway: str = ""
    icc: bool = True
    ipv6: bool = False
    fixed_cidr_v6: str = ""
    default_gateway_v6: str = ""
    masquerade: bool = True
    mtu: int = 1500
    firewall: bool = True
    forward: bool = True
    relay: bool = True
    host_ip: str = ""
    pools: tuple[AddressPool, ...] = ()
    host_gateway: str = ""
    driver_options: dict[str, dict[str, str]] = {}


class EndpointSpec(Struct, frozen=True, kw_only=True):
    """How a container asks to be in a network; ``network_id``: which one that was when it was last in it."""

    network: str
    network_id: str = ""
    ipv4: str = ""
    ipv6: str = ""
    mac: str = ""
    link_local: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    driver_options: dict[str, str] = {}


class NameServer(Struct, frozen=True, kw_only=True):
    """A DNS server to ask, from a container's network namespace or ``from_host``."""

    address: str
    from_host: bool = False


PROTOCOLS = ("tcp", "udp", "sctp")
"""Of ports that can be published."""


class PortSpec(Struct, frozen=True, kw_only=True):
    """A port to publish, as asked: ``host_port`` is "" (any free one), a number, or a range; ``host_ip`` "" for all."""

    container_port: int
    protocol: str = "tcp"
    host_ip: str = ""
    host_port: str = ""


class PortBinding(Struct, frozen=True, kw_only=True):
    """A published port: ``host_ip``:``host_port`` → the endpoint's ``container_port``."""

    host_ip: str
    host_port: int
    container_port: int
    protocol: str = "tcp"


class Endpoint(Struct, frozen=True, kw_only=True):
    """A container's end in a network. Addresses without prefix length; ``interface`` is the name inside (eth0), "" in
    the networks host and none, which nothing leads to; ``host_interface`` is the host's end, if there is one. A gateway
    of 0.0.0.0 or :: is the interface itself: whoever is outside is looked for there.

    ``names``: what the network's name service calls it; ``links``: names that the container alone knows → names of
    others in the network.
    """

    id: str
    network_id: str
    network: str
    container_id: str
    interface: str = "eth0"
    host_interface: str = ""
    ipv4: str = ""
    ipv4_prefix: int = 0
    ipv4_gateway: str = ""
    ipv6: str = ""
    ipv6_prefix: int = 0
    ipv6_gateway: str = ""
    link_local: tuple[str, ...] = ()
    mac: str = ""
    names: tuple[str, ...] = ()
    links: dict[str, str] = {}
    ports: tuple[PortBinding, ...] = ()


class LinkedPort(Struct, frozen=True, kw_only=True):
    """A port of a container, ``source_ip``, that another of its network, ``receiver_ip``, may talk to by a link."""

    protocol: str
    receiver_ip: str
    source_ip: str
    port: int


class Interface(Struct, frozen=True, kw_only=True):
    """One end of a network to make in a sandbox: of a pair whose other end, ``host_name``, is in a ``bridge``, or a
    share of a ``parent``, which may keep the MAC address ("") and has the MTU. Addresses in CIDR form; no gateways: not
    the default route."""

    name: str
    mac: str
    bridge: str = ""
    host_name: str = ""
    parent: Parent | None = None
    mtu: int = 1500
    addresses: tuple[str, ...]
    gateways: tuple[str, ...] = ()


class BridgePlan(Struct, frozen=True, kw_only=True):
    """A bridge to have on the host. ``addresses`` in CIDR form; ``mac`` "" for one of the kernel's choice.

    ``owned``: it is ours, made if it is not there, with these IPv4 addresses and no others. ``forward``: the host is to
    forward packets. ``filtered``: frames between its ports are to meet the firewall.
    """

    name: str
    addresses: tuple[str, ...]
    mac: str = ""
    mtu: int = 1500
    owned: bool = True
    forward: bool = True
    filtered: bool = False


class PublishedPort(Struct, frozen=True, kw_only=True):
    """host_ip:host_port → container_ip:container_port. ``host_ip`` 0.0.0.0 or :: means every address of the host."""

    protocol: str
    host_ip: str
    host_port: int
    container_ip: str
    container_port: int
