"""The host, as the engine asks for it: facts, processes, name servers."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from wherry.errors import InvalidArgument, RuntimeFailure
from wherry.kernel import cgroups, devices, identity, processes, rootfs, sysctls
from wherry.kernel.cgroups import stats as cgroup_stats
from wherry.kernel.facts import cpu_time, facts
from wherry.model.cgroup import cgroup_of
from wherry.model.container import Container
from wherry.model.device import DeviceNode
from wherry.model.host import Forwarding, HostFacts
from wherry.model.process import ProcessId
from wherry.model.usage import Usage
from wherry.threads import alone

_HOSTS = Path("/etc/hosts")
_RESOLV_CONF = Path("/etc/resolv.conf")
# systemd-resolved's stub listens on the host's loopback only; this file has the servers behind it.
_RESOLVED = Path("/run/systemd/resolve/resolv.conf")
_STUB = "127.0.0.53"


class Machine:
    """Facts are read once; processes are told apart by more than their pid."""

    def __init__(self, data_root: Path) -> None:
        self._facts = facts(str(data_root))
        self._layout = cgroups.probe()

    def facts(self) -> HostFacts:
        return self._facts

    def forwarding(self) -> Forwarding:
        return Forwarding(
            ipv4=_is_on(sysctls.FORWARD_IPV4),
            bridged_ipv4=_is_on(sysctls.BRIDGED_IPV4_MEETS_FIREWALL),
            bridged_ipv6=_is_on(sysctls.BRIDGED_IPV6_MEETS_FIREWALL),
        )

    def alive(self, process: ProcessId) -> bool:
        return identity.alive(process)

    async def signal(self, process: ProcessId, signal: int) -> bool:
        return identity.send_signal(process, signal)

    async def processes(
        self, container: Container, ps_args: str
    ) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Titles and rows of ps(1). InvalidArgument if the arguments leave out the PID column."""
        answer = await processes.run(["ps", *ps_args.split()], env={**processes.ENVIRONMENT, "LC_ALL": "C.UTF-8"})
        if answer.code:
            raise RuntimeFailure(f"ps: {answer.stderr.decode(errors='replace').splitlines()[0]}")
        group = cgroup_of(container)
        pids = frozenset(map(str, await asyncio.to_thread(cgroups.processes, self._layout, group)))
        return _of_pids(answer.stdout.decode(errors="replace").splitlines(), pids)

    async def usage(self, container: Container) -> Usage:
        return await asyncio.to_thread(cgroup_stats.usage, self._layout, cgroup_of(container))

    def cpu_time(self) -> int:
        return cpu_time()

    def hosts(self) -> str:
        return _text(_HOSTS)

    def resolv_conf(self) -> str:
        text = _text(_RESOLV_CONF)
        return (_text(_RESOLVED) or text) if _STUB in text else text


class RootFiles:
    """Small files below a container's root: no hostile link leads out (see ``rootfs``)."""

    async def read_text(self, root: str, path: str) -> str:
        return rootfs.read_text(root, path)

    async def make_directory(self, root: str, path: str, uid: int, gid: int) -> None:
        rootfs.make_directory(root, path, uid, gid)

    async def leads_to(self, root: str, path: str) -> str:
        return rootfs.leads_to(root, path)


class DeviceNodes:
    def __init__(self, init_path: str = "") -> None:
        """``init_path`` is the init that containers get, "" to look for one."""
        self._init_path = init_path

    async def find(self, path: str) -> tuple[DeviceNode, ...]:
        """The node at ``path``, or all below a directory. InvalidArgument if there is none."""
        return await alone(devices.devices, path)

    def all(self) -> tuple[DeviceNode, ...]:
        return devices.host_devices()

    def init_path(self) -> str:
        return self._init_path or devices.find_init()


def _is_on(key: str) -> bool:
    try:
        return sysctls.read(key) == "1"
    except FileNotFoundError:
        return False


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def _of_pids(lines: Sequence[str], pids: frozenset[str]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The rows of ps(1)'s output whose PID is among ``pids``; the last column may hold spaces."""
    titles = tuple(lines[0].split()) if lines else ()
    if "PID" not in titles:
        raise InvalidArgument("Couldn't find PID field in ps output")
    column = titles.index("PID")
    rows = (tuple(line.split(None, len(titles) - 1)) for line in lines[1:])
    return titles, tuple(row for row in rows if len(row) > column and row[column] in pids)
