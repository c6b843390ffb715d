"""Start an engine and a registry in a network namespace, and let the storm begin. Needs root."""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.harness.accounts import RemappingEngine
from tests.harness.engine import Engine, busybox_tar
from tests.harness.registry import Registry

from .materials import prepare
from .storm import Storm


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description="Kill a daemon under many clients. Needs root.")
    parser.add_argument("kills", nargs="?", type=int, default=200, help="how often the daemon is killed (200)")
    parser.add_argument("seed", nargs="?", type=int, help="of an earlier storm, to have its choices again")
    parser.add_argument("--userns-remap", action="store_true", help="of a daemon whose containers have other users")
    asked = parser.parse_args()
    seed = int.from_bytes(os.urandom(4), "big") if asked.seed is None else asked.seed
    folder = Path(tempfile.mkdtemp(prefix="wherry-soak-", dir="/var/lib"))  # overlays cannot be had on every /tmp
    print(f"{asked.kills} kills, seed {seed}, files in {folder}", flush=True)
    folder.chmod(0o711)  # containers' root may be one who has to come through
    soak(RemappingEngine(folder) if asked.userns_remap else Engine(folder), folder, asked.kills, seed)
    shutil.rmtree(folder)
    return 0


def soak(engine: Engine, folder: Path, kills: int, seed: int) -> None:
    """A storm over an engine in ``folder``, where all is left if something is wrong."""
    busybox = busybox_tar(folder / "busybox.tar")
    try:
        engine.start()
        engine.run("docker", "import", "-c", 'CMD ["/bin/sh"]', busybox, "busybox:latest")
        with Registry(engine.host, folder) as registry:
            Storm(engine, prepare(engine, folder, busybox, registry), seed, _say).rage(kills)
    finally:
        engine.close()


def _say(line: str) -> None:
    print(line, flush=True)


sys.exit(main())
