"""What the clients put into the engine: a root file system, an archive, a context, an image in a registry."""

import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.harness.engine import Engine
from tests.harness.plugins import managed_plugin
from tests.harness.registry import Registry
from tests.harness.trees import LABEL, grow
from tests.integration.engine.imagery import config_of, docker_archive

_FILES, _FILE_SIZE = 100, 4096
_DOCKERFILE = f"FROM busybox\nLABEL {LABEL}=2\nCOPY tree /copied\nRUN cp -a /copied /made\n"


@dataclass(frozen=True)
class Materials:
    """``root``: an archive for ``import``, ``saved`` one for ``load``, ``context`` a folder to build, ``tree`` one to
    copy, ``remote`` a name to pull, ``output`` a file for what comes out. Each image has one tree, the built one two.
    ``plugin_folder`` is a plugin to make, ``remote_plugin`` the name of one to install.
    """

    root: Path
    saved: Path
    context: Path
    tree: Path
    remote: str
    output: Path
    plugin_folder: Path
    remote_plugin: str


def prepare(engine: Engine, folder: Path, busybox: Path, registry: Registry) -> Materials:
    """Make them below ``folder``; ``busybox`` is a root file system as a tar archive."""
    context = folder / "context"
    tree = grow(context / "tree", _FILES, _FILE_SIZE)
    (context / "Dockerfile").write_text(_DOCKERFILE)
    root = folder / "root.tar"
    shutil.copy(busybox, root)
    with tarfile.open(root, "a") as archive:
        archive.add(tree, "tree")
    saved = folder / "saved.tar"
    saved.write_bytes(_archive(root.read_bytes()))
    registry.push(saved, "remote:1")
    plugin, remote_plugin = managed_plugin(folder / "plugin", "docker.volumedriver/1.0"), f"{registry.address}/plugin:1"
    engine.run("docker", "plugin", "create", remote_plugin, plugin)
    engine.run("docker", "plugin", "push", remote_plugin)
    engine.run("docker", "plugin", "rm", remote_plugin)
    return Materials(
        root=root,
        saved=saved,
        context=context,
        tree=tree,
        remote=f"{registry.address}/remote:1",
        output=folder / "output.tar",
        plugin_folder=plugin,
        remote_plugin=remote_plugin,
    )


def _archive(layer: bytes) -> bytes:
    config = config_of(layer, config={"Cmd": ["sh"], "Labels": {LABEL: "1"}})
    return docker_archive(config, layer, names=("loaded:1",))
