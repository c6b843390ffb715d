"""doctor: the verdicts that follow from given facts, and what the command prints about this host."""
# ruff: noqa: E501  tables have one case a line

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import CommandLine
from test_pull import on_terminal

from wherry.cli.doctor.checks import CHECKS, engine_can_run, examine
from wherry.cli.doctor.facts import UNTESTED, Facts, Mount, Verdict

V1 = tuple(
    Mount(kind="cgroup", path=f"/sys/fs/cgroup/{name}", options=("rw", "relatime", name))
    for name in ("memory", "cpu", "cpuacct", "cpuset", "devices", "freezer", "blkio", "pids", "hugetlb")
)
V2 = Mount(kind="cgroup2", path="/sys/fs/cgroup", options=("rw", "nsdelegate", "favordynmods"))
HYBRID = Mount(kind="cgroup2", path="/sys/fs/cgroup/unified", options=("rw",))
GOOD = Facts(
    is_root=True,
    kernel="6.18.44-x",
    cgroup_mounts=(V2,),
    unified_controllers=("cpuset", "cpu", "io", "memory", "pids"),
    unified_used=("cpu", "memory", "pids"),
    programs={"crun": "1.21", "runc": "1.1", "conmon": "2.1.12", "nft": "v1.1.3", "tini": "0.19"},
    trials={"overlay": "", "bridge": "", "veth": "", "nftables": ""},
    tried_in="/var/lib",
    ipv4_forwarding=True,
    seccomp=True,
    user_namespaces=9000,
    apparmor=True,
    capabilities=(1 << 41) - 1,
)


def verdict(check: str, **facts: object) -> Verdict:
    changed = replace(GOOD, **facts)  # type: ignore[arg-type]
    return next(verdict for verdict in examine(changed) if verdict.check == check)


def without(*names: str) -> dict[str, str]:
    return {name: version for name, version in GOOD.programs.items() if name not in names}


def test_a_good_host_has_nothing_to_mend() -> None:
    verdicts = examine(GOOD)
    assert [(verdict.check, verdict.status, verdict.mend) for verdict in verdicts] == [
        (verdict.check, "ok", "") for verdict in verdicts
    ]
    assert len(verdicts) == len(CHECKS)


@pytest.mark.parametrize(
    ("check", "facts", "status", "found", "mend"),
    [
        ("root", {"is_root": False}, "missing", "no", "run the engine, and this command, as root"),
        ("kernel", {"kernel": "4.19.0-27-amd64"}, "missing", "4.19.0-27-amd64", "a kernel of 5.11 or newer is needed"),
        ("kernel", {"kernel": "5.11.0"}, "ok", "5.11.0", ""),
        ("runtime", {"programs": without("crun", "runc")}, "missing", "neither crun nor runc", "apt install crun"),
        ("runtime", {"programs": without("crun")}, "note", "runc 1.1", "apt install crun: containers start faster than with runc"),
        ("monitor", {"programs": without("conmon")}, "missing", "no conmon", "apt install conmon"),
        ("nftables", {"programs": without("nft")}, "missing", "no nft", "apt install nftables"),
        ("nftables", {"trials": {"nftables": "syntax error"}}, "missing", "syntax error", "modprobe nf_tables"),
        ("overlay", {"trials": {"overlay": "No such device"}}, "missing", "No such device", "modprobe overlay"),
        ("overlay", {}, "ok", "mounted below /var/lib", ""),
        ("bridge", {"trials": {}}, "missing", "the trial did not end", "modprobe bridge"),
        ("veth", {"trials": {"veth": UNTESTED}}, "note", UNTESTED, ""),
        ("ip_forward", {"ipv4_forwarding": False}, "note", "off", "sysctl -w net.ipv4.ip_forward=1 (without it containers reach no other network)"),
        ("userns", {"user_namespaces": 0}, "note", "none", "sysctl -w user.max_user_namespaces=10000"),
        ("apparmor", {"apparmor": False}, "note", "not enabled: containers run without a profile", ""),
        ("init", {"programs": without("tini")}, "note", "none: run --init will not work", "apt install tini"),
    ],
)  # fmt: skip
def test_a_lack_and_its_mend(check: str, facts: dict[str, object], status: str, found: str, mend: str) -> None:
    assert verdict(check, **facts) == Verdict(check=check, status=status, found=found, mend=mend)


