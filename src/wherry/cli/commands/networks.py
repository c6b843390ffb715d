"""``network create``, ``ls``, ``rm``, ``connect`` and ``disconnect``."""

from ...client.connection import ApiError
from ..flags import Command, Flag
from ..formats import HELP, Listing, listing_template, quiet_template
from ..formats.units import go_time
from ..options.defaults import default_endpoint
from ..options.environment import pairs
from ..options.filters import collect, encode, filter_flag
from ..session import CommandError
from ..texts import go_bool, label_list, natural, short_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options
    from ..formats import Fields
    from ..session import Session

CREATE = Command(
    "[OPTIONS] NETWORK",
    "Create a network",
    (
        Flag("attachable", "bool", "Enable manual container attachment"),
        Flag("aux-address", "map", "Auxiliary IPv4 or IPv6 addresses used by Network driver", default_text="map[]"),
        Flag("config-from", "string", "The network from which to copy the configuration"),
        Flag("config-only", "bool", "Create a configuration only network"),
        Flag(
            "driver",
            "string",
            "Driver to manage the Network",
            short="d",
            default="bridge",
            default_text='"bridge"',
        ),
        Flag("gateway", "list", "IPv4 or IPv6 Gateway for the master subnet", value_name="strings"),
        Flag("ingress", "bool", "Create swarm routing-mesh network"),
        Flag("internal", "bool", "Restrict external access to the network"),
        Flag("ip-range", "list", "Allocate container ip from a sub-range", value_name="strings"),
        Flag("ipam-driver", "string", "IP Address Management Driver", default="default", default_text='"default"'),
        Flag("ipam-opt", "map", "Set IPAM driver specific options", default_text="map[]"),
        Flag("ipv6", "bool", "Enable IPv6 networking"),
        Flag("label", "list", "Set metadata on a network", parse="environment:label"),
        Flag("opt", "map", "Set driver specific options", short="o", default_text="map[]"),
        Flag("scope", "string", "Control the network's scope"),
        Flag("subnet", "list", "Subnet in CIDR format that represents a network segment", value_name="strings"),
    ),
    minimum=1,
    maximum=1,
)
LIST = Command(
    "[OPTIONS]",
    "List networks",
    (
        filter_flag('Provide filter values (e.g. "driver=bridge")'),
        Flag("format", "string", HELP),
        Flag("no-trunc", "bool", "Do not truncate the output"),
        Flag("quiet", "bool", "Only display network IDs", short="q"),
    ),
    aliases=("network ls", "network list"),
)
REMOVE = Command(
    "NETWORK [NETWORK...]",
    "Remove one or more networks",
    (Flag("force", "bool", "Do not error if the network does not exist", short="f"),),
    minimum=1,
    maximum=None,
    aliases=("network rm", "network remove"),
)
CONNECT = Command(
    "[OPTIONS] NETWORK CONTAINER",
    "Connect a container to a network",
    (
        Flag("alias", "list", "Add network-scoped alias for the container", value_name="strings"),
        Flag("driver-opt", "list", "driver options for the network", value_name="strings"),
        Flag("ip", "string", 'IPv4 address (e.g., "172.30.100.104")'),
        Flag("ip6", "string", 'IPv6 address (e.g., "2001:db8::33")'),
        Flag("link", "list", "Add link to another container", parse="networking:link"),
        Flag("link-local-ip", "list", "Add a link-local address for the container", value_name="strings"),
    ),
    minimum=2,
    maximum=2,
)
DISCONNECT = Command(
    "[OPTIONS] NETWORK CONTAINER",
    "Disconnect a container from a network",
    (Flag("force", "bool", "Force the container to disconnect from a network", short="f"),),
    minimum=2,
    maximum=2,
)
HEADERS = {
    "CreatedAt": "CREATED AT",
    "Driver": "DRIVER",
    "ID": "NETWORK ID",
    "IPv6": "IPV6",
    "Internal": "INTERNAL",
    "Labels": "LABELS",
    "Name": "NAME",
    "Scope": "SCOPE",
}
LISTING = Listing(
    "*network.networkContext",
    HEADERS,
    ("ID", "Name", "Driver", "Scope"),
    "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
    frozenset(("Label",)),
)


