"""Facts of the host, compared with what other programs of it say."""

import os
import subprocess
from pathlib import Path

import pytest

from wherry.kernel import facts as host
from wherry.kernel import mounts


def said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_facts_agree_with_other_programs(tmp_path: Path) -> None:
    facts = host.facts(str(tmp_path))
    assert facts.hostname == said("uname", "-n")
    assert facts.kernel == said("uname", "-r")
    assert facts.architecture == said("uname", "-m")
    assert facts.operating_system == said("sh", "-c", ". /etc/os-release; echo $PRETTY_NAME")
    assert facts.os_version == said("sh", "-c", ". /etc/os-release; echo $VERSION_ID")
    assert facts.cpus == int(said("nproc"))
    assert facts.memory == int(said("sh", "-c", "grep MemTotal /proc/meminfo").split()[1]) * 1024
    assert facts.nofile_hard == int(said("sh", "-c", "ulimit -Hn"))
    assert facts.oom_score_adj == int(Path("/proc/self/oom_score_adj").read_text())
    assert facts.backing_filesystem == said("stat", "-f", "-c", "%T", str(tmp_path)).replace("ext2/ext3", "ext4")
    assert facts.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert facts.cgroup_version in (1, 2)
    assert "memory" in facts.controllers
    assert facts.apparmor is os.path.isdir("/sys/kernel/security/apparmor")


@pytest.mark.root
def test_the_file_system_of_a_mount_below(tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", tmp_path], check=True)
    try:
        assert mounts.file_system(str(tmp_path)) == "tmpfs"
        (tmp_path / "deeper").mkdir()
        assert mounts.file_system(str(tmp_path / "deeper")) == "tmpfs"
        os.symlink("/proc/self", tmp_path / "link")
        assert mounts.file_system(str(tmp_path / "link")) == "proc"
    finally:
        mounts.unmount(str(tmp_path))


def test_capabilities_are_those_in_effect() -> None:
    every = int(said("sh", "-c", "grep CapEff /proc/self/status").split()[1], 16)
    assert [host.has_capability(number) for number in range(41)] == [bool(every >> number & 1) for number in range(41)]


def test_cpu_time_covers_all_cpus_since_boot() -> None:
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    cpus = os.cpu_count() or 1
    assert 0.5 < host.cpu_time() / 1e9 / (uptime * cpus) < 1.5
