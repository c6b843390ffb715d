"""The walls of containers, as dockerd 26.1.5 builds them with runc: what a process is allowed, sees and holds.

``WHERRY_TEST_DAEMON=dockerd`` proves the figures on the original.
"""

import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.cli import Cli

pytestmark = [pytest.mark.root, pytest.mark.parametrize("runtime", ["crun", "runc"])]

DEFAULT = "00000000a80425fb"
WITH_NET_ADMIN = "00000000a80435fb"
NONE = "0" * 16
ALL = "all that the host has"
FIELDS = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Umask")
MASKED = (
    *("/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list"),
    *("/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"),
)
Run = Callable[..., str]


@pytest.fixture
def run(stock: Cli, runtime: str) -> Run:
    """What a shell command says in a container of its own."""

    def run(script: str, *flags: str) -> str:
        return stock("run", "--rm", "--runtime", runtime, *flags, "busybox", "sh", "-c", script).stdout

    return run


@pytest.fixture
def box(stock: Cli, runtime: str) -> Callable[..., str]:
    """Starts a container that sleeps; gives its name."""

    def start(*flags: str) -> str:
        stock("run", "-d", "--name", "box", "--runtime", runtime, *flags, "busybox", "sleep", "1000")
        return "box"

    return start


def status(text: str) -> dict[str, str]:
    """Fields of proc_pid_status(5), with one space between values."""
    lines = (line.partition(":") for line in text.splitlines())
    return {name: " ".join(value.split()) for name, _, value in lines}


def expected(
    *, user: str = "0 0", groups: str = "0", effective: str, bounding: str, privileges: str = "0", seccomp: str = "2"
) -> dict[str, str]:
    has = status(Path("/proc/self/status").read_text())["CapBnd"]
    effective, bounding = (has if each == ALL else each for each in (effective, bounding))
    uid, gid = user.split()
    ids = (" ".join([uid] * 4), " ".join([gid] * 4), groups)
    capabilities = (NONE, effective, effective, bounding, NONE)
    return dict(zip(FIELDS, (*ids, *capabilities, privileges, seccomp, "0022"), strict=True))


ROOT = {"effective": DEFAULT, "bounding": DEFAULT}
USER = {"effective": NONE, "bounding": DEFAULT}
IN_RUN = {
    "": ROOT,
    "--user 77": {**USER, "user": "77 0"},
    "--user 77:50 --group-add 7": {**USER, "user": "77 50", "groups": "7 50"},
    "--user 77 --cap-add NET_ADMIN": {"user": "77 0", "effective": NONE, "bounding": WITH_NET_ADMIN},
    "--cap-add ALL": {"effective": ALL, "bounding": ALL},
    "--cap-drop ALL": {"effective": NONE, "bounding": NONE},
    "--privileged": {"effective": ALL, "bounding": ALL, "seccomp": "0"},
    "--privileged --user 77": {"user": "77 0", "effective": NONE, "bounding": ALL, "seccomp": "0"},
    "--security-opt no-new-privileges": {**ROOT, "privileges": "1"},
    "--security-opt seccomp=unconfined": {**ROOT, "seccomp": "0"},
}
IN_EXEC = {
    "": ROOT,
    "--user 77": {**USER, "user": "77 0"},
    "--privileged": {"effective": ALL, "bounding": ALL},
}


@pytest.mark.parametrize("flags", IN_RUN)
def test_what_a_process_is_allowed(cli: Cli, runtime: str, flags: str) -> None:
    told = status(
        cli("run", "--rm", "--runtime", runtime, *flags.split(), "busybox", "cat", "/proc/self/status").stdout
    )
    assert {field: told[field] for field in FIELDS} == expected(**IN_RUN[flags])


@pytest.mark.parametrize("flags", IN_EXEC)
def test_what_a_session_is_allowed(cli: Cli, box: Callable[..., str], flags: str) -> None:
    told = status(cli("exec", *flags.split(), box(), "cat", "/proc/self/status").stdout)
    assert {field: told[field] for field in FIELDS} == expected(**IN_EXEC[flags])


