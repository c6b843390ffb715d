"""``plugin``: the managed plugins of an engine. Ours has none from registries.

Plugins of the command line itself are another thing: ``cli/plugins``.
"""

import json
from os.path import exists, isdir, join

from ...client.connection import ApiError
from ...tar.pack import pack_spans
from ..building.context import compressed
from ..config.credentials import auth_headers
from ..flags import Command, Flag
from ..formats import HELP, Listing, listing_template, quiet_template
from ..options.filters import collect, encode, filter_flag
from ..progress import render
from ..references import parse
from ..session import CommandError
from ..texts import ellipsis, natural
from ..trust import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats import Fields
    from ..session import Session

UNTRUSTED = Flag("disable-content-trust", "bool", "Skip image verification", default=True, default_text="true")
GRANT = Flag("grant-all-permissions", "bool", "Grant all permissions necessary to run the plugin")
CREATE = Command(
    "[OPTIONS] PLUGIN PLUGIN-DATA-DIR",
    "Create a plugin from a rootfs and configuration. Plugin data directory must contain config.json and rootfs "
    "directory.",
    (Flag("compress", "bool", "Compress the context using gzip"),),
    minimum=2,
    maximum=2,
)
DISABLE = Command(
    "[OPTIONS] PLUGIN",
    "Disable a plugin",
    (Flag("force", "bool", "Force the disable of an active plugin", short="f"),),
    minimum=1,
    maximum=1,
)
ENABLE = Command(
    "[OPTIONS] PLUGIN",
    "Enable a plugin",
    (Flag("timeout", "int", "HTTP client timeout (in seconds)", default=30, default_text="30"),),
    minimum=1,
    maximum=1,
)
INSTALL = Command(
    "[OPTIONS] PLUGIN [KEY=VALUE...]",
    "Install a plugin",
    (
        Flag("alias", "string", "Local name for plugin"),
        Flag("disable", "bool", "Do not enable the plugin on install"),
        UNTRUSTED,
        GRANT,
    ),
    minimum=1,
    maximum=None,
)
LIST = Command(
    "[OPTIONS]",
    "List plugins",
    (
        filter_flag('Provide filter values (e.g. "enabled=true")'),
        Flag("format", "string", HELP),
        Flag("no-trunc", "bool", "Don't truncate output"),
        Flag("quiet", "bool", "Only display plugin IDs", short="q"),
    ),
    aliases=("plugin ls", "plugin list"),
)
PUSH = Command(
    "[OPTIONS] PLUGIN[:TAG]",
    "Push a plugin to a registry",
    (Flag("disable-content-trust", "bool", "Skip image signing", default=True, default_text="true"),),
    minimum=1,
    maximum=1,
)
REMOVE = Command(
    "[OPTIONS] PLUGIN [PLUGIN...]",
    "Remove one or more plugins",
    (Flag("force", "bool", "Force the removal of an active plugin", short="f"),),
    minimum=1,
    maximum=None,
    aliases=("plugin rm", "plugin remove"),
)
SET = Command("PLUGIN KEY=VALUE [KEY=VALUE...]", "Change settings for a plugin", minimum=2, maximum=None)
UPGRADE = Command(
    "[OPTIONS] PLUGIN [REMOTE]",
    "Upgrade an existing plugin",
    (
        UNTRUSTED,
        GRANT,
        Flag("skip-remote-check", "bool", "Do not check if specified remote plugin matches existing plugin image"),
    ),
    minimum=1,
    maximum=2,
)
LISTING = Listing(
    "*plugin.pluginContext",
    {"ID": "ID", "Name": "NAME", "Description": "DESCRIPTION", "Enabled": "ENABLED", "PluginReference": "IMAGE"},
    ("ID", "Name", "Description", "Enabled"),
    "plugin_id: {{.ID}}\nname: {{.Name}}\ndescription: {{.Description}}\nenabled: {{.Enabled}}\n",
)
ID_WIDTH = 12
DESCRIPTION_WIDTH = 45
TAR = {"Content-Type": "application/x-tar"}
NOT_HERE = "plugins are installed by docker's own command only"


