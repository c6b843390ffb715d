"""``run``: what it answers, and what each of its flags changes inside the container."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import docker
import pytest

from tests.harness.cgroups import UNIFIED
from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

FULL_ID = re.compile(r"[0-9a-f]{64}")


# --- exit codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 1, 42])
def test_the_exit_code_is_the_commands(cli: Cli, code: int) -> None:
    assert cli("run", "--rm", "busybox", "sh", "-c", f"exit {code}", check=False).returncode == code


@pytest.mark.parametrize(("name", "code"), [("KILL", 137), ("TERM", 143)])
def test_death_by_signal_is_128_and_its_number(cli: Cli, name: str, code: int) -> None:
    # Given a process that is not the first of its namespace, whom the kernel would spare SIGTERM.
    with cli.beside("run", "--name", "box", "--pid", "host", "busybox", "sleep", "60") as client:
        eventually(lambda: cli.line("ps", "-q"))

        cli("kill", "-s", name, "box")

        assert client.wait(60) == code


def test_an_unknown_flag_is_125(cli: Cli) -> None:
    error = cli.fails(125, "run", "--bogus", "busybox", "true")

    assert "unknown flag: --bogus" in error
    assert "run --help" in error


def test_an_image_that_is_not_to_be_had_is_125(cli: Cli) -> None:
    # Given no registry listens there.
    error = cli.fails(125, "run", "--rm", "localhost:9/nothing", "true")

    assert "Unable to find image 'localhost:9/nothing:latest' locally" in error
    assert "connection refused" in error


def test_pull_never_does_not_ask_a_registry(cli: Cli) -> None:
    assert "No such image: nothing:latest" in cli.fails(125, "run", "--pull", "never", "nothing")


def test_a_command_that_cannot_be_invoked_is_126(cli: Cli) -> None:
    assert "permission denied" in cli.fails(126, "run", "--rm", "busybox", "/etc/passwd")
    assert "is a directory" in cli.fails(126, "run", "--rm", "busybox", "/etc")


def test_a_command_that_does_not_exist_is_127(cli: Cli) -> None:
    assert 'exec: "nothing": executable file not found in $PATH' in cli.fails(127, "run", "busybox", "nothing")
    assert "no such file or directory" in cli.fails(127, "run", "busybox", "/bin/nothing")
    # Then what could not start is there to be looked at.
    assert cli.line("ps", "-a", "--format", "{{.Status}}").splitlines() == ["Created", "Created"]


# --- streams ---------------------------------------------------------------------------------------------------------


def test_stdout_and_stderr_come_apart(cli: Cli) -> None:
    done = cli("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2")

    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_attach_to_one_stream_only(cli: Cli) -> None:
    done = cli("run", "--rm", "-a", "stderr", "busybox", "sh", "-c", "echo out; echo err >&2")

    assert (done.stdout, done.stderr) == ("", "err\n")


def test_piped_stdin_ends_with_the_pipe(cli: Cli) -> None:
    assert cli("run", "-i", "--rm", "busybox", "cat", stdin="hi\n").stdout == "hi\n"
    assert cli("run", "-i", "--rm", "busybox", "sh", stdin="echo from a script; exit 3", check=False).returncode == 3


def test_without_i_stdin_is_empty(cli: Cli) -> None:
    assert cli("run", "--rm", "busybox", "cat", stdin="hi\n").stdout == ""


def test_five_megabytes_go_through_a_pipe_unharmed(cli: Cli, engine: Engine) -> None:
    data = os.urandom(5_000_000)

    piped = subprocess.run(
        engine.command(cli.client, "run", "-i", "--rm", "busybox", "cat"), input=data, capture_output=True, check=True
    )

    assert hashlib.sha256(piped.stdout).digest() == hashlib.sha256(data).digest()


def test_i_without_a_terminal_refuses_t(cli: Cli) -> None:
    assert "the input device is not a TTY" in cli.fails(1, "run", "-it", "--rm", "busybox", "true")


def test_detached_prints_the_id(cli: Cli) -> None:
    printed = cli("run", "-d", "busybox", "true").stdout

    assert FULL_ID.fullmatch(printed.removesuffix("\n"))
    assert cli.line("ps", "-aq", "--no-trunc") == printed.strip()


def test_signals_to_the_client_reach_the_container(cli: Cli) -> None:
    script = "trap 'echo got it; exit 7' USR1; echo ready; while :; do sleep .05; done"
    with cli.beside("run", "--rm", "busybox", "sh", "-c", script) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "ready\n"
        client.send_signal(signal.SIGUSR1)

        assert client.stdout.readline() == "got it\n"
        assert client.wait(60) == 7


# --- names and leftovers ---------------------------------------------------------------------------------------------


def test_rm_leaves_nothing(cli: Cli, engine: Engine, api: docker.DockerClient) -> None:
    cli("run", "--rm", "-v", "/data", "busybox", "sh", "-c", "echo hi > /data/file")

    assert cli.line("ps", "-aq") == ""
    assert api.volumes.list() == []
    assert list((engine.data_root / "containers").iterdir()) == []


def test_detached_rm_leaves_nothing(cli: Cli) -> None:
    cli("run", "-d", "--rm", "busybox", "true")

    eventually(lambda: cli.line("ps", "-aq") == "")


def test_a_name_is_given_once(cli: Cli) -> None:
    taken = cli.line("run", "-d", "--name", "only", "busybox", "true")

    error = cli.fails(125, "run", "--name", "only", "busybox", "true")

    assert f'Conflict. The container name "/only" is already in use by container "{taken}".' in error
    assert "You have to remove (or rename) that container to be able to reuse that name." in error


def test_a_name_has_a_grammar(cli: Cli) -> None:
    error = cli.fails(125, "run", "--name", "no/slash", "busybox", "true")

    assert "Invalid container name (no/slash), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed" in error


def test_cidfile_holds_the_id_and_is_never_overwritten(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "cid"
    printed = cli.line("run", "-d", "--cidfile", file, "busybox", "true")

    assert file.read_text() == printed
    assert "container ID file found" in cli.fails(125, "run", "--cidfile", file, "busybox", "true")


def test_rm_and_restart_exclude_each_other(cli: Cli) -> None:
    said = cli.fails(125, "run", "--rm", "--restart", "always", "busybox")
    later = "conflicting options: cannot specify both --restart and --rm"
    assert (later if cli.is_later else "Conflicting options: --restart and --rm") in said


# --- the process -----------------------------------------------------------------------------------------------------


def test_environment_of_flags_files_and_the_client(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_CLIENT", "mine")
    (tmp_path / "env").write_text("# a comment\nONE=1\nQUOTED='kept'\nFROM_CLIENT\n")

    printed = cli(
        "run", "--rm", "--env-file", tmp_path / "env", "-e", "TWO=2", "-e", "ONE=first", "busybox", "env"
    ).stdout

    lines = printed.splitlines()
    assert {"ONE=first", "TWO=2", "QUOTED='kept'", "FROM_CLIENT=mine", "HOME=/root"} <= set(lines)
    assert "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" in lines


def test_working_directory_is_made_if_missing(cli: Cli) -> None:
    assert cli.line("run", "--rm", "-w", "/made/here", "busybox", "pwd") == "/made/here"
    assert "/etc/passwd is not a directory" in cli.fails(125, "run", "--rm", "-w", "/etc/passwd", "busybox", "pwd")
    assert "needs to be an absolute path" in cli.fails(125, "run", "--rm", "-w", "relative", "busybox", "pwd")


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("user", "uid=1000(user) gid=1000(users) groups=1000(users)"),
        ("1000:0", "uid=1000(user) gid=0(root) groups=0(root)"),
        ("4321:8765", "uid=4321 gid=8765 groups=8765"),
    ],
)
def test_user_by_name_and_by_number(cli: Cli, user: str, expected: str) -> None:
    assert cli.line("run", "--rm", "-u", user, "busybox", "id") == expected


def test_home_is_the_users(cli: Cli) -> None:
    assert cli.line("run", "--rm", "-u", "user", "busybox", "sh", "-c", "echo $HOME") == "/home"


def test_more_groups(cli: Cli) -> None:
    assert cli.line("run", "--rm", "--group-add", "users", "--group-add", "77", "busybox", "id", "-G") == "0 77 1000"


def test_unknown_users_and_groups_are_named(cli: Cli) -> None:
    error = cli.fails(125, "run", "--rm", "-u", "nemo", "busybox", "true")
    assert "unable to find user nemo: no matching entries in passwd file" in error

    error = cli.fails(125, "run", "--rm", "-u", "root:nemo", "busybox", "true")
    assert "unable to find group nemo: no matching entries in group file" in error


def test_entrypoint_takes_the_commands_place(cli: Cli) -> None:
    assert cli.line("run", "--rm", "--entrypoint", "echo", "busybox", "a", "b") == "a b"


def test_labels_of_flags_and_files(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "labels").write_text("file=yes\n")
    cli("run", "--name", "box", "--label", "a=1", "-l", "empty", "--label-file", tmp_path / "labels", "busybox", "true")

    assert json.loads(cli.inspect("box", "{{json .Config.Labels}}")) == {"a": "1", "empty": "", "file": "yes"}


@pytest.mark.skipif(shutil.which("docker-init") is None, reason="no docker-init on this host")
def test_init_is_the_first_process_and_reaps(cli: Cli) -> None:
    assert "docker-init" in cli.line("run", "--rm", "--init", "busybox", "cat", "/proc/1/cmdline")


def test_stop_signal_is_what_stop_sends(cli: Cli) -> None:
    script = "trap 'exit 9' USR2; echo ready; while :; do sleep .05; done"
    cli("run", "-d", "--name", "box", "--stop-signal", "USR2", "busybox", "sh", "-c", script)
    eventually(lambda: cli.line("logs", "box") == "ready")

    cli("stop", "box")

    assert cli.inspect("box", "{{.State.ExitCode}}") == "9"


def test_stop_timeout_ends_with_sigkill(cli: Cli) -> None:
    # A first process does not die of SIGTERM that it does not handle.
    cli("run", "-d", "--name", "box", "--stop-timeout", "1", "busybox", "sleep", "60")

    cli("stop", "box")

    assert cli.inspect("box", "{{.State.ExitCode}}") == "137"


# --- restart policies ------------------------------------------------------------------------------------------------


def test_on_failure_tries_as_often_as_told(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--restart", "on-failure:2", "busybox", "sh", "-c", "echo once; exit 3")

    eventually(lambda: cli.inspect("box", "{{.State.Status}} {{.RestartCount}}") == "exited 2")
    assert cli.inspect("box", "{{.State.ExitCode}}") == "3"
    assert cli.line("logs", "box").split() == ["once", "once", "once"]


def test_on_failure_leaves_a_success_alone(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--restart", "on-failure", "busybox", "true")

    assert cli.line("wait", "box") == "0"
    assert cli.inspect("box", "{{.State.Status}} {{.RestartCount}}") == "exited 0"


def test_always_comes_back_after_a_kill_from_outside_but_not_after_stop(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--restart", "always", "busybox", "sleep", "60")
    first = cli.pid("box")

    os.kill(first, signal.SIGKILL)

    eventually(lambda: cli.pid("box") not in (0, first))
    assert cli.inspect("box", "{{.State.Running}} {{.RestartCount}}") == "true 1"

    cli("kill", "box")
    assert cli.line("wait", "box") == "137"
    assert cli.inspect("box", "{{.State.Status}}") == "exited"


# --- the name service ------------------------------------------------------------------------------------------------


def test_hostname_is_the_short_id_or_what_is_asked(cli: Cli) -> None:
    assert cli.line("run", "--rm", "-h", "box", "busybox", "sh", "-c", "hostname; cat /etc/hostname") == "box\nbox"
    assert "\tbox\n" in cli("run", "--rm", "-h", "box", "busybox", "cat", "/etc/hosts").stdout
    container = cli.line("run", "-d", "--name", "box", "busybox", "hostname")
    cli("wait", "box")
    assert cli.line("logs", "box") == container[:12]


def test_domainname(cli: Cli) -> None:
    assert (
        cli.line("run", "--rm", "-h", "a", "--domainname", "b.c", "busybox", "cat", "/proc/sys/kernel/domainname")
        == "b.c"
    )


def test_dns_flags_write_resolv_conf(cli: Cli) -> None:
    flags = ["--dns", "8.8.4.4", "--dns", "1.1.1.1", "--dns-search", "example.org", "--dns-option", "ndots:2"]

    lines = cli.line("run", "--rm", *flags, "busybox", "cat", "/etc/resolv.conf").splitlines()

    assert {"nameserver 8.8.4.4", "nameserver 1.1.1.1", "search example.org", "options ndots:2"} <= set(lines)


def test_added_hosts(cli: Cli) -> None:
    flags = [
        "--add-host",
        "db:10.1.2.3",
        "--add-host",
        "six:::5",
        "--add-host",
        "up:host-gateway",
    ]

    hosts = cli("run", "--rm", *flags, "busybox", "cat", "/etc/hosts").stdout

    assert "10.1.2.3\tdb\n" in hosts
    assert "::5\tsix\n" in hosts
    assert "172.17.0.1\tup\n" in hosts


# --- file systems ----------------------------------------------------------------------------------------------------


def test_read_only_root(cli: Cli) -> None:
    error = cli.fails(
        1, "run", "--rm", "--read-only", "--tmpfs", "/tmp", "busybox", "sh", "-c", "echo > /tmp/a && echo > /a"
    )

    assert "/a: Read-only file system" in error


def test_tmpfs_with_options(cli: Cli) -> None:
    lines = cli.line(
        "run",
        "--rm",
        "--tmpfs",
        "/t:size=1m,mode=700",
        "busybox",
        "sh",
        "-c",
        "grep ' /t ' /proc/mounts; stat -c %a /t",
    )

    mount, mode = lines.splitlines()
    assert mount.startswith("tmpfs /t tmpfs rw,nosuid,nodev,noexec,relatime,size=1024k")
    assert mode == "700"


def test_shm_size(cli: Cli) -> None:
    assert "size=8192k" in cli.line("run", "--rm", "--shm-size", "8m", "busybox", "grep", " /dev/shm ", "/proc/mounts")
    assert "size=65536k" in cli.line("run", "--rm", "busybox", "grep", " /dev/shm ", "/proc/mounts")


@pytest.mark.skipif(not Path("/dev/fuse").exists(), reason="no /dev/fuse on this host")
def test_devices_with_their_rights(cli: Cli) -> None:
    read_only = ["run", "--rm", "--device", "/dev/fuse:/dev/fuse2:r", "busybox", "sh", "-c"]

    cli(*read_only, ": < /dev/fuse2")
    assert "Operation not permitted" in cli.fails(1, *read_only, ": > /dev/fuse2")


def test_a_device_that_is_not_there(cli: Cli) -> None:
    # 127, since the client takes every "no such file or directory" for a missing command.
    error = cli.fails(127, "run", "--rm", "--device", "/dev/not-there", "busybox", "true")

    assert (
        'gathering device information while adding custom device "/dev/not-there": no such file or directory' in error
    )


# --- namespaces ------------------------------------------------------------------------------------------------------


def namespace(pid: int | str, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{kind}")


@pytest.mark.parametrize(
    ("flag", "kind"), [("--pid", "pid"), ("--ipc", "ipc"), ("--uts", "uts"), ("--cgroupns", "cgroup")]
)
def test_the_hosts_namespaces(cli: Cli, flag: str, kind: str) -> None:
    inside = cli.line("run", "--rm", flag, "host", "busybox", "readlink", f"/proc/self/ns/{kind}")

    assert inside == namespace("self", kind)


def test_own_namespaces(cli: Cli) -> None:
    kinds = ["pid", "ipc", "uts", "net", "mnt"]

    lines = cli.line(
        "run", "--rm", "busybox", "sh", "-c", f"for n in {' '.join(kinds)}; do readlink /proc/self/ns/$n; done"
    )

    assert set(lines.splitlines()).isdisjoint(namespace("self", kind) for kind in kinds)


def test_another_containers_namespaces(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--ipc", "shareable", "busybox", "sleep", "60")
    flags = ["--pid", "container:box", "--ipc", "container:box", "--network", "container:box"]

    script = "for n in pid ipc net; do readlink /proc/self/ns/$n; done; cat /proc/1/comm; hostname"
    pid, ipc, net, first, hostname = cli.line("run", "--rm", *flags, "busybox", "sh", "-c", script).splitlines()

    assert (pid, ipc, net) == tuple(namespace(cli.pid("box"), kind) for kind in ("pid", "ipc", "net"))
    assert first == "sleep"
    assert hostname == cli.inspect("box", "{{.Config.Hostname}}")


def test_shared_memory_is_shared_and_of_its_size(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "box", "--ipc", "shareable", "--shm-size", "8m", "busybox", "sleep", "60")

    cli("run", "--rm", "--ipc", "container:box", "busybox", "sh", "-c", "echo hi > /dev/shm/file")

    assert cli.line("exec", "box", "cat", "/dev/shm/file") == "hi"
    assert "size=8192k" in cli.line(
        "run", "--rm", "--ipc", "container:box", "busybox", "grep", "/dev/shm", "/proc/mounts"
    )
    cli("rm", "-f", "box")
    assert f"{engine.exec_root}/shm" not in Path("/proc/mounts").read_text()


def test_namespaces_that_cannot_be_joined(cli: Cli) -> None:
    cli("run", "-d", "--name", "private", "busybox", "sleep", "60")
    ended = cli.line("create", "--name", "ended", "--ipc", "shareable", "busybox")

    assert "non-shareable IPC (hint: use IpcMode:shareable" in cli.fails(
        125, "run", "--ipc", "container:private", "busybox"
    )
    for flag, error in (
        ("--ipc", f"failed to join IPC namespace: container {ended} is not running"),
        ("--pid", f"failed to join PID namespace: container {ended} is not running"),
        ("--network", f"cannot join network of a non running container: {ended}"),
    ):
        assert error in cli.fails(125, "run", flag, "container:ended", "busybox")


def test_network_none_has_loopback_only(cli: Cli) -> None:
    assert cli.line("run", "--rm", "--network", "none", "busybox", "ls", "/sys/class/net") == "lo"


def test_network_host_is_the_hosts(cli: Cli, engine: Engine) -> None:
    inside = cli.line("run", "--rm", "--network", "host", "busybox", "readlink", "/proc/self/ns/net")

    assert inside == engine.host.run(["readlink", "/proc/self/ns/net"]).stdout.strip()


def test_a_network_that_is_not_there(cli: Cli) -> None:
    assert "network nowhere not found" in cli.fails(125, "run", "--rm", "--network", "nowhere", "busybox", "true")
    assert "No such container: nobody" in cli.fails(
        125, "run", "--rm", "--network", "container:nobody", "busybox", "true"
    )


def test_sysctl(cli: Cli) -> None:
    flags = ["--sysctl", "net.ipv4.ip_unprivileged_port_start=99", "--sysctl", "kernel.msgmax=4321"]

    printed = cli.line(
        "run", "--rm", *flags, "busybox", "sysctl", "-n", "net.ipv4.ip_unprivileged_port_start", "kernel.msgmax"
    )

    assert printed.split() == ["99", "4321"]
    refusal = "whitelisted" if cli.is_old else "allowed"
    refused = cli.fails(125, "run", "--sysctl", "vm.swappiness=1", "busybox")
    assert f"sysctl 'vm.swappiness=1' is not {refusal}" in refused


# --- rights ----------------------------------------------------------------------------------------------------------

DEFAULT_CAPABILITIES = 0x00000000A80425FB
CAP_SYS_ADMIN = 1 << 21
CAP_CHOWN = 1 << 0


def capabilities(cli: Cli, *flags: str) -> int:
    return int(cli.line("run", "--rm", *flags, "busybox", "grep", "CapEff", "/proc/self/status").split()[1], 16)


def test_capabilities(cli: Cli) -> None:
    assert capabilities(cli) == DEFAULT_CAPABILITIES
    assert capabilities(cli, "--cap-add", "SYS_ADMIN") == DEFAULT_CAPABILITIES | CAP_SYS_ADMIN
    assert capabilities(cli, "--cap-drop", "CAP_CHOWN") == DEFAULT_CAPABILITIES & ~CAP_CHOWN
    assert capabilities(cli, "--cap-drop", "all", "--cap-add", "chown") == CAP_CHOWN
    assert capabilities(cli, "-u", "user") == 0
    assert 'invalid CapAdd: unknown capability: "CAP_FLY"' in cli.fails(
        125, "run", "--cap-add", "FLY", "busybox", "true"
    )


def test_privileged(cli: Cli) -> None:
    assert capabilities(cli, "--privileged") & CAP_SYS_ADMIN
    script = "mount -t tmpfs none /tmp && test -e /dev/loop-control -o -e /dev/kmsg && grep Seccomp: /proc/self/status"
    assert cli.line("run", "--rm", "--privileged", "busybox", "sh", "-c", script).split() == ["Seccomp:", "0"]


def seccomp(cli: Cli, *flags: str) -> str:
    return cli.line("run", "--rm", *flags, "busybox", "grep", "Seccomp:", "/proc/self/status").split()[1]


def test_seccomp_profiles(cli: Cli, tmp_path: Path) -> None:
    profile = tmp_path / "no-mkdir.json"
    rule = {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}
    profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}))

    assert seccomp(cli) == "2"
    assert seccomp(cli, "--security-opt", "seccomp=unconfined") == "0"
    error = cli.fails(1, "run", "--rm", "--security-opt", f"seccomp={profile}", "busybox", "mkdir", "/x")
    assert "Operation not permitted" in error


def test_the_builtin_profile_refuses_what_docker_refuses(cli: Cli) -> None:
    assert "Operation not permitted" in cli.fails(1, "run", "--rm", "busybox", "unshare", "-U", "true")


def test_no_new_privileges(cli: Cli) -> None:
    flags = ["--security-opt", "no-new-privileges"]

    assert cli.line("run", "--rm", *flags, "busybox", "grep", "NoNewPrivs", "/proc/self/status").split() == [
        "NoNewPrivs:",
        "1",
    ]


def test_masked_and_read_only_paths(cli: Cli) -> None:
    script = "cat /proc/kcore | wc -c; ls /sys/firmware | wc -l; (echo 1 > /proc/sys/vm/swappiness) 2>&1"
    lines = cli("run", "--rm", "busybox", "sh", "-c", script, check=False).stdout.splitlines()

    assert lines[:2] == ["0", "0"]
    assert "Read-only file system" in lines[2]


# --- limits ----------------------------------------------------------------------------------------------------------


def test_ulimit(cli: Cli) -> None:
    flags = ["--ulimit", "nofile=123:456", "--ulimit", "core=0"]

    assert cli.line("run", "--rm", *flags, "busybox", "sh", "-c", "ulimit -Sn; ulimit -Hn; ulimit -c").split() == [
        "123",
        "456",
        "0",
    ]


@pytest.mark.v2
def test_pids_limit_holds(cli: Cli) -> None:
    done = cli(
        "run",
        "--rm",
        "--pids-limit",
        "5",
        "busybox",
        "sh",
        "-c",
        "for i in 1 2 3 4 5 6 7; do sleep 1 & done; wait",
        check=False,
    )

    assert "can't fork: Resource temporarily unavailable" in done.stderr


@pytest.mark.v2
def test_oom_kill_is_told(cli: Cli) -> None:
    script = "head -c 60m /dev/zero | tail"
    cli("run", "--name", "box", "-m", "20m", "--memory-swap", "20m", "busybox", "sh", "-c", script, check=False)

    assert cli.inspect("box", "{{.State.OOMKilled}} {{.State.ExitCode}}") == "true 137"


def test_limits_that_make_no_sense(cli: Cli) -> None:
    assert "Minimum memory limit allowed is 6MB" in cli.fails(125, "run", "-m", "1m", "busybox", "true")
    error = cli.fails(125, "run", "-m", "100m", "--memory-swap", "50m", "busybox", "true")
    assert "Minimum memoryswap limit should be larger than memory limit" in error
    assert "Range of CPUs is from 0.01 to" in cli.fails(125, "run", "--cpus", "1000", "busybox", "true")
    assert "Requested CPUs are not available" in cli.fails(125, "run", "--cpuset-cpus", "500", "busybox", "true")


@pytest.mark.v2
def test_a_limit_that_the_host_cannot_keep_is_discarded(cli: Cli) -> None:
    done = cli("create", "--name", "box", "--blkio-weight", "300", "--memory-swappiness", "10", "busybox")

    discarded = "Memory swappiness" if UNIFIED else "Weight"
    assert f"or the cgroup is not mounted. {discarded} discarded." in done.stderr
    kept = cli.inspect("box", "{{.HostConfig.MemorySwappiness}} {{.HostConfig.BlkioWeight}}")
    assert kept == ("<nil> 300" if UNIFIED else "10 0")


def test_cpuset(cli: Cli) -> None:
    printed = cli.line("run", "--rm", "--cpuset-cpus", "1", "busybox", "grep", "Cpus_allowed_list", "/proc/self/status")

    assert printed.split()[1] == "1"


def test_oom_score_adj(cli: Cli) -> None:
    assert cli.line("run", "--rm", "--oom-score-adj", "500", "busybox", "cat", "/proc/self/oom_score_adj") == "500"


def test_options_of_a_tmpfs_that_there_are_not(cli: Cli) -> None:
    assert 'invalid tmpfs option "bogus"' in cli.fails(125, "run", "--rm", "--tmpfs", "/t:bogus", "busybox", "true")


def test_memory_nodes_that_the_host_does_not_have(cli: Cli) -> None:
    refused = cli.fails(125, "run", "--rm", "--cpuset-mems", "99", "busybox", "true")
    assert "Requested memory nodes are not available - requested 99, available: 0" in refused


@pytest.mark.parametrize("flag", ["--cpu-count", "--cpu-percent", "--io-maxiops"])
def test_what_there_is_on_windows_only(cli: Cli, flag: str) -> None:
    refused = cli.fails(1, "run", "--rm", flag, "1", "busybox", "true")
    assert refused.startswith(f'"{flag}" is only supported on a Docker daemon running on windows')
