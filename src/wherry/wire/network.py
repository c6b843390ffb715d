"""Networks, endpoints and ports as Docker's API tells them."""

from msgspec import UNSET, Struct, UnsetType, field


class EndpointIPAMConfig(Struct, kw_only=True):
    """Addresses that were asked for."""

    ipv4_address: str | UnsetType | None = field(default=UNSET, name="IPv4Address")
    ipv6_address: str | UnsetType | None = field(default=UNSET, name="IPv6Address")
    link_local_ips: list[str] | UnsetType | None = field(default=UNSET, name="LinkLocalIPs")


class EndpointSettings(Struct, kw_only=True, rename="pascal"):
    """A container's end in a network: what was asked for and, in answers, what came of it."""

    ipam_config: EndpointIPAMConfig | None = field(default=None, name="IPAMConfig")
    links: list[str] | None = None
    aliases: list[str] | None = None
    mac_address: str | None = None
    network_id: str | None = field(default=None, name="NetworkID")
    endpoint_id: str | None = field(default=None, name="EndpointID")
    gateway: str | None = None
    ip_address: str | None = field(default=None, name="IPAddress")
    ip_prefix_len: int | None = field(default=None, name="IPPrefixLen")
    ipv6_gateway: str | None = field(default=None, name="IPv6Gateway")
    global_ipv6_address: str | None = field(default=None, name="GlobalIPv6Address")
    global_ipv6_prefix_len: int | None = field(default=None, name="GlobalIPv6PrefixLen")
    driver_opts: dict[str, str] | None = None
    dns_names: list[str] | None = field(default=None, name="DNSNames")


class NetworkingConfig(Struct, kw_only=True, rename="pascal"):
    endpoints_config: dict[str, EndpointSettings | None] | None = None


class PortBinding(Struct, kw_only=True, rename="pascal"):
    """A host's end of a published port, as asked or as bound."""

    host_ip: str | None = None
    host_port: str | None = None


class Port(Struct, kw_only=True, rename="pascal"):
    """A port in a container's summary: exposed, or published if it has a public one."""

    ip: str | UnsetType = field(default=UNSET, name="IP")
    private_port: int
    public_port: int | UnsetType = UNSET
    type: str


class SummaryNetworks(Struct, kw_only=True, rename="pascal"):
    networks: dict[str, EndpointSettings]


class NetworkSettings(Struct, kw_only=True, rename="pascal"):
    """Where a container is in its networks; the flat fields repeat its endpoint in the network ``bridge``."""

    bridge: str = ""
    sandbox_id: str = field(default="", name="SandboxID")
    sandbox_key: str = ""
    ports: dict[str, list[PortBinding] | None]
    hairpin_mode: bool = False
    link_local_ipv6_address: str = field(default="", name="LinkLocalIPv6Address")
    link_local_ipv6_prefix_len: int = field(default=0, name="LinkLocalIPv6PrefixLen")
    secondary_ip_addresses: None = field(default=None, name="SecondaryIPAddresses")
    secondary_ipv6_addresses: None = field(default=None, name="SecondaryIPv6Addresses")
    endpoint_id: str = field(default="", name="EndpointID")
    gateway: str = ""
    global_ipv6_address: str = field(default="", name="GlobalIPv6Address")
    global_ipv6_prefix_len: int = field(default=0, name="GlobalIPv6PrefixLen")
    ip_address: str = field(default="", name="IPAddress")
    ip_prefix_len: int = field(default=0, name="IPPrefixLen")
    ipv6_gateway: str = field(default="", name="IPv6Gateway")
    mac_address: str = ""
    networks: dict[str, EndpointSettings]


class IPAMPool(Struct, kw_only=True, rename="pascal"):
    """A range of addresses in CIDR form."""

    subnet: str | UnsetType | None = UNSET
    ip_range: str | UnsetType | None = field(default=UNSET, name="IPRange")
    gateway: str | UnsetType | None = UNSET
    auxiliary_addresses: dict[str, str] | UnsetType | None = UNSET


class IPAM(Struct, kw_only=True, rename="pascal"):
    driver: str | None = None
    options: dict[str, str] | None = None
    config: list[IPAMPool] | None = None


class ConfigReference(Struct, frozen=True, kw_only=True, rename="pascal"):
    network: str | None = None


class NetworkCreateRequest(Struct, kw_only=True, rename="pascal"):
    name: str | None = None
    driver: str | None = None
    scope: str | None = None
    enable_ipv6: bool | None = field(default=None, name="EnableIPv6")
    ipam: IPAM | None = field(default=None, name="IPAM")
    internal: bool | None = None
    attachable: bool | None = None
    ingress: bool | None = None
    config_only: bool | None = None
    config_from: ConfigReference | None = None
    options: dict[str, str] | None = None
    labels: dict[str, str] | None = None


class NetworkCreated(Struct, kw_only=True, rename="pascal"):
    id: str
    warning: str = ""


class NetworkContainer(Struct, kw_only=True, rename="pascal"):
    """An endpoint as its network tells it; addresses in CIDR form."""

    name: str
    endpoint_id: str = field(name="EndpointID")
    mac_address: str
    ipv4_address: str = field(name="IPv4Address")
    ipv6_address: str = field(name="IPv6Address")


class NetworkResource(Struct, kw_only=True, rename="pascal"):
    name: str
    id: str
    created: str
    scope: str = "local"
    driver: str
    enable_ipv6: bool = field(name="EnableIPv6")
    ipam: IPAM = field(name="IPAM")
    internal: bool
    attachable: bool
    ingress: bool = False
    config_from: ConfigReference = ConfigReference(network="")
    config_only: bool = False
    containers: dict[str, NetworkContainer]
    options: dict[str, str]
    labels: dict[str, str]


class ConnectRequest(Struct, kw_only=True, rename="pascal"):
    container: str | None = None
    endpoint_config: EndpointSettings | None = None


class DisconnectRequest(Struct, kw_only=True, rename="pascal"):
    container: str | None = None
    force: bool | None = None


class NetworksPruned(Struct, kw_only=True, rename="pascal"):
    networks_deleted: list[str] | None