def ls(session: "Session", argv: list[str]) -> int:
    options = LIST.parse(argv, session.spelled)
    found = session.client.call("GET", "/plugins", query=encode(collect(options["filter"]))).json()
    template = listing_template(session, options, "pluginsFormat")
    if options["quiet"]:
        template = quiet_template(template, "plugin_id: {{.ID}}")
    plugins = sorted(found, key=lambda plugin: natural(plugin["Name"]))
    LISTING.write(session.out, [_fields(plugin, trunc=not options["no-trunc"]) for plugin in plugins], template)
    return 0


def enable(session: "Session", argv: list[str]) -> int:
    options = ENABLE.parse(argv, session.spelled)
    (name,) = options.arguments
    session.client.call("POST", f"/plugins/{name}/enable", query={"timeout": str(options["timeout"])})
    session.out.line(name)
    return 0


def disable(session: "Session", argv: list[str]) -> int:
    options = DISABLE.parse(argv, session.spelled)
    (name,) = options.arguments
    query = {"force": "1"} if options["force"] else {}
    session.client.call("POST", f"/plugins/{name}/disable", query=query)
    session.out.line(name)
    return 0


def remove(session: "Session", argv: list[str]) -> int:
    options = REMOVE.parse(argv, session.spelled)
    query = {"force": "1"} if options["force"] else {}
    problems = []
    for name in options.arguments:
        try:
            session.client.call("DELETE", f"/plugins/{name}", query=query)
            session.out.line(name)
        except ApiError as error:
            problems.append(str(error))
    if problems:
        raise CommandError(", ".join(problems))
    return 0


def change(session: "Session", argv: list[str]) -> int:
    name, *settings = SET.parse(argv, session.spelled).arguments
    session.client.call("POST", f"/plugins/{name}/set", body=settings)
    return 0


def push(session: "Session", argv: list[str]) -> int:
    options = PUSH.parse(argv, session.spelled)
    (name,) = options.arguments
    reference = parse(name)
    if reference.digest:
        raise CommandError(f"invalid name: {name}")
    check(options, name)
    tagged = f"{reference.familiar_name}:{reference.tag or 'latest'}"
    headers = auth_headers(session, reference.domain)
    render(session.client.call("POST", f"/plugins/{tagged}/push", headers=headers), session.out)
    return 0


def install(session: "Session", argv: list[str]) -> int:
    options = INSTALL.parse(argv, session.spelled)
    name = options.arguments[0]
    reference = parse(name)
    check(options, name)
    headers = auth_headers(session, reference.domain)
    session.client.call("GET", "/plugins/privileges", query={"remote": str(reference)}, headers=headers)
    raise CommandError(NOT_HERE)


def upgrade(session: "Session", argv: list[str]) -> int:
    name = UPGRADE.parse(argv, session.spelled).arguments[0]
    try:
        session.client.call("GET", f"/plugins/{name}/json")
    except ApiError as error:
        raise CommandError(f"error reading plugin data: {error}") from None
    raise CommandError(NOT_HERE)


def create(session: "Session", argv: list[str]) -> int:
    options = CREATE.parse(argv, session.spelled)
    name, folder = options.arguments
    parse(name)
    if not exists(folder):
        raise CommandError(f"lstat {folder}: no such file or directory")
    if not isdir(folder):
        raise CommandError("context must be a directory")
    _check_config(join(folder, "config.json"))
    chunks = pack_spans(folder, None, None)
    body = compressed(chunks) if options["compress"] else chunks
    session.client.call("POST", "/plugins/create", query={"name": name}, body=body, headers=TAR)
    session.out.line(name)
    return 0


def _check_config(path: str) -> None:
    try:
        with open(path, "rb") as file:
            json.load(file)
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from None
    except ValueError as error:
        raise CommandError(f"{path}: {error}") from None


def _fields(plugin: "dict[str, Any]", *, trunc: bool) -> "Fields":
    described = (plugin["Config"].get("Description") or "").replace("\n", "").replace("\r", "")
    return {
        "ID": lambda: plugin["Id"][:ID_WIDTH] if trunc else plugin["Id"],
        "Name": lambda: plugin["Name"],
        "Description": lambda: ellipsis(described, DESCRIPTION_WIDTH) if trunc else described,
        "Enabled": lambda: plugin["Enabled"],
        "PluginReference": lambda: plugin.get("PluginReference") or "",
    }
