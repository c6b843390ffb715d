"""The images that the suite pulls, made from Debian's packages and served by a registry on loopback."""

import subprocess
from pathlib import Path

from tests.harness.engine import Engine
from tests.harness.registry import Registry

NAMES = ("python:3.13-alpine", "python:3.14-alpine", "python:latest", "registry:2")
PACKAGES = "python3,docker-registry"
MIRROR = "http://deb.debian.org/debian"
CHANGES = {
    "python": ('CMD ["python3"]',),
    "registry": (
        "EXPOSE 5000",
        "VOLUME /var/lib/registry",
        'ENTRYPOINT ["docker-registry", "serve", "/etc/docker/registry/config.yml"]',
    ),
}
REGISTRY_CONFIGURATION = """\
version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}
http: {addr: ":5000"}
"""


def root_file_system(folder: Path) -> Path:
    """An archive of a small Debian with Python and a registry. Made once, kept in ``folder``."""
    archive = folder / "rootfs.tar"
    if not archive.exists():
        configuration = folder / "registry.yml"
        configuration.write_text(REGISTRY_CONFIGURATION)
        unfinished = folder / "unfinished.tar"
        customize = ("ln -s python3 $1/usr/bin/python", f"cp {configuration} $1/etc/docker/registry/config.yml")
        hooks = [f"--customize-hook={command}" for command in customize]
        options = ["--quiet", "--variant=minbase", f"--include={PACKAGES}", *hooks]
        subprocess.run(["mmdebstrap", *options, "stable", unfinished, MIRROR], check=True)
        unfinished.rename(archive)
    return archive


def publish(engine: Engine, archive: Path, registry: Registry) -> None:
    """Put all images into the registry, which the engine asks in place of Docker Hub."""
    for name in NAMES:
        changes = [word for change in CHANGES[name.split(":")[0]] for word in ("--change", change)]
        there = f"{registry.address}/library/{name}"
        engine.run("docker", "import", *changes, archive, there)
        engine.run("docker", "push", there)
        engine.run("docker", "rmi", there)
