"""Plugins of Docker's command line: ``wherry compose`` runs the ``docker-compose`` that is installed.

They are programs ``docker-<name>`` in the folders that Docker looks into (``cli-plugins/manager`` of docker/cli).
"""

from posix import X_OK, access, environ, execve

from .config.contexts import enter
from .session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)


def find(session: Session, name: str) -> str | None:
    """The path of the plugin called ``name``, None if there is none."""
    if not (name.isascii() and name.isalnum() and name == name.lower()):
        return None
    extra = session.config.get("cliPluginsExtraDirs") or []
    paths = (f"{folder}/docker-{name}" for folder in (*extra, f"{session.config_dir}/cli-plugins", *_FOLDERS))
    return next((path for path in paths if access(path, X_OK)), None)


def become(session: Session, path: str, argv: list[str]) -> "NoReturn":
    """Go on as the plugin at ``path``, at this session's engine."""
    enter(session)
    session.client.connect()  # the engine is started if need be
    session.close()
    said = {
        b"DOCKER_HOST": session.host.encode("utf-8", "surrogateescape"),
        b"DOCKER_CONFIG": session.config_dir.encode("utf-8", "surrogateescape"),
        b"DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND": b"wherry",  # tells a plugin that it is one
    }
    flags = session.identity.flags() if session.identity else []
    execve(path, [path, *flags, *argv], {**environ, **said})
