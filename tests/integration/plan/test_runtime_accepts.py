"""crun and runc take the runtime specs that we build, and give what dockerd's containers have."""

import asyncio
import os
import shutil
import stat
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from wherry.kernel import cgroups
from wherry.kernel import facts as kernel_host
from wherry.kernel.cgroups.hybrids import take_from_version_2
from wherry.kernel.devices import device, find_init, host_devices
from wherry.model.container import Container, ContainerSpec, HostSpec
from wherry.model.host import HostFacts
from wherry.model.mount import MountKind, MountPoint
from wherry.model.resources import Device, DeviceRate, Resources, Ulimit
from wherry.plan.containers.users import Identity
from wherry.plan.oci.runtime_spec import SpecRequest, build
from wherry.plan.oci.seccomp import Seccomp
from wherry.runtime import filters

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(shutil.which("busybox") is None, reason="needs a static busybox"),
]
DEFAULT_CAPS = "00000000a80425fb"
SECCOMP = Seccomp(files("wherry.plan").joinpath("data/seccomp.json").read_bytes())


@pytest.fixture(scope="module")
def rootfs(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("rootfs")
    root.chmod(0o755)
    for folder in ("bin", "sbin", "etc", "dev", "proc", "sys", "tmp", "root"):
        (root / folder).mkdir()
    busybox = shutil.which("busybox")
    assert busybox
    shutil.copy(busybox, root / "bin/busybox")
    for applet in ("sh", "cat", "grep", "ls", "id", "hostname", "env", "test", "stat", "touch"):
        (root / "bin" / applet).symlink_to("busybox")
    return str(root)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> HostFacts:
    return kernel_host.facts(str(tmp_path_factory.getbasetemp()))


@pytest.fixture(scope="module")
def network_namespace() -> Iterator[str]:
    name = f"wherry-plan-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield f"/run/netns/{name}"
    subprocess.run(["ip", "netns", "delete", name], check=True)


class Runner:
    """Runs one shell script in one container."""

    def __init__(self, runtime: str, rootfs: str, facts: HostFacts, network: str, folder: Path) -> None:
        self.runtime, self.rootfs, self.facts, self.network, self.folder = runtime, rootfs, facts, network, folder

    def run(
        self,
        script: str,
        host: HostSpec | None = None,
        *,
        mounts: tuple[MountPoint, ...] = (),
        given: dict[str, Any] | None = None,
        **asked: Any,
    ) -> str:
        """What the script writes. ``asked`` is of the container's spec, ``given`` of the request."""
        host = replace(host or HostSpec(), shm_size=64 << 20)
        spec = ContainerSpec(image="img", command=("sh", "-c", script), hostname="web", host=host, **asked)
        container = Container(
            id=f"wherry-plan-{uuid.uuid4().hex[:8]}",
            name="web",
            image_id="i",
            chain_id="c",
            created=0,
            spec=spec,
            mounts=mounts,
        )
        facts: dict[str, Any] = {
            "identity": Identity(groups=(0,), home="/root"),
            "network_namespace": "" if host.network == "host" else self.network,
        }
        request = SpecRequest(container=container, rootfs=self.rootfs, facts=self.facts, **{**facts, **(given or {})})
        config = filters.config(build(request), SECCOMP.encoded(container, self.facts))
        (self.folder / "config.json").write_bytes(config)
        done = subprocess.run(
            [self.runtime, "--root", str(self.folder / "state"), "run", "-b", str(self.folder), container.id],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def control_groups() -> Iterator[None]:
    """Such as crun takes, as an engine has them."""
    with ExitStack() as held:
        asyncio.run(take_from_version_2(cgroups.probe(), held))
        yield


@pytest.fixture(params=["crun", "runc"])
def runner(
    request: pytest.FixtureRequest,
    rootfs: str,
    facts: HostFacts,
    network_namespace: str,
    control_groups: None,
    tmp_path: Path,
) -> Runner:
    runtime = str(request.param)
    if shutil.which(runtime) is None:
        pytest.skip(f"{runtime} is not installed")
    return Runner(runtime, rootfs, facts, network_namespace, tmp_path)


def test_a_plain_container_is_as_restricted_as_dockers(runner: Runner) -> None:
    status = runner.run("grep -E 'Cap|Seccomp|NoNewPrivs' /proc/self/status").split()
    facts = dict(zip(status[::2], status[1::2], strict=True))
    assert facts["CapEff:"] == facts["CapPrm:"] == facts["CapBnd:"] == DEFAULT_CAPS
    assert facts["CapAmb:"] == facts["CapInh:"] == "0" * 16
    assert (facts["Seccomp:"], facts["NoNewPrivs:"]) == ("2", "0")


def test_mounts_of_a_plain_container(runner: Runner) -> None:
    table = [line.split() for line in runner.run("cat /proc/mounts").splitlines()]
    options = {fields[1]: fields[3].split(",") for fields in table}
    for target in ("/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm"):
        assert target in options
    assert "ro" in options["/sys"]
    assert "size=65536k" in options["/dev/shm"]
    assert options["/proc/sys"][0] == "ro"
    assert runner.run("cat /proc/timer_list /proc/keys") == ""


def test_devices_of_a_plain_container(runner: Runner) -> None:
    names = set(runner.run("ls /dev").split())
    assert {"full", "null", "random", "tty", "urandom", "zero", "ptmx", "stdin"} <= names
    assert not names & {"vda", "sda", "kmsg", "loop0", "mem"}


def test_the_process_is_as_asked(runner: Runner) -> None:
    output = runner.run(
        "hostname; cat /proc/sys/kernel/domainname; id -u; id -G; env; ulimit -n; cat /proc/self/oom_score_adj; pwd",
        HostSpec(
            oom_score_adj=300,
            resources=Resources(ulimits=(Ulimit(name="nofile", soft=77, hard=10**9),)),
        ),
        given={"identity": Identity(uid=1000, gid=1001, groups=(1001, 44), home="/home/web")},
        domainname="example.org",
        env=("A=1",),
        working_dir="/tmp",
    ).splitlines()
    assert output[:4] == ["web", "example.org", "1000", "1001 44"]
    assert {"A=1", "HOME=/home/web", "HOSTNAME=web"} <= set(output)
    assert output[-3:] == ["77", "300", "/tmp"]


def test_default_sysctls_let_anyone_ping_and_listen(runner: Runner) -> None:
    output = runner.run("cd /proc/sys/net/ipv4; cat ip_unprivileged_port_start ping_group_range")
    assert output.split() == ["0", "0", "2147483647"]


def test_privileged(runner: Runner) -> None:
    script = "grep -E 'CapEff|Seccomp:' /proc/self/status; touch /proc/sys/kernel/domainname; test -c /dev/kmsg"
    output = runner.run(script, HostSpec(privileged=True), given={"devices": host_devices()}).split()
    assert output[1] == ("000001ffffffffff" if runner.facts.can_raise_limits else "000001fffeffffff")
    assert output[3] == "0"


def test_without_rights(runner: Runner) -> None:
    host = HostSpec(cap_drop=("ALL",), cap_add=("NET_ADMIN",), security_opt=("no-new-privileges",), read_only=True)
    output = runner.run("grep -E 'CapEff|NoNewPrivs' /proc/self/status; touch /x 2>&1 || true", host)
    assert output.split()[:4] == ["CapEff:", "0000000000001000", "NoNewPrivs:", "1"]
    assert "Read-only file system" in output


@pytest.mark.skipif(not os.path.exists("/dev/loop-control"), reason="needs a device that containers do not have")
def test_a_device_and_its_permissions(runner: Runner) -> None:
    asked = Resources(devices=(Device(host_path="/dev/loop-control", container_path="/dev/mine", permissions="r"),))
    script = "stat -c '%t %T %a' /dev/mine; : </dev/mine && echo read; (: >/dev/mine) 2>&1"
    output = runner.run(f"{script}; true", HostSpec(resources=asked), given={"devices": (device("/dev/loop-control"),)})
    mode = stat.S_IMODE(os.stat("/dev/loop-control").st_mode)
    assert output.splitlines()[:2] == [f"a ed {mode:o}", "read"]
    assert "Operation not permitted" in output


def test_other_devices_cannot_be_opened(runner: Runner) -> None:
    script = "busybox mknod /tmp/loop-control c 10 237; (: </tmp/loop-control) 2>&1; busybox rm /tmp/loop-control"
    assert "Operation not permitted" in runner.run(script)


def test_limits_reach_the_control_groups(runner: Runner) -> None:
    if runner.facts.cgroup_version != 1:
        pytest.skip("reads control groups of version 1")
    disk = next(node for node in host_devices() if node.type == "b")
    limits = Resources(
        memory=64 << 20,
        memory_swap=-1,
        nano_cpus=500_000_000,
        cpu_shares=512,
        pids_limit=50,
        blkio_weight=300,
        read_bps=(DeviceRate(path=disk.path, rate=1 << 20),),
    )
    script = (
        "cd /sys/fs/cgroup; "
        "cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares pids/pids.max "
        "blkio/blkio.throttle.read_bps_device"
    )
    output = runner.run(script, HostSpec(resources=limits), given={"devices": (disk,)}).split()
    assert output == [str(64 << 20), "50000", "512", "50", f"{disk.major}:{disk.minor}", str(1 << 20)]


def test_mounts_that_were_asked_for(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "source/below").mkdir(parents=True)
    (tmp_path / "hosts").write_text("10.0.0.1 own\n")
    bind = MountPoint(kind=MountKind.BIND, source=str(tmp_path / "source"), target="/ro", writable=False)
    points = (
        bind,
        MountPoint(kind=MountKind.BIND, source=str(tmp_path / "source"), target="/rw"),
        MountPoint(kind=MountKind.TMPFS, target="/t", options="size=1m,mode=700,exec"),
        MountPoint(kind=MountKind.TMPFS, target="/rw/below", options="size=2m"),
    )
    script = "touch /ro/a 2>/dev/null; touch /rw/b /rw/below/c; grep -E ' /(ro|rw|t)' /proc/mounts; cat /etc/hosts"
    lines = runner.run(script, mounts=points, given={"hosts": str(tmp_path / "hosts")}).splitlines()
    assert sorted(os.listdir(tmp_path / "source")) == ["b", "below"]
    assert os.listdir(tmp_path / "source/below") == []
    options = {line.split()[1]: line.split()[3].split(",") for line in lines[:-1]}
    assert "ro" in options["/ro"]
    assert {"size=1024k", "mode=700", "nosuid", "nodev"} <= set(options["/t"])
    assert "noexec" not in options["/t"]
    assert lines[-1] == "10.0.0.1 own"


def test_host_namespaces(runner: Runner) -> None:
    host = HostSpec(network="host", pid="host", ipc="host", uts="host")
    script = "for kind in net pid ipc uts; do busybox readlink /proc/self/ns/$kind; done"
    here = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("net", "pid", "ipc", "uts")]
    assert runner.run(script, host).split() == here


def test_init_reaps_and_passes_the_exit_on(runner: Runner) -> None:
    init = find_init()
    if not init:
        pytest.skip("no small init on this host")
    assert runner.run("cat /proc/1/comm", HostSpec(init=True), given={"init_path": init}) in (
        "docker-init",
        "tini",
        "catatonit",
    )
