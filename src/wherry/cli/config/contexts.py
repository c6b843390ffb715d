"""Contexts: engines by name, where docker's command line keeps them (docker/cli ``cli/context/store``).

``contexts/meta/<SHA-256 of the name>/meta.json`` says where the engine is, ``contexts/tls/<the same>/docker`` has the
PEM files for one behind TLS.
"""

from posix import R_OK, access

from ...client.jsonlite import loads
from ..session import DEFAULT_CONTEXT, CommandError, getenv
from .identity import FILES, Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..session import Session

ENDPOINT = "docker"
CURRENT_HOST = "Current DOCKER_HOST based configuration"


class Endpoint:
    """Where an engine is; ``paths`` of PEM files by the names of their flags, none where it is not behind TLS."""

    __slots__ = ("host", "paths", "skips_verification")

    def __init__(self, host: str, paths: dict[str, str], *, skips_verification: bool = False) -> None:
        self.host = host
        self.paths = paths
        self.skips_verification = skips_verification

    @property
    def identity(self) -> Identity | None:
        """Who we are there; None where it is not behind TLS."""
        if not (self.paths or self.skips_verification):
            return None
        return Identity({name: self.paths.get(name, "") for name in FILES}, verify=not self.skips_verification)


class Context:
    """``metadata`` as it is in its file; ``meta`` and ``tls`` are folders."""

    __slots__ = ("meta", "metadata", "name", "tls")

    def __init__(self, name: str, metadata: "dict[str, Any]", meta: str, tls: str) -> None:
        self.name = name
        self.metadata = metadata
        self.meta = meta
        self.tls = tls

    @property
    def endpoint(self) -> Endpoint:
        told = (self.metadata.get("Endpoints") or {}).get(ENDPOINT) or {}
        paths = {name: f"{self.tls}/{ENDPOINT}/{file}" for name, file in FILES.items()}
        return Endpoint(
            str(told.get("Host") or ""),
            {name: path for name, path in paths.items() if access(path, R_OK)},
            skips_verification=bool(told.get("SkipTLSVerify")),
        )

    @property
    def description(self) -> str:
        if self.name == DEFAULT_CONTEXT:
            return CURRENT_HOST
        return str((self.metadata.get("Metadata") or {}).get("Description") or "")


def enter(session: "Session") -> None:
    """Talk to the engine of the session's context. CommandError if there is no such context."""
    if session.context == DEFAULT_CONTEXT:
        return
    try:
        endpoint = find(session, session.context).endpoint
    except CommandError as error:
        raise CommandError(f"Failed to initialize: unable to resolve docker endpoint: {error}") from None
    session.meet(endpoint.host, endpoint.identity)


def warn_of_host(session: "Session", what: str) -> None:
    """Where DOCKER_HOST has the last word. ``what``: the context that is wanted."""
    if getenv("DOCKER_HOST"):
        session.err.line(
            f"Warning: DOCKER_HOST environment variable overrides the active context. To use {what}, either set "
            "the global --context flag, or unset DOCKER_HOST environment variable."
        )


def find(session: "Session", name: str) -> Context:
    """The context of that name; ``default`` is what flags and environment say. CommandError."""
    if name == DEFAULT_CONTEXT:
        return default(session)
    meta, tls = folders(session, name)
    path = f"{meta}/meta.json"
    try:
        with open(path, "rb") as file:
            metadata = loads(file.read())
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise CommandError(f'context "{name}": context not found: open {path}: {reason}') from None
    except ValueError as error:
        raise CommandError(f'context "{name}": {path}: {error}') from None
    return Context(name, metadata, meta, tls)


def default(session: "Session") -> Context:
    """The one that is in no file."""
    metadata = document(DEFAULT_CONTEXT, "", Endpoint(session.host, {}))
    return Context(DEFAULT_CONTEXT, metadata, "<IN MEMORY>", "<IN MEMORY>")


def document(name: str, description: str, endpoint: Endpoint) -> "dict[str, Any]":
    """The metadata of a context."""
    return {
        "Name": name,
        "Metadata": {"Description": description} if description else {},
        "Endpoints": {ENDPOINT: {"Host": endpoint.host, "SkipTLSVerify": endpoint.skips_verification}},
    }


def folders(session: "Session", name: str) -> tuple[str, str]:
    """Where a context has its metadata and its PEM files."""
    from hashlib import sha256

    digest = sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    root = f"{session.config_dir}/contexts"
    return f"{root}/meta/{digest}", f"{root}/tls/{digest}"
