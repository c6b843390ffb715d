"""Who the user is at a registry: from ``config.json`` or a credential helper, as the ``X-Registry-Auth`` header.

Credentials go to the engine with the request that needs them and are not kept there (Docker Engine API,
"Authentication").
"""

from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64

from ...client.jsonlite import dumps, loads
from ..session import getenv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..session import Session

HUB_DOMAIN = "docker.io"
HUB_KEY = "https://index.docker.io/v1/"


def auth_headers(session: "Session", domain: str) -> dict[str, str]:
    """The header for requests that make the engine talk to a registry; none without credentials."""
    found = credentials_at(session, domain)
    return {"X-Registry-Auth": encoded(found)} if found else {}


def credentials_at(session: "Session", domain: str) -> dict[str, str]:
    """``lookup`` by the domain of a reference."""
    return lookup(session, HUB_KEY if domain == HUB_DOMAIN else domain)


def push_headers(session: "Session", domain: str) -> dict[str, str]:
    """As ``auth_headers``, for a request in which Docker's engine wants the header in any case."""
    return auth_headers(session, domain) or {"X-Registry-Auth": encoded({})}


def encoded(credentials: "Mapping[str, object]") -> str:
    """base64url of the JSON."""
    return b2a_base64(dumps(credentials), newline=False).decode().translate(str.maketrans("+/", "-_"))


def lookup(session: "Session", key: str) -> dict[str, str]:
    """``username`` and ``password``, or ``identitytoken``, with ``serveraddress``; {} when nothing is known."""
    helper = helper_of(session.config, key)
    if helper:
        return _ask_helper(session, helper, key)
    auths = {**(session.config.get("auths") or {}), **_environment_auths(session)}
    entry = auths.get(key)
    if entry is None:
        entry = next((auth for name, auth in auths.items() if hostname(name) == key), None)
    return _decoded(session, key, entry) if entry else {}


def helper_of(config: "dict[str, Any]", key: str) -> str:
    """The helper that the configuration names for a key, "" where credentials are in the configuration itself."""
    return str((config.get("credHelpers") or {}).get(key) or config.get("credsStore") or "")


def hostname(name: str) -> str:
    """``https://host/v2/`` → ``host``: old entries are addresses."""
    return name.removeprefix("https://").removeprefix("http://").partition("/")[0]


def _environment_auths(session: "Session") -> "dict[str, Any]":
    text = getenv("DOCKER_AUTH_CONFIG")
    try:
        return (loads(text).get("auths") or {}) if text else {}
    except ValueError as error:
        session.err.line(f"WARNING: DOCKER_AUTH_CONFIG is not valid: {error}")
        return {}


def _decoded(session: "Session", key: str, entry: "dict[str, Any]") -> dict[str, str]:
    if entry.get("identitytoken"):
        return {"identitytoken": entry["identitytoken"], "serveraddress": key}
    if not entry.get("auth"):
        return {}
    try:
        user, _, password = a2b_base64(entry["auth"]).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        session.err.line(f"WARNING: credentials for {key} in config.json cannot be read")
        return {}
    return {"username": user, "password": password.strip("\0"), "serveraddress": key}


def _ask_helper(session: "Session", helper: str, key: str) -> dict[str, str]:
    from .credential_helpers import HelperError, get

    try:
        return get(helper, key)
    except HelperError as error:
        session.err.line(f"WARNING: error getting credentials: {error}")
        return {}
