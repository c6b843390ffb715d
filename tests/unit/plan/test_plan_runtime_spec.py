"""Golden runtime specs: each case's config.json is in ``golden/<case>.json``, without the parts all cases share.

The cases were put to dockerd 26.1.5, whose config.json says the same but for hooks, paths and HOME.
To write the files anew after a change that is meant: ``WHERRY_WRITE_GOLDEN=1 pytest tests/unit/plan``.
"""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from tests.unit.plan.plan_facts import CGROUP_2, FACTS

from wherry.errors import InternalError, RuntimeFailure
from wherry.model.container import Container, ContainerSpec, HostSpec
from wherry.model.device import DeviceNode
from wherry.model.exec import ExecSpec
from wherry.model.mount import MountKind, MountPoint
from wherry.model.resources import Device, DeviceRate, Resources, Ulimit
from wherry.plan.containers.users import Identity
from wherry.plan.oci.runtime_spec import SpecRequest, build, exec_process

GOLDEN = Path(__file__).parent / "golden"
ID = "4f3164d577ab367b181429c4501cb1c5bcab7953ba33ca48e5601482d6d158a6"
ROOT = Identity(uid=0, gid=0, groups=(0,), home="/root")
NULL = DeviceNode(path="/dev/null", type="c", major=1, minor=3)
FUSE = DeviceNode(path="/dev/fuse", type="c", major=10, minor=229, mode=0o600)
DISK = DeviceNode(path="/dev/vda", type="b", major=254, minor=0, mode=0o600)
LOOP = DeviceNode(path="/dev/disk/loop0", type="b", major=7, minor=0, mode=0o660, gid=6)


def request(host: HostSpec | None = None, mounts: tuple[MountPoint, ...] = (), **spec: Any) -> SpecRequest:
    host = replace(host or HostSpec(), shm_size=(host and host.shm_size) or 64 << 20)
    asked = ContainerSpec(image="busybox", **{"command": ("sleep", "100"), "hostname": ID[:12], "host": host, **spec})
    container = Container(
        id=ID, name="web", image_id="sha256:0", chain_id="sha256:1", created=0, spec=asked, mounts=mounts
    )
    return SpecRequest(
        container=container,
        rootfs="/data/merged",
        identity=ROOT,
        facts=FACTS,
        network_namespace="/run/wherry/netns/web",
        hosts="/data/hosts",
        hostname="/data/hostname",
        resolv_conf="/data/resolv.conf",
        init_path="/usr/bin/tini",
    )