def test_no_descriptor_but_its_own_streams(stock: Cli, run: Run, box: Callable[..., str]) -> None:
    """Not of the daemon, nor of the monitor or the runtime: in the first process, in sessions, with a terminal."""
    listing = "ls /proc/$$/fd; true"
    assert run(listing).split() == ["0", "1", "2"]
    assert run(listing, "-i").split() == ["0", "1", "2"]
    name = box("--init")
    for flags in ([], ["-i"], ["--privileged"]):
        assert (
            stock("exec", *flags, name, "sh", "-c", f"ls /proc/1/fd; {listing}").stdout.split() == ["0", "1", "2"] * 2
        )


def test_no_descriptor_with_a_terminal(stock: Cli, box: Callable[..., str]) -> None:
    descriptors = Path(f"/proc/{stock.pid(box('-t'))}/fd")
    assert sorted(path.name for path in descriptors.iterdir()) == ["0", "1", "2"]


def remounts_bare(runtime: str) -> bool:
    """crun 1.8, Debian 12's, forgets the other options of what it makes read-only. On /proc they prevent nothing."""
    if runtime != "crun":
        return False
    said = subprocess.run(["crun", "--version"], capture_output=True, text=True, check=True).stdout
    return said.startswith("crun version 1.8")


def test_what_is_mounted(run: Run, runtime: str) -> None:
    """Options of each mount that belongs to every container."""
    mounts = {}
    for line in run("cat /proc/self/mountinfo").splitlines():
        fields = line.split()
        mounts[fields[4]] = (fields[5], fields[fields.index("-") + 1], fields[6])
    kept = "rw,nosuid,nodev,noexec,relatime"
    assert mounts["/proc"] == (kept, "proc", "-")
    assert mounts["/sys"][0] == kept.replace("rw", "ro")
    assert mounts["/dev"] == ("rw,nosuid", "tmpfs", "-")
    assert mounts["/dev/pts"] == ("rw,nosuid,noexec,relatime", "devpts", "-")
    assert mounts["/dev/shm"] == (kept, "tmpfs", "-")
    assert mounts["/dev/mqueue"] == (kept, "mqueue", "-")
    closed = "ro,relatime" if remounts_bare(runtime) else kept.replace("rw", "ro")
    for path in ("bus", "fs", "irq", "sys"):
        assert mounts[f"/proc/{path}"] == (closed, "proc", "-")
    for path, (options, _, _) in mounts.items():
        if path.startswith("/sys/fs/cgroup/"):
            assert options == kept.replace("rw", "ro")


def shared_memory(mountinfo: str) -> set[str]:
    """What /dev/shm does not allow, of a proc_pid_mountinfo(5)."""
    options = {line.split()[4]: line.split()[5] for line in mountinfo.splitlines()}
    return {"nosuid", "nodev", "noexec"} & set(options.get("/dev/shm", "").split(","))


@pytest.mark.parametrize("mode", ["shareable", "container:box", "host"])
def test_shared_memory_that_is_shared_is_as_restricted(run: Run, box: Callable[..., str], mode: str) -> None:
    box("--ipc", "shareable")
    hosts = shared_memory(Path("/proc/self/mountinfo").read_text())
    found = shared_memory(run("cat /proc/self/mountinfo", "--ipc", mode))
    assert found >= (hosts if mode == "host" else {"nosuid", "nodev", "noexec"})


def test_what_is_hidden(run: Run) -> None:
    """Each path is not there, empty, or a directory without entries."""
    script = f"for p in {' '.join(MASKED)}; do if [ -d $p ]; then ls -A $p; else cat $p 2>/dev/null; fi; done; true"
    assert run(script) == ""
    assert run(script, "--user", "77") == ""
    assert run("cat /proc/keys", "--security-opt", "systempaths=unconfined") != ""


def test_what_cannot_be_written(run: Run) -> None:
    paths = "/proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/net/ipv4/ip_forward"
    script = f"for p in {paths} /proc/irq/default_smp_affinity /sys/kernel/uevent_helper; do echo x > $p; done 2>&1"
    lines = run(f"{script}; true").splitlines()
    assert len(lines) == 5
    assert all("Read-only file system" in line or "nonexistent directory" in line for line in lines), lines
    hierarchy = "$(grep -m 1 -E ' cgroup2? (ro|rw),' /proc/self/mounts | cut -d ' ' -f 2)"
    assert "Read-only file system" in run(f"mkdir {hierarchy}/x 2>&1; true")


