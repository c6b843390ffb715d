"""``plugin``: the managed plugins of an engine.

Plugins of the command line itself are another thing: ``cli/plugins``.
"""

import json
from os.path import exists, isdir, join

from ...client.connection import ApiError
from ...tar.pack import pack_spans
from ..building.context import compressed
from ..flags import Command, Flag
from ..formats import HELP, Listing, listing_template, quiet_template
from ..options.filters import collect, encode, filter_flag
from ..references import parse
from ..session import CommandError
from ..texts import ellipsis, natural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats import Fields
    from ..session import Session

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
REMOVE = Command(
    "[OPTIONS] PLUGIN [PLUGIN...]",
    "Remove one or more plugins",
    (Flag("force", "bool", "Force the removal of an active plugin", short="f"),),
    minimum=1,
    maximum=None,
    aliases=("plugin rm", "plugin remove"),
)
SET = Command("PLUGIN KEY=VALUE [KEY=VALUE...]", "Change settings for a plugin", minimum=2, maximum=None)
LISTING = Listing(
    "*plugin.pluginContext",
    {"ID": "ID", "Name": "NAME", "Description": "DESCRIPTION", "Enabled": "ENABLED", "PluginReference": "IMAGE"},
    ("ID", "Name", "Description", "Enabled"),
    "plugin_id: {{.ID}}\nname: {{.Name}}\ndescription: {{.Description}}\nenabled: {{.Enabled}}\n",
)
ID_WIDTH = 12
DESCRIPTION_WIDTH = 45
TAR = {"Content-Type": "application/x-tar"}


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
