"""What an engine may leave on its host when nothing runs: nothing."""

import contextlib
import subprocess
from pathlib import Path

from tests.harness.engine import Engine
from tests.harness.waiting import eventually


def assert_nothing_left(engine: Engine) -> None:
    """Wait until nothing is left; what still is after a while is the failure's text."""
    with contextlib.suppress(AssertionError):
        eventually(lambda: not leftovers(engine))
    left = leftovers(engine)
    assert not left, "\n".join(left)


def leftovers(engine: Engine) -> list[str]:
    """Everything on the host that belongs to no container, as lines to read; none if all is well.

    The engine has no containers: each mount, namespace, link, monitor, bundle and control group is one too many.
    """
    return [
        *_mounts(engine),
        *_files(engine),
        *_links(engine),
        *_monitors(engine),
        *_control_groups(engine),
    ]


def _mounts(engine: Engine) -> list[str]:
    table = Path("/proc/self/mountinfo").read_text().splitlines()
    targets = [line.split()[4] for line in table]
    places = (str(engine.data_root), str(engine.exec_root))
    return [f"mount {target}" for target in targets if target.startswith(places)]


def _files(engine: Engine) -> list[str]:
    folders = [engine.exec_root / name for name in ("bundles", "exits", "netns", "state/crun", "state/runc")]
    folders += [engine.data_root / "containers", engine.data_root / "blobs/tmp"]
    left = [path for folder in folders if folder.exists() for path in folder.iterdir() if path.name != ".cache"]
    layers = set(engine.run("docker", "images", "-q", "--no-trunc").stdout.split())
    trees = [path for path in (engine.data_root / "overlay2").iterdir() if not path.name.startswith(".")]
    if len(trees) > len(layers):  # the tests' images have one layer each
        left += trees
    return [f"file {path}" for path in left]


def _links(engine: Engine) -> list[str]:
    links = engine.host.run(["ip", "-o", "link", "show", "type", "veth"]).stdout.splitlines()
    return [f"link {line}" for line in links]


def _monitors(engine: Engine) -> list[str]:
    processes = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [f"process {line}" for line in processes.splitlines() if str(engine.exec_root) in line and "conmon" in line]


def _control_groups(engine: Engine) -> list[str]:
    """Of version 1 below each controller's folder, of version 2 at the top."""
    ids = {path.name for path in (engine.data_root / "containers").iterdir()}
    root = Path("/sys/fs/cgroup")
    groups = [*root.glob("*/wherry/*"), *root.glob("wherry/*")]
    return [f"control group {path}" for path in groups if path.name in ids]