def test_seccomp_and_capabilities_are_worth_a_note() -> None:
    assert verdict("seccomp", seccomp=False).status == "note"
    assert verdict("cap_sys_resource", capabilities=(1 << 24) - 1).status == "note"


@pytest.mark.parametrize(
    ("mounts", "unified", "programs", "status", "found"),
    [
        ((), (), {}, "missing", "not mounted"),
        ((V2,), ("cpu", "memory"), {}, "note", "v2, without cpuset io pids"),
        (V1, (), {}, "ok", "v1: blkio cpu cpuacct cpuset devices freezer hugetlb memory pids"),
        (V1[1:], (), {}, "note", "v1, without memory"),
        ((*V1, HYBRID), (), {}, "ok", "v1: blkio cpu cpuacct cpuset devices freezer hugetlb memory pids"),
        ((*V1[:-1], HYBRID), ("hugetlb",), {"crun": "1"}, "ok", "v1; hugetlb on v2, while no engine runs"),
    ],
)  # fmt: skip
def test_cgroups(
    mounts: tuple[Mount, ...], unified: tuple[str, ...], programs: dict[str, str], status: str, found: str
) -> None:
    got = verdict("cgroups", cgroup_mounts=mounts, unified_controllers=unified, programs=programs)
    assert (got.status, got.found) == (status, found)


@pytest.mark.parametrize(("programs", "status"), [({"crun": "1"}, "missing"), ({"crun": "1", "runc": "1"}, "note")])
def test_a_controller_that_groups_on_version_2_use(programs: dict[str, str], status: str) -> None:
    left = {"unified_controllers": ("hugetlb", "misc"), "unified_used": ("hugetlb",)}
    got = verdict("cgroups", cgroup_mounts=(*V1[:-1], HYBRID), programs=programs, **left)
    assert (got.status, got.found) == (status, "v1, but groups on v2 use hugetlb: crun refuses that")
    assert "'-hugetlb'" in got.mend


def test_favordynmods_is_offered_with_its_price() -> None:
    got = verdict("favordynmods", cgroup_mounts=(*V1, HYBRID))
    assert got.mend == "mount -o remount,favordynmods /sys/fs/cgroup/unified (cannot be undone before a reboot)"
    assert verdict("favordynmods", cgroup_mounts=V1).found == "no cgroup2 mount to set it on"


def test_notes_do_not_keep_an_engine_from_running() -> None:
    assert engine_can_run(examine(replace(GOOD, apparmor=False, ipv4_forwarding=False)))
    assert not engine_can_run(examine(replace(GOOD, is_root=False)))


def test_the_command_prints_a_table_and_what_to_do(wherry: CommandLine, tmp_path: Path) -> None:
    status, out, err = wherry.run("doctor", "--data-root", str(tmp_path / "not" / "there"))
    lines = out.partition("\n\nTo mend:\n")[0].splitlines()
    assert (lines[0].split(), len(lines), err) == (["STATUS", "CHECK", "FOUND"], 1 + len(CHECKS), "")
    assert status == any(line.startswith("missing") for line in lines)
    assert [path.name for path in tmp_path.iterdir()] == ["socket"]
    assert wherry.engine.requests == []


def test_the_command_as_json(wherry: CommandLine) -> None:
    _, out, _ = wherry.run("system", "doctor", "--format", "json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [set(row) for row in rows] == [{"Check", "Found", "Mend", "Status"}] * len(CHECKS)
    assert rows[0]["Found"] == ("yes" if os.geteuid() == 0 else "no")


def test_colour_is_for_terminals_that_want_it() -> None:
    shown = on_terminal("doctor")
    assert "\x1b[32mok\x1b[0m" in shown
    assert "\x1b" not in on_terminal("doctor", NO_COLOR="1")
    assert "\x1b" not in on_terminal("doctor", TERM="dumb")
