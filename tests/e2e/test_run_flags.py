"""The rarer flags of ``run``: what each does in the container, or why it is refused."""

import re

import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root
NEWER = pytest.mark.newer_docker(23)

OPEN_KMSG = "mknod /kmsg c 1 11 && : > /kmsg"
SIZES = "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"


@pytest.mark.parametrize(
    ("flags", "command", "said"),
    [
        (("--mac-address", "02:42:ac:11:00:99"), "cat /sys/class/net/eth0/address", "02:42:ac:11:00:99"),
        (("--domainname", "example.org"), "cat /proc/sys/kernel/domainname", "example.org"),
        (("--oom-score-adj", "500"), "cat /proc/self/oom_score_adj", "500"),
        (("--group-add", "4321"), "id -G", "0 4321"),
        (("--user", "12:34", "--workdir", "/made/for/it"), "id -u; id -g; pwd", "12\n34\n/made/for/it"),
        (("--ulimit", "nofile=100:200"), "ulimit -n; ulimit -Hn", "100\n200"),
        (("--sysctl", "net.ipv4.ip_default_ttl=42"), "cat /proc/sys/net/ipv4/ip_default_ttl", "42"),
        (("--sysctl", "kernel.msgmax=9000"), "cat /proc/sys/kernel/msgmax", "9000"),
        (("--shm-size", "5m"), "df -m /dev/shm | tail -1 | awk '{print $2}'", "5"),
        (("--tmpfs", "/t:size=1m,mode=1750,uid=5"), "stat -c '%a %u' /t", "1750 5"),
        (("--device-cgroup-rule", "c 1:11 rwm"), f"{OPEN_KMSG} && echo open", "open"),
        (("--device", "/dev/null:/dev/nothing:r"), "cat /dev/nothing; echo read", "read"),
        (("--add-host", "there:192.0.2.7"), "awk '/there/ {print $1}' /etc/hosts", "192.0.2.7"),
        (("--userns", "host"), "wc -l < /proc/self/uid_map", "1"),
        (("--isolation", "default"), "echo hi", "hi"),
        (("--kernel-memory", "10m"), "echo hi", "hi"),
        (("--cgroupns", "host"), "test -e /proc/self/cgroup && echo hi", "hi"),
    ],
)
def test_what_a_flag_does(cli: Cli, flags: tuple[str, ...], command: str, said: str) -> None:
    printed = cli.line("run", "--rm", *flags, "busybox", "sh", "-c", command)
    if cli.is_later:  # it tells on stdout which flags are deprecated
        printed = re.sub("^Flag .* has been deprecated.*\n", "", printed)
    assert printed == said


def test_a_device_without_a_rule(cli: Cli) -> None:
    assert "Operation not permitted" in cli.fails(1, "run", "--rm", "busybox", "sh", "-c", OPEN_KMSG)


@pytest.mark.parametrize(
    ("flags", "field", "shown"),
    [
        pytest.param(("--annotation", "a=b"), "{{json .HostConfig.Annotations}}", '{"a":"b"}', marks=NEWER),
        (("--memory-reservation", "10m"), "{{.HostConfig.MemoryReservation}}", str(10 << 20)),
        (("--cpu-period", "50000"), "{{.HostConfig.CpuPeriod}}", "50000"),
        (("--cgroup-parent", "/wherry-test"), "{{.HostConfig.CgroupParent}}", "/wherry-test"),
        (("--stop-timeout", "3", "--stop-signal", "HUP"), "{{.Config.StopTimeout}} {{.Config.StopSignal}}", "3 HUP"),
        (("--label", "a", "--label", "b=c"), "{{json .Config.Labels}}", '{"a":"","b":"c"}'),
        (("--publish-all", "--expose", "99"), "{{.HostConfig.PublishAllPorts}}", "true"),
        pytest.param(
            ("--health-cmd", "x", "--health-start-period", "1m", "--health-start-interval", "2s"),
            "{{.Config.Healthcheck.StartPeriod}} {{.Config.Healthcheck.StartInterval}}",
            "1m0s 2s",
            marks=pytest.mark.newer_docker(25),
        ),
    ],
)
def test_what_an_inspection_shows(cli: Cli, flags: tuple[str, ...], field: str, shown: str) -> None:
    cli("create", "--name", "box", *flags, "busybox", "true")

    assert cli.inspect("box", field) == shown


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--gpus", "all"), 'could not select device driver "" with capabilities: [[gpu]]'),
        (("--isolation", "hyperv"), "Invalid isolation: \"hyperv\" - linux only supports 'default'"),
        (("--storage-opt", "size=1G"), SIZES),
        (("--storage-opt", "size"), "invalid storage option"),
        (("--runtime", "nobodys"), "unknown or invalid runtime name: nobodys"),
        (("--memory-swappiness", "101"), "invalid value: 101. Valid memory swappiness range is 0-100"),
        (("--memory", "4m"), "Minimum memory limit allowed is 6MB"),
        (("--memory", "20m", "--memory-swap", "10m"), "Minimum memoryswap limit should be larger than memory limit"),
        (("--oom-score-adj", "1001"), "Invalid value 1001, range for oom score adj is [-1000, 1000]"),
        (("--blkio-weight-device", "x"), "bad format: x"),
        (("--device-read-bps", "x"), "bad format: x"),
        (("--device-write-iops", "/dev/zero:x"), "invalid rate for device: /dev/zero:x"),
        (("--device-cgroup-rule", "x"), "invalid device cgroup format 'x'"),
        (("--cpus", "1000"), "Range of CPUs is from 0.01 to"),
        (("--cpuset-cpus", "9999"), "Requested CPUs are not available - requested 9999"),
        pytest.param(("--sysctl", "kernel.bogus=1"), "sysctl 'kernel.bogus=1' is not allowed", marks=NEWER),
        (("--ulimit", "bogus=1"), "invalid ulimit type: bogus"),
        (("--userns", "bogus"), "--userns: invalid USER mode"),
        (("--pid", "bogus"), "--pid: invalid PID mode"),
        (("--cgroupns", "bogus"), "--cgroupns: invalid CGROUP mode"),
        (("--ipc", "bogus"), "invalid IPC mode: bogus"),
        (("--cap-add", "bogus"), 'invalid CapAdd: unknown capability: "CAP_BOGUS"'),
        (("--security-opt", "bogus"), 'Invalid --security-opt: "bogus"'),
        (("--mac-address", "bogus"), "bogus is not a valid mac address"),
        (("--env-file", "/nothing"), "open /nothing: no such file or directory"),
        (("--label-file", "/nothing"), "open /nothing: no such file or directory"),
        (("--stop-signal", "bogus"), "invalid signal: bogus"),
        pytest.param(("--pull", "bogus"), "invalid pull option: 'bogus'", marks=NEWER),
    ],
)
def test_what_is_refused(cli: Cli, flags: tuple[str, ...], text: str) -> None:
    if cli.is_later:
        text = text.replace("Invalid --security-opt", "invalid --security-opt")
    assert text in cli.fails(125, "run", "--rm", *flags, "busybox", "true")


@pytest.mark.newer_docker(25)
def test_checks_come_sooner_while_a_container_starts(cli: Cli) -> None:
    soon = ("--health-start-period", "1m", "--health-start-interval", "100ms")
    cli("run", "-d", "--name", "box", "--health-cmd", "true", *soon, "busybox", "sleep", "60")

    eventually(lambda: cli.inspect("box", "{{.State.Health.Status}}") == "healthy")
