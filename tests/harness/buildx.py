"""The docker command's plugin for BuildKit, without which ``docker build`` uses the classic builder."""

import shutil
import subprocess
from pathlib import Path

PACKAGE = "docker-buildx"
PLUGIN = Path("usr/libexec/docker/cli-plugins", PACKAGE)


def is_there() -> bool:
    """Whether it is installed, or the distribution has it."""
    shown = subprocess.run(["apt-cache", "show", PACKAGE], capture_output=True, check=False)
    return Path("/", PLUGIN).exists() or shown.returncode == 0


def client_config(folder: Path) -> Path:
    """A directory for DOCKER_CONFIG that has Debian's buildx.

    It is unpacked, not installed: once it is installed, every ``docker build`` insists on BuildKit.
    CalledProcessError if there is no such package.
    """
    plugins = folder / "cli-plugins"
    plugins.mkdir(parents=True)
    installed = Path("/", PLUGIN)
    if installed.exists():
        shutil.copy(installed, plugins)
        return folder
    folder.chmod(0o755)  # apt-get fetches as another user
    subprocess.run(["apt-get", "download", "--quiet", PACKAGE], cwd=folder, check=True, capture_output=True)
    (package,) = folder.glob(f"{PACKAGE}_*.deb")
    subprocess.run(["dpkg-deb", "--extract", package, folder / "package"], check=True, capture_output=True)
    (folder / "package" / PLUGIN).rename(plugins / PACKAGE)
    return folder