def test_devices(run: Run, stock: Cli) -> None:
    """Those of the runtime specification alone, and no others can be made that would open."""
    nodes = "find /dev -type c -o -type b | sort"
    expected = ["/dev/full", "/dev/null", "/dev/pts/ptmx", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero"]
    assert run(nodes).split() == expected
    disk = next(path for path in Path("/dev").iterdir() if stat.S_ISBLK(path.stat().st_mode))
    number = disk.stat().st_rdev
    made = f"mknod /tmp/disk b {number >> 8} {number & 255} && head -c 1 /tmp/disk"
    assert "Operation not permitted" in run(f"{made} 2>&1; true")


def test_calls_that_the_kernel_refuses(run: Run) -> None:
    script = "unshare -U true; unshare -m true; mount -t tmpfs x /mnt; dmesg"
    assert run(f"({script}) 2>&1 | grep -c -E 'not permitted|permission denied'").strip() == "4"


def test_a_working_directory_that_is_a_descriptor_of_the_runtime(
    stock: Cli, runtime: str, box: Callable[..., str]
) -> None:
    """CVE-2024-21626: one of the runtime's descriptors would lead to the host."""
    name = box()
    for number in (3, 6, 7, 8, 9):
        directory = f"/proc/self/fd/{number}"
        started = stock("run", "--rm", "--runtime", runtime, "-w", directory, "busybox", "true", check=False)
        joined = stock("exec", "-w", directory, name, "true", check=False)
        assert started.returncode >= 125, started
        assert joined.returncode >= 126, joined


def test_the_runtime_cannot_be_written_to(runtime: str, stock: Cli, box: Callable[..., str]) -> None:
    """CVE-2019-5736: who has the runtime executed in its stead, from inside, gets a copy that is sealed."""
    name = box()
    original = Path(shutil.which(runtime) or "")
    before = original.read_bytes()
    stock("exec", name, "sh", "-c", "printf '#!/proc/self/exe\\n' > /tmp/trap; chmod +x /tmp/trap")
    writer = "while :; do for p in /proc/[0-9]*; do echo broken >> $p/exe; done 2>/dev/null; done"
    with stock.beside("exec", name, "sh", "-c", writer):
        for _ in range(5):
            stock("exec", name, "/tmp/trap", check=False)
    assert original.read_bytes() == before


def test_no_socket_of_the_engine_on_the_hosts_network(run: Run) -> None:
    """Abstract sockets belong to the network namespace: there are none of the daemon or of a monitor."""
    assert run("grep -c @ /proc/net/unix; true", "--network", "host").strip() == "0"


def test_the_hosts_names_on_the_hosts_network(run: Run) -> None:
    assert run("cat /etc/hosts", "--network", "host") == Path("/etc/hosts").read_text()
    added = run("cat /etc/hosts", "--network", "host", "--add-host", "other:1.2.3.4")
    assert added.startswith("127.0.0.1\tlocalhost\n")
    assert added.endswith("1.2.3.4\tother\n")


def test_no_process_of_the_engine_can_be_looked_into(run: Run, stock: Cli, box: Callable[..., str]) -> None:
    """Who shares the host's processes sees them, and neither their environment nor their files."""
    assert stock.engine.process is not None
    ours = f"/proc/{stock.engine.process.pid}"
    script = f"cat {ours}/environ {ours}/maps {ours}/fd/1; ls {ours}/root/ {ours}/cwd/"
    assert run(f"({script}) 2>&1 | grep -v 'ermission denied'; true", "--pid", "host") == ""


def test_memory_is_taken_from_sessions_as_from_the_container(stock: Cli, box: Callable[..., str]) -> None:
    name = box("--oom-score-adj", "50")
    score = (name, "cat", "/proc/self/oom_score_adj")
    assert stock.line("exec", *score) == "50"
    assert stock.line("exec", "-t", *score) == "50"


@pytest.mark.parametrize("where", ["/proc", "/proc/self/attr", "/proc/sys"])
def test_no_mount_in_place_of_what_the_kernel_tells(stock: Cli, runtime: str, where: str) -> None:
    """CVE-2019-16884."""
    told = stock.fails(125, "run", "--rm", "--runtime", runtime, "-v", where, "busybox", "true")
    assert "OCI runtime create failed" in told
    assert "cannot be mounted because" in told
