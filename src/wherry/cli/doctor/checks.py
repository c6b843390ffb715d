"""Facts → verdicts. Every check is a function of the facts alone."""

from collections.abc import Callable

from .facts import UNTESTED, Facts, Mount, Verdict

OK, NOTE, MISSING = "ok", "note", "missing"
OLDEST_KERNEL = (5, 11)
CAP_SYS_RESOURCE = 24
NEEDED_V1 = ("memory", "cpu", "cpuacct", "cpuset", "devices", "freezer", "blkio", "pids")
NEEDED_V2 = ("cpu", "cpuset", "io", "memory", "pids")
INITS = ("docker-init", "tini", "catatonit")


def root(facts: Facts) -> Verdict:
    if facts.is_root:
        return Verdict(check="root", status=OK, found="yes")
    return Verdict(check="root", status=MISSING, found="no", mend="run the engine, and this command, as root")


def kernel(facts: Facts) -> Verdict:
    numbers = tuple(int(number) for number in facts.kernel.split("-")[0].split(".")[:2] if number.isdigit())
    if numbers >= OLDEST_KERNEL:
        return Verdict(check="kernel", status=OK, found=facts.kernel)
    oldest = ".".join(map(str, OLDEST_KERNEL))
    return Verdict(check="kernel", status=MISSING, found=facts.kernel, mend=f"a kernel of {oldest} or newer is needed")


def cgroups(facts: Facts) -> Verdict:
    unified = [mount for mount in facts.cgroup_mounts if mount.kind == "cgroup2"]
    legacy = _legacy_controllers(facts.cgroup_mounts)
    if not legacy and not unified:
        mend = "mount -t cgroup2 cgroup2 /sys/fs/cgroup"
        return Verdict(check="cgroups", status=MISSING, found="not mounted", mend=mend)
    if not legacy:
        return _controllers("v2", facts.unified_controllers, NEEDED_V2)
    if facts.unified_controllers:
        return _split_hierarchy(facts)
    return _controllers("v1", legacy, NEEDED_V1)


def _legacy_controllers(mounts: tuple[Mount, ...]) -> tuple[str, ...]:
    """The controllers of the v1 hierarchies; the options of their mounts name them."""
    names = {option for mount in mounts if mount.kind == "cgroup" for option in mount.options}
    known = {*NEEDED_V1, "hugetlb", "net_cls", "net_prio", "perf_event", "rdma", "misc"}
    return tuple(sorted(names & known))


def _controllers(version: str, found: tuple[str, ...], needed: tuple[str, ...]) -> Verdict:
    absent = [name for name in needed if name not in found]
    if not absent:
        return Verdict(check="cgroups", status=OK, found=f"{version}: {' '.join(found)}")
    return Verdict(
        check="cgroups",
        status=NOTE,
        found=f"{version}, without {' '.join(absent)}",
        mend="limits that need the missing controllers cannot be set; see the kernel's command line (cgroup_enable=)",
    )


def _split_hierarchy(facts: Facts) -> Verdict:
    """v1 with controllers left on v2: runc takes it, crun where the engine can take them from v2 while it runs."""
    left = " ".join(facts.unified_controllers)
    used = [name for name in facts.unified_controllers if name in facts.unified_used]
    if not used:
        return Verdict(check="cgroups", status=OK, found=f"v1; {left} on v2, while no engine runs")
    return Verdict(
        check="cgroups",
        status=NOTE if "runc" in facts.programs else MISSING,
        found=f"v1, but groups on v2 use {' '.join(used)}: crun refuses that",
        mend=f"end what uses them and write '{' '.join(f'-{name}' for name in used)}' to cgroup.subtree_control of v2",
    )


def runtime(facts: Facts) -> Verdict:
    found = [f"{name} {facts.programs[name]}" for name in ("crun", "runc") if name in facts.programs]
    if not found:
        return Verdict(check="runtime", status=MISSING, found="neither crun nor runc", mend="apt install crun")
    if "crun" not in facts.programs:
        mend = "apt install crun: containers start faster than with runc"
        return Verdict(check="runtime", status=NOTE, found=found[0], mend=mend)
    return Verdict(check="runtime", status=OK, found=", ".join(found))


def monitor(facts: Facts) -> Verdict:
    return _program(facts, "monitor", "conmon", "conmon")


