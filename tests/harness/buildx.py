"""The docker command's plugin for BuildKit, without which ``docker build`` uses the classic builder.

``./dev`` unpacks it beside the tests: once it is installed, every ``docker build`` insists on BuildKit.
"""

import shutil
from pathlib import Path

from tests.harness.engine import BIN

NAME = "docker-buildx"
_PLACES = (BIN.parent / "buildx" / NAME, Path("/usr/libexec/docker/cli-plugins", NAME))


def is_there() -> bool:
    return any(place.exists() for place in _PLACES)


def client_config(folder: Path) -> Path:
    """A directory for DOCKER_CONFIG that has buildx, which must be there."""
    plugins = folder / "cli-plugins"
    plugins.mkdir(parents=True)
    shutil.copy(next(place for place in _PLACES if place.exists()), plugins)
    return folder