BIND = MountPoint(kind=MountKind.BIND, source="/srv", target="/v")
CASES = {
    "plain": request(),
    "terminal-user-environment": replace(
        request(
            HostSpec(console_size=(40, 120), group_add=("20",), annotations={"a": "b"}, init=True),
            tty=True,
            hostname="hh",
            domainname="dd.ee",
            env=("A=1", "TERM=vt100", "PATH"),
            working_dir="/tmp",
            entrypoint=("/bin/sh", "-c"),
            command=("echo hi",),
        ),
        identity=Identity(uid=1000, gid=1000, groups=(1000, 20), home="/home/web"),
    ),
    "mounts": request(
        HostSpec(read_only=True, shm_size=1 << 20),
        mounts=(
            replace(BIND, target="/m/below", propagation="shared"),
            replace(BIND, target="/m", propagation="rslave"),
            replace(BIND, writable=False, recursive=False),
            replace(BIND, target="/etc/hosts"),
            replace(BIND, target="/dev/mqueue"),
            MountPoint(kind=MountKind.VOLUME, source="/volumes/x/_data", name="x", target="/vv"),
            MountPoint(kind=MountKind.TMPFS, target="/x", options="size=1m,uid=5,exec"),
            MountPoint(kind=MountKind.TMPFS, target="/t", options="mode=700,size=4k", writable=False),
        ),
    ),
    "own-dev": request(mounts=(replace(BIND, target="/dev"),)),
    "limits": replace(
        request(
            HostSpec(
                oom_score_adj=7,
                cgroup_parent="/batch",
                resources=Resources(
                    memory=64 << 20,
                    memory_reservation=32 << 20,
                    memory_swappiness=0,
                    nano_cpus=1_500_000_000,
                    cpu_shares=512,
                    cpuset_cpus="0-1",
                    pids_limit=50,
                    blkio_weight=300,
                    read_bps=(DeviceRate(path="/dev/vda", rate=1 << 20),),
                    write_iops=(DeviceRate(path="/dev/vda", rate=10),),
                    ulimits=(Ulimit(name="nofile", soft=100, hard=200), Ulimit(name="core", soft=-1, hard=-1)),
                ),
            )
        ),
        devices=(DISK,),
    ),
    "limits-on-cgroup-2": replace(
        request(
            HostSpec(
                resources=Resources(
                    memory=64 << 20,
                    memory_swap=64 << 20,
                    memory_swappiness=10,
                    oom_kill_disable=True,
                    cpu_period=50_000,
                    cpu_quota=20_000,
                    pids_limit=-1,
                    blkio_weight=300,
                )
            )
        ),
        facts=CGROUP_2,
    ),
    "devices": replace(
        request(
            HostSpec(
                resources=Resources(
                    devices=(
                        Device(host_path="/dev/null", container_path="/dev/nn", permissions="rw"),
                        Device(host_path="/dev/fuse", container_path="/dev/fuse"),
                        Device(host_path="/dev/disk", container_path="/dev/d"),
                    ),
                    device_cgroup_rules=("c 7:* rmw",),
                )
            )
        ),
        devices=(NULL, FUSE, LOOP, DISK),
    ),
    "privileged": replace(
        request(
            HostSpec(
                privileged=True,
                resources=Resources(devices=(Device(host_path="/dev/null", container_path="/dev/nn"),)),
            )
        ),
        devices=(NULL, FUSE),
    ),
    "host-namespaces": replace(
        request(HostSpec(network="host", pid="host", ipc="host", uts="host", init=True), hostname="vm"),
        network_namespace="",
        shm="/dev/shm",
    ),
    "joined-namespaces": replace(
        request(
            HostSpec(network="container:a", pid="container:a", ipc="container:a", cgroup_namespace="private"),
            domainname="example.org",
        ),
        network_namespace="/run/wherry/netns/a",
        joined={"pid": "/proc/42/ns/pid", "ipc": "/proc/42/ns/ipc"},
        shm="/data/a/shm",
    ),
    "fewer-rights": request(
        HostSpec(
            network="none",
            ipc="none",
            cap_drop=("ALL",),
            cap_add=("net_admin", "CAP_CHOWN"),
            security_opt=("no-new-privileges",),
            masked_paths=("/proc/secret",),
            readonly_paths=(),
            sysctls={"net.core.somaxconn": "99", "net.ipv4.ip_unprivileged_port_start": "5"},
        )
    ),
}


def differing(spec: dict[str, Any], plain: dict[str, Any]) -> dict[str, Any]:
    """What differs from the plain case; null for what is not there. Lists and numbers differ as wholes."""
    found: dict[str, Any] = {}
    for key in spec.keys() | plain.keys():
        one, other = spec.get(key), plain.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            found |= {key: inner} if (inner := differing(one, other)) else {}
        elif one != other:
            found[key] = one
    return found


@pytest.mark.parametrize("case", CASES)
def test_runtime_spec_is_as_written_down(case: str) -> None:
    spec = json.loads(msgspec.json.encode(build(CASES[case])))
    told = spec if case == "plain" else differing(spec, json.loads(msgspec.json.encode(build(CASES["plain"]))))
    file = GOLDEN / f"{case}.json"
    if os.environ.get("WHERRY_WRITE_GOLDEN"):
        file.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")
    assert told == json.loads(file.read_text())


