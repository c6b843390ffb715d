"""What an engine may leave on its host when nothing runs: nothing."""

import contextlib
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.harness.engine import Engine
from tests.harness.waiting import eventually


def assert_nothing_left(engine: Engine) -> None:
    """Wait until nothing is left; what still is after a while is the failure's text."""
    assert_soon(lambda: leftovers(engine), ())


def assert_soon(seen: Callable[[], Iterable[str]], expected: Iterable[str]) -> None:
    """Wait until what is ``seen`` is what is ``expected``; the difference is the failure's text."""

    def difference() -> list[str]:
        return sorted({*seen()} ^ {*expected})

    with contextlib.suppress(AssertionError):
        eventually(lambda: not difference())
    left = difference()
    assert not left, "\n".join(left)


def on_disk(engine: Engine) -> set[str]:
    """What the engine keeps, whole or half: blobs, layers, volumes, folders of containers, builds and plugins, and what
    is temporary, but for what is being deleted."""
    places = ("blobs/*/*", "overlay2/*", "volumes/*", "containers/*", "builds/*", "plugins/*")
    found = [path for place in places for path in engine.data_root.glob(place)]
    return {str(path.relative_to(engine.data_root)) for path in found if not path.name.startswith(".removed-")}


def leftovers(engine: Engine) -> list[str]:
    """Everything on the host that belongs to no container, as lines to read; none if all is well.

    The engine has no containers: each mount, namespace, link, process, bundle and control group is one too many.
    """
    return [
        *mounts(engine),
        *_files(engine),
        *_links(engine),
        *(f"process {line}" for line in processes(engine).values()),
        *_control_groups(engine),
    ]


def processes(engine: Engine) -> dict[int, str]:
    """Monitors and runtimes that the engine started: pid → command line."""
    listed = subprocess.run(["ps", "-ewwo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    named = (str(engine.exec_root / "bundles"), str(engine.exec_root / "state"))
    lines = (line.split(maxsplit=1) for line in listed.splitlines() if any(name in line for name in named))
    return {int(pid): arguments for pid, arguments in lines}


def traces(engine: Engine) -> list[str]:
    """What there is on an engine's host, to compare with what there was: a line each."""
    return [
        *(f"file {name}" for name in on_disk(engine)),
        *(f"rule {line.strip()}" for line in engine.host.run(["nft", "list", "ruleset"]).stdout.splitlines()),
        *(f"link {line.split()[0]}" for line in engine.host.run(["ip", "-br", "link", "show"]).stdout.splitlines()),
        *(f"process {line}" for line in _neighbours(engine)),
    ]


def _neighbours(engine: Engine) -> list[str]:
    """Whatever runs on the engine's host but the daemon and its children: pid and command line of each process."""
    assert engine.process is not None
    inside = subprocess.run(["ip", "netns", "pids", engine.host.name], capture_output=True, text=True, check=True)
    argv = ["ps", "-wwo", "pid=,ppid=,args=", "-p", ",".join(inside.stdout.split())]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    found = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [f"{pid} {args}" for pid, parent, args in found if str(engine.process.pid) not in (pid, parent)]


def mounts(engine: Engine) -> list[str]:
    table = engine.host.run(["cat", "/proc/self/mountinfo"]).stdout.splitlines()
    targets = [line.split()[4] for line in table]
    views = {target for target in targets if Path(target).parent == engine.exec_root / "view"}  # of one that remaps
    in_memory = {str(engine.exec_root / name) for name in ("bundles", "exits", "netns", "state")}
    left = Counter(targets) - Counter(views | in_memory)  # which a daemon has, each once
    places = (str(engine.data_root), str(engine.exec_root))
    return [f"mount {target}" for target in left.elements() if target.startswith(places)]


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


def _control_groups(engine: Engine) -> list[str]:
    """Of version 1 below each controller's folder, of version 2 at the top."""
    ids = {path.name for path in (engine.data_root / "containers").iterdir()}
    root = Path("/sys/fs/cgroup")
    groups = [*root.glob("*/wherry/*"), *root.glob("wherry/*")]
    return [f"control group {path}" for path in groups if path.name in ids]
