"""Facts of a host, to build others from."""

from wherry.model.host import HostFacts

FACTS = HostFacts(
    hostname="host",
    kernel="6.12.0",
    operating_system="Debian GNU/Linux 13 (trixie)",
    os_version="13",
    architecture="x86_64",
    cpus=2,
    memory=8 << 30,
    cgroup_version=2,
    controllers=("cpu", "cpuset", "io", "memory", "pids"),
    can_raise_limits=True,
    nofile_hard=1 << 20,
    oom_score_adj=0,
    seccomp=True,
    apparmor=False,
    backing_filesystem="ext4",
    boot_id="boot",
)