def test_a_device_that_the_host_does_not_have() -> None:
    gone = Resources(devices=(Device(host_path="/dev/nope", container_path="/dev/nope"),))
    with pytest.raises(InternalError, match='custom device "/dev/nope": no such file or directory'):
        build(request(HostSpec(resources=gone)))


def test_a_rule_for_devices_that_is_none() -> None:
    with pytest.raises(InternalError, match="invalid device cgroup rule format: 'foo'"):
        build(request(HostSpec(resources=Resources(device_cgroup_rules=("foo",)))))


def test_mounts_below_stay_writable_on_kernels_that_cannot_do_better() -> None:
    asked = replace(request(mounts=(replace(BIND, writable=False),)), facts=replace(FACTS, kernel="5.10.0"))
    assert build(asked)["mounts"][-4]["options"] == ("rbind", "ro", "rprivate")


def test_shared_memory_of_a_shareable_container() -> None:
    mounts = build(replace(request(HostSpec(ipc="shareable")), shm="/data/shm"))["mounts"]
    assert [mount["source"] for mount in mounts if mount["destination"] == "/dev/shm"] == ["/data/shm"]


@pytest.mark.parametrize(("shares", "reason"), [(1, "minimum allowed cpu-shares is 2"), (262145, "maximum .* 262144")])
def test_shares_that_runc_refuses(shares: int, reason: str) -> None:
    with pytest.raises(RuntimeFailure, match=f"^failed to create task for container: .*: the {reason}: unknown$"):
        build(request(HostSpec(resources=Resources(cpu_shares=shares))))


def test_an_empty_home_is_the_users() -> None:
    assert "HOME=/root" in build(request(env=("HOME=", "A=1")))["process"]["env"]


def test_no_parent_leads_out_of_the_control_groups() -> None:
    assert build(request(HostSpec(cgroup_parent="../../x")))["linux"]["cgroupsPath"] == f"/x/{ID}"


def test_the_engines_limits_are_for_what_was_not_asked() -> None:
    own, default, other = (Ulimit(name=name, soft=n, hard=n) for n, name in enumerate(("core", "core", "nproc")))
    asked = replace(request(HostSpec(resources=Resources(ulimits=(own,)))), default_ulimits=(default, other))
    expected = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}, {"type": "RLIMIT_NPROC", "soft": 2, "hard": 2}]

    assert build(asked)["process"]["rlimits"] == expected
    session = exec_process(asked.container, ExecSpec(command=("id",)), ROOT, FACTS, default_ulimits=(default, other))
    assert session["rlimits"] == expected


def test_an_exec_is_as_restricted_as_its_container() -> None:
    resources = Resources(ulimits=(Ulimit(name="core", soft=0, hard=0),))
    host = HostSpec(cap_drop=("ALL",), security_opt=("no-new-privileges",), resources=resources)
    container = request(host, env=("A=1", "B=2"), working_dir="/srv").container
    process = exec_process(container, ExecSpec(command=("id",), env=("B=3",), tty=True), ROOT, FACTS)
    assert process["args"] == ("id",)
    assert process["cwd"] == "/srv"
    assert process["env"][1:] == [f"HOSTNAME={ID[:12]}", "TERM=xterm", "A=1", "B=3", "HOME=/root"]
    assert process["capabilities"]["bounding"] == ()
    assert process["noNewPrivileges"] is True
    assert process["terminal"] is True
    assert process["rlimits"] == [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]


def test_a_privileged_exec_has_all_capabilities() -> None:
    spec = ExecSpec(command=("id",), privileged=True, working_dir="/x", console_size=(24, 80))
    process = exec_process(request().container, spec, ROOT, replace(FACTS, can_raise_limits=False))
    assert "CAP_SYS_ADMIN" in process["capabilities"]["effective"]
    assert "CAP_SYS_RESOURCE" not in process["capabilities"]["effective"]
    assert process["cwd"] == "/x"
    assert "terminal" not in process
