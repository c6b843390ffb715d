"""``plugin install``, ``upgrade`` and ``push``: plugins from registries, and to them.

An engine takes from a registry only a plugin all of whose wishes are granted: they are asked for before.
"""

from ...client.connection import ApiError
from ..config.credentials import auth_headers
from ..flags import Command, Flag
from ..progress import render
from ..questions import confirmed
from ..references import parse
from ..session import CommandError
from ..trust import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...client.connection import Response
    from ..flags import Options
    from ..session import Session

UNTRUSTED = Flag("disable-content-trust", "bool", "Skip image verification", default=True, default_text="true")
GRANT = Flag("grant-all-permissions", "bool", "Grant all permissions necessary to run the plugin")
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
PUSH = Command(
    "[OPTIONS] PLUGIN[:TAG]",
    "Push a plugin to a registry",
    (Flag("disable-content-trust", "bool", "Skip image signing", default=True, default_text="true"),),
    minimum=1,
    maximum=1,
)
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


def install(session: "Session", argv: list[str]) -> int:
    options = INSTALL.parse(argv, session.spelled)
    remote, *settings = options.arguments
    alias = parse(options["alias"] or remote)
    if options["alias"] and alias.digest:
        raise CommandError(f"invalid name: {options['alias']}")
    response = _fetched(session, options, "/plugins/pull", remote, {"name": _named(options["alias"])})
    name = response.headers["docker-plugin-name"]
    render(response, session.out)
    if settings:
        session.client.call("POST", f"/plugins/{name}/set", body=settings)
    if not options["disable"]:
        session.client.call("POST", f"/plugins/{name}/enable", query={"timeout": "0"})
    session.out.line(f"Installed plugin {remote}")
    return 0


def upgrade(session: "Session", argv: list[str]) -> int:
    options = UPGRADE.parse(argv, session.spelled)
    plugin = _inspected(session, options.arguments[0])
    if plugin["Enabled"]:
        raise CommandError("the plugin must be disabled before upgrading")
    name, remote = plugin["Name"], (options.arguments[1:] or [plugin["PluginReference"]])[0]
    old, new = _named(plugin["PluginReference"]), _named(remote)
    session.out.line(f"Upgrading plugin {name} from {old} to {new}")
    same = old == new or options["skip-remote-check"]
    if not same and not confirmed(session, "Plugin images do not match, are you sure?"):
        return 0
    render(_fetched(session, options, f"/plugins/{name}/upgrade", remote, {}), session.out)
    session.out.line(f"Upgraded plugin {name} to {remote}")
    return 0


def push(session: "Session", argv: list[str]) -> int:
    options = PUSH.parse(argv, session.spelled)
    (name,) = options.arguments
    reference = parse(name)
    if reference.digest:
        raise CommandError(f"invalid name: {name}")
    check(options, name)
    headers = auth_headers(session, reference.domain)
    render(session.client.call("POST", f"/plugins/{_named(name)}/push", headers=headers), session.out)
    return 0


def _fetched(session: "Session", options: "Options", path: str, remote: str, query: "dict[str, str]") -> "Response":
    """The engine's answer when it is asked for a plugin of a registry and told what is granted to it."""
    check(options, remote)
    reference = parse(remote)
    headers = auth_headers(session, reference.domain)
    query = {"remote": str(reference), **query}
    wanted = session.client.call("GET", "/plugins/privileges", query=query, headers=headers).json()
    if wanted and not options["grant-all-permissions"] and not _granted(session, remote, wanted):
        raise CommandError(f"permission denied while installing plugin {reference}")
    return session.client.call("POST", path, query=query, headers=headers, body=wanted)


def _granted(session: "Session", name: str, wanted: "list[dict[str, Any]]") -> bool:
    session.out.line(f'Plugin "{name}" is requesting the following privileges:')
    for privilege in wanted:
        session.out.line(f" - {privilege['Name']}: [{' '.join(privilege['Value'])}]")
    return confirmed(session, "Do you grant the above permissions?")


def _inspected(session: "Session", name: str) -> "dict[str, Any]":
    try:
        plugin: dict[str, Any] = session.client.call("GET", f"/plugins/{name}/json").json()
    except ApiError as error:
        raise CommandError(f"error reading plugin data: {error}") from None
    return plugin


def _named(name: str) -> str:
    """A name as people know it, with a tag or a digest; "" for none."""
    if not name:
        return ""
    reference = parse(name)
    return f"{reference.familiar_name}{reference.suffix or ':latest'}"