def firewall(facts: Facts) -> Verdict:
    verdict = _program(facts, "nftables", "nft", "nftables")
    return (
        verdict if verdict.status == MISSING else _trial(facts, "nftables", f"nft {facts.programs['nft']}", "nf_tables")
    )


def _program(facts: Facts, check: str, name: str, package: str) -> Verdict:
    if name in facts.programs:
        return Verdict(check=check, status=OK, found=f"{name} {facts.programs[name]}")
    return Verdict(check=check, status=MISSING, found=f"no {name}", mend=f"apt install {package}")


def overlay(facts: Facts) -> Verdict:
    return _trial(facts, "overlay", f"mounted below {facts.tried_in}", "overlay")


def bridge(facts: Facts) -> Verdict:
    return _trial(facts, "bridge", "yes", "bridge")


def veth(facts: Facts) -> Verdict:
    return _trial(facts, "veth", "yes", "veth")


def _trial(facts: Facts, check: str, found: str, module: str) -> Verdict:
    reason = facts.trials.get(check, "the trial did not end")
    if not reason:
        return Verdict(check=check, status=OK, found=found)
    if reason == UNTESTED:
        return Verdict(check=check, status=NOTE, found=reason)
    return Verdict(check=check, status=MISSING, found=reason, mend=f"modprobe {module}")


def forwarding(facts: Facts) -> Verdict:
    if facts.ipv4_forwarding:
        return Verdict(check="ip_forward", status=OK, found="on")
    return Verdict(
        check="ip_forward",
        status=NOTE,
        found="off",
        mend="sysctl -w net.ipv4.ip_forward=1 (without it containers reach no other network)",
    )


def seccomp(facts: Facts) -> Verdict:
    if facts.seccomp:
        return Verdict(check="seccomp", status=OK, found="yes")
    return Verdict(
        check="seccomp",
        status=NOTE,
        found="no",
        mend="the kernel lacks CONFIG_SECCOMP_FILTER: no system call is filtered",
    )


def user_namespaces(facts: Facts) -> Verdict:
    if facts.user_namespaces:
        return Verdict(check="userns", status=OK, found=f"up to {facts.user_namespaces}")
    return Verdict(check="userns", status=NOTE, found="none", mend="sysctl -w user.max_user_namespaces=10000")


def apparmor(facts: Facts) -> Verdict:
    if facts.apparmor:
        return Verdict(check="apparmor", status=OK, found="enabled")
    return Verdict(check="apparmor", status=NOTE, found="not enabled: containers run without a profile")


def resource_capability(facts: Facts) -> Verdict:
    if facts.capabilities >> CAP_SYS_RESOURCE & 1:
        return Verdict(check="cap_sys_resource", status=OK, found="yes")
    return Verdict(
        check="cap_sys_resource",
        status=NOTE,
        found="no: a container's oom_score_adj cannot be below the engine's own, nor ulimits above its hard limits",
    )


def init(facts: Facts) -> Verdict:
    found = next((name for name in INITS if name in facts.programs), None)
    if found:
        return Verdict(check="init", status=OK, found=f"{found} {facts.programs[found]}")
    return Verdict(check="init", status=NOTE, found="none: run --init will not work", mend="apt install tini")


def favordynmods(facts: Facts) -> Verdict:
    """Tuning that is the owner's to choose: the kernel keeps it until the next boot."""
    unified = next((mount for mount in facts.cgroup_mounts if mount.kind == "cgroup2"), None)
    if unified is None:
        return Verdict(check="favordynmods", status=NOTE, found="no cgroup2 mount to set it on")
    if "favordynmods" in unified.options:
        return Verdict(check="favordynmods", status=OK, found="on")
    return Verdict(
        check="favordynmods",
        status=NOTE,
        found="off: a container's first process waits about 10 ms to enter its cgroups",
        mend=f"mount -o remount,favordynmods {unified.path} (cannot be undone before a reboot)",
    )


CHECKS: tuple[Callable[[Facts], Verdict], ...] = (
    root,
    kernel,
    cgroups,
    runtime,
    monitor,
    overlay,
    bridge,
    veth,
    firewall,
    forwarding,
    seccomp,
    user_namespaces,
    apparmor,
    resource_capability,
    init,
    favordynmods,
)


def examine(facts: Facts) -> list[Verdict]:
    return [check(facts) for check in CHECKS]


def engine_can_run(verdicts: list[Verdict]) -> bool:
    return all(verdict.status != MISSING for verdict in verdicts)