def create(session: "Session", argv: list[str]) -> int:
    options = CREATE.parse(argv, session.spelled)
    answer = session.client.call("POST", "/networks/create", body=_request(options)).json()
    session.out.line(answer["Id"])
    return 0


def ls(session: "Session", argv: list[str]) -> int:
    options = LIST.parse(argv, session.spelled)
    found = session.client.call("GET", "/networks", query=encode(collect(options["filter"]))).json()
    networks = sorted(found, key=lambda network: natural(network["Name"]))
    template = listing_template(session, options, "networksFormat")
    if options["quiet"]:
        template = quiet_template(template, "network_id: {{.ID}}")
    LISTING.write(session.out, [fields(network, trunc=not options["no-trunc"]) for network in networks], template)
    return 0


def fields(network: "dict[str, Any]", *, trunc: bool) -> "Fields":
    labels = network.get("Labels") or {}
    return {
        "CreatedAt": lambda: go_time(network["Created"]),
        "Driver": lambda: network["Driver"],
        "ID": lambda: short_id(network["Id"]) if trunc else network["Id"],
        "IPv6": lambda: go_bool(network["EnableIPv6"]),
        "Internal": lambda: go_bool(network["Internal"]),
        "Label": lambda name: labels.get(name, ""),
        "Labels": lambda: label_list(labels),
        "Name": lambda: network["Name"],
        "Scope": lambda: network["Scope"],
    }


def remove(session: "Session", argv: list[str]) -> int:
    """One after the other, going on after an error."""
    options = REMOVE.parse(argv, session.spelled)
    status = 0
    for name in options.arguments:
        try:
            session.client.call("DELETE", f"/networks/{name}")
        except ApiError as error:
            if not (options["force"] and error.status == 404):
                session.err.line(str(error))
                status = 1
        else:
            session.out.line(name)
    return status


def connect(session: "Session", argv: list[str]) -> int:
    options = CONNECT.parse(argv, session.spelled)
    network, container = options.arguments
    asked = {"Container": container, "EndpointConfig": _endpoint(options)}
    session.client.call("POST", f"/networks/{network}/connect", body=asked)
    return 0


def disconnect(session: "Session", argv: list[str]) -> int:
    options = DISCONNECT.parse(argv, session.spelled)
    network, container = options.arguments
    asked = {"Container": container, "Force": options["force"]}
    session.client.call("POST", f"/networks/{network}/disconnect", body=asked)
    return 0


def _request(options: "Options") -> "dict[str, Any]":
    from ..options.address_pools import pools, split

    try:
        subnets, ranges, gateways = (split(options[name]) for name in ("subnet", "ip-range", "gateway"))
        config = pools(subnets, ranges, gateways, options["aux-address"])
    except ValueError as error:
        raise CommandError(str(error)) from None
    source = options["config-from"]
    return {
        "Name": options.arguments[0],
        "Driver": options["driver"],
        "Scope": options["scope"] or "",
        "EnableIPv6": options["ipv6"],
        "IPAM": {"Driver": options["ipam-driver"], "Options": options["ipam-opt"], "Config": config},
        "Internal": options["internal"],
        "Ingress": options["ingress"],
        "Attachable": options["attachable"],
        "ConfigOnly": options["config-only"],
        "ConfigFrom": {"Network": source} if source else None,
        "Options": options["opt"],
        "Labels": pairs(options["label"]),
    }


def _endpoint(options: "Options") -> "dict[str, Any]":
    from ..options.address_pools import split

    try:
        settings = [option.partition("=") for option in split(options["driver-opt"])]
        aliases, link_local = split(options["alias"]), split(options["link-local-ip"])
    except ValueError as error:
        raise CommandError(str(error)) from None
    if not all(equals for _, equals, _ in settings):
        raise CommandError("invalid key/value pair format in driver options")
    addresses = {"IPv4Address": options["ip"], "IPv6Address": options["ip6"], "LinkLocalIPs": link_local}
    return {
        **default_endpoint(),
        "IPAMConfig": {name: value for name, value in addresses.items() if value},
        "Links": options["link"],
        "Aliases": aliases,
        "DriverOpts": {name: value for name, _, value in settings},
    }
