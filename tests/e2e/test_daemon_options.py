"""What the daemon is told by flags and by daemon.json, and what containers see of it."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.collectors import collector
from tests.harness.engine import DAEMON, Engine
from tests.harness.pages import asking
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

HTTPD = ("busybox", "httpd", "-f", "-h", "/var/www")
GREETING = "hello from a container\n"
Start = Callable[..., Cli]


@pytest.fixture(scope="module")
def idle(disk: Path, busybox: Path) -> Iterator[Engine]:
    """An engine with the image busybox, whose daemon does not run."""
    engine = Engine(Path(tempfile.mkdtemp(prefix="engine-", dir=disk)))
    engine.start()
    engine.run("docker", "import", "-c", 'CMD ["/bin/sh"]', str(busybox), "busybox:latest")
    engine.stop()
    yield engine
    engine.close()


@pytest.fixture
def start(idle: Engine, client: str) -> Iterator[Start]:
    """Starts the daemon with flags; gives the command line that talks to it. All is gone again after the test."""

    def begin(*flags: str) -> Cli:
        idle.start(*flags)
        return Cli(idle, client)

    yield begin
    if idle.process is not None and idle.process.poll() is None:
        if ids := idle.run("docker", "ps", "-aq").stdout.split():
            idle.run("docker", "rm", "-fv", *ids)
        idle.stop()
    for leftover in (["ip", "link", "delete", "docker0"], ["nft", "flush", "ruleset"]):
        subprocess.run(idle.host.inside(leftover), check=False, capture_output=True)


def refused(engine: Engine, *flags: str) -> str:
    """What a daemon says that does not start."""
    argv = [DAEMON, "-H", engine.url, "--data-root", engine.data_root, "--exec-root", engine.exec_root, *flags]
    done = subprocess.run(engine.host.inside(argv), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done
    return done.stderr


# --- the network of containers ---------------------------------------------------------------------------------------


def test_containers_have_addresses_of_the_bridges_network(start: Start, idle: Engine) -> None:
    cli = start("--bip=150.150.0.1/24")

    routes = cli.line("run", "--rm", "busybox", "ip", "route")

    assert "default via 150.150.0.1" in routes
    assert "150.150.0.0/24" in routes
    assert "150.150.0.1/24" in idle.host.run(["ip", "-4", "addr", "show", "docker0"]).stdout


def test_the_bridge_has_an_interface_of_each_container(start: Start, idle: Engine) -> None:
    cli = start()
    cli("run", "-d", "busybox", "sleep", "60")

    assert "docker0" in idle.host.run(["ip", "link", "show", "docker0"]).stdout
    ports = idle.host.run(["ip", "link", "show", "master", "docker0"]).stdout
    assert ports.count("veth") == 1


def test_a_range_and_another_way_out(start: Start) -> None:
    cli = start("--bip", "10.50.0.1/24", "--fixed-cidr", "10.50.0.128/25", "--default-gateway", "10.50.0.9",
                "--mtu", "1400")  # fmt: skip

    seen = cli.line("run", "--rm", "busybox", "sh", "-c", "ip route; cat /sys/class/net/eth0/mtu")

    assert "default via 10.50.0.9" in seen
    assert "src 10.50.0.128" in seen
    assert seen.endswith("1400")


def test_ipv6(start: Start, idle: Engine) -> None:
    cli = start("--ipv6", "--fixed-cidr-v6", "fd00:9::/64")
    cli("run", "-d", "--name", "web", "-p", "8080:80", *HTTPD)
    address = cli.inspect("web", "{{.NetworkSettings.GlobalIPv6Address}}")
    ask = ("run", "--rm", "busybox", *asking(f"http://[{address}]/"))

    assert address.startswith("fd00:9::")
    assert eventually(lambda: cli(*ask, check=False).stdout) == GREETING
    assert "fd00:9::1/64" in idle.host.run(["ip", "-6", "addr", "show", "docker0"]).stdout
    for host_address in ("[::1]", "[fd00:9::1]", "127.0.0.1"):
        assert idle.host.run(asking(f"http://{host_address}:8080/")).stdout == GREETING


def test_the_default_network_shows_its_options(start: Start, idle: Engine) -> None:
    start("--icc=false", "--ip-masq=false", "--ip", "127.0.0.1", "--mtu", "1400")

    [network] = json.loads(idle.run("docker", "network", "inspect", "bridge").stdout)

    assert network["Options"] == {
        "com.docker.network.bridge.default_bridge": "true",
        "com.docker.network.bridge.enable_icc": "false",
        "com.docker.network.bridge.enable_ip_masquerade": "false",
        "com.docker.network.bridge.host_binding_ipv4": "127.0.0.1",
        "com.docker.network.bridge.name": "docker0",
        "com.docker.network.driver.mtu": "1400",
    }


def test_without_icc_containers_cannot_talk(start: Start) -> None:
    cli = start("--icc=false")
    cli("run", "-d", "--name", "web", "--expose", "80", *HTTPD)
    address = cli.inspect("web", "{{.NetworkSettings.IPAddress}}")
    ask = ("busybox", *asking(f"http://{address}/"))

    alone = cli("run", "--rm", *ask, check=False)
    linked = eventually(lambda: cli("run", "--rm", "--link", "web", *ask, check=False).stdout)

    assert alone.returncode != 0
    assert linked == GREETING


def test_a_link_opens_exposed_ports_only(start: Start) -> None:
    cli = start("--icc=false")
    cli("run", "-d", "--name", "web", "--expose", "81", *HTTPD)
    cli("run", "-d", "--name", "receiver", "--link", "web", "busybox", "sleep", "60")
    address = cli.inspect("web", "{{.NetworkSettings.IPAddress}}")

    assert cli("exec", "receiver", *asking(f"http://{address}/"), check=False).returncode != 0


def test_with_iptables_off_no_rule_is_made_and_containers_talk(start: Start, idle: Engine) -> None:
    before = idle.host.run(["nft", "list", "ruleset"]).stdout
    cli = start("--icc=true", "--iptables=false")
    cli("run", "-d", "--name", "web", *HTTPD)
    address = cli.inspect("web", "{{.NetworkSettings.IPAddress}}")

    page = eventually(lambda: cli("run", "--rm", "busybox", *asking(f"http://{address}/"), check=False).stdout)

    assert page == GREETING
    cli("run", "-d", "--name", "published", "-p", "8080:80", *HTTPD)
    for host_address in ("127.0.0.1", "[::1]"):
        ask = idle.host.inside(asking(f"http://{host_address}:8080/"))
        assert eventually(lambda ask=ask: subprocess.run(ask, capture_output=True, text=True).stdout) == GREETING
    assert idle.host.run(["nft", "list", "ruleset"]).stdout == before


def test_without_ip_forward_the_host_is_left_alone(start: Start, idle: Engine) -> None:
    idle.host.run(["sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward"])

    start("--ip-forward=false")

    assert idle.host.run(["cat", "/proc/sys/net/ipv4/ip_forward"]).stdout == "0\n"


def test_a_bridge_of_ones_own(start: Start, idle: Engine) -> None:
    for command in ("link add mine type bridge", "addr add 10.77.0.1/24 dev mine", "link set mine up"):
        idle.host.run(["ip", *command.split()])
    try:
        routes = start("--bridge", "mine").line("run", "--rm", "busybox", "ip", "route")
    finally:
        idle.host.run(["ip", "link", "delete", "mine"])

    assert "default via 10.77.0.1" in routes


def test_no_bridge_at_all(start: Start, idle: Engine) -> None:
    cli = start("--bridge", "none")

    links = cli.line("run", "--rm", "busybox", "ip", "-o", "link")

    assert len(links.splitlines()) == 1
    assert "bridge" not in idle.run("docker", "network", "ls", "--format", "{{.Name}}").stdout.split()


def test_address_pools_are_for_new_networks(start: Start, idle: Engine) -> None:
    start("--default-address-pool", "base=10.60.0.0/16,size=24")

    idle.run("docker", "network", "create", "pooled")
    subnet = idle.run("docker", "network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", "pooled").stdout
    idle.run("docker", "network", "rm", "pooled")

    assert subnet.startswith("10.60.")
    assert subnet.strip().endswith("/24")


def test_ports_are_published_at_the_default_address(start: Start) -> None:
    cli = start("--ip", "127.0.0.1")
    cli("run", "-d", "--name", "web", "-p", "8080:80", "-p", "0.0.0.0:8081:80", *HTTPD)

    assert sorted(cli.published("web")) == ["80/tcp -> 0.0.0.0:8081", "80/tcp -> 127.0.0.1:8080"]


def test_without_a_proxy_ipv6_addresses_lead_nowhere(start: Start) -> None:
    cli = start("--userland-proxy=false")
    cli("run", "-d", "--name", "web", "-p", "8080:80", *HTTPD)

    assert cli.line("port", "web") == "80/tcp -> 0.0.0.0:8080"


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--bridge", "b", "--bip", "10.1.0.1/24"),
         "You specified -b & --bip, mutually exclusive options. Please specify only one"),
        (("--icc=false", "--iptables=false"),
         "You specified --iptables=false with --icc=false. ICC=false uses iptables to function. "
         "Please set --icc or --iptables to true"),
        (("--ipv6",), "IPv6 is enabled for the default bridge, but no subnet is configured. "
         "Specify an IPv6 subnet using --fixed-cidr-v6"),
        (("--bip", "x"), "Error initializing network controller: invalid CIDR address: x"),
        (("--bip", "10.1.1.0/24"),
         'Error initializing network controller: error creating default "bridge" network: '
         "failed to allocate gateway (10.1.1.0): Address already in use"),
        (("--bridge", "nosuch"),
         'Error initializing network controller: error creating default "bridge" network: '
         "bridge device with non default name nosuch must be created manually"),
        (("--default-address-pool", "base=x,size=24"),
         "Error initializing network controller: error obtaining controller instance: "
         'invalid base pool "x": invalid CIDR address: x'),
        (("--log-opt", "foo=bar"), "unknown log opt 'foo' for json-file log driver"),
        (("--default-runtime", "zzz"), "specified default runtime 'zzz' does not exist"),
    ],
)  # fmt: skip
def test_a_daemon_that_cannot_start_says_why(idle: Engine, flags: tuple[str, ...], text: str) -> None:
    error = refused(idle, *flags)

    assert "failed to start daemon: " in error
    assert text in error


# --- defaults of containers ------------------------------------------------------------------------------------------


def test_name_servers(start: Start) -> None:
    cli = start("--dns", "8.8.4.4", "--dns-opt", "ndots:3", "--dns-search", "example.org")

    lines = cli.line("run", "--rm", "busybox", "cat", "/etc/resolv.conf").splitlines()
    own = cli.line("run", "--rm", "--dns", "1.1.1.1", "busybox", "cat", "/etc/resolv.conf").splitlines()

    assert {"nameserver 8.8.4.4", "search example.org", "options ndots:3"} <= set(lines)
    assert {"nameserver 1.1.1.1", "search example.org", "options ndots:3"} <= set(own)


def test_limits_memory_and_log(start: Start) -> None:
    cli = start("--default-ulimit", "nofile=64:128", "--default-shm-size", "32M", "--log-opt", "max-size=5m")

    cli("create", "--name", "box", "busybox")
    limit = cli.line("run", "--rm", "busybox", "sh", "-c", "ulimit -n; ulimit -Hn; df -m /dev/shm | tail -1")
    own = cli.line("run", "--rm", "--ulimit", "nofile=100", "busybox", "sh", "-c", "ulimit -n")

    assert limit.split()[:2] == ["64", "128"]
    assert "32" in limit.splitlines()[-1].split()
    assert own == "100"
    assert json.loads(cli.inspect("box", "{{json .HostConfig.LogConfig}}")) == {
        "Type": "json-file",
        "Config": {"max-size": "5m"},
    }


def test_limits_are_those_of_the_daemon_that_starts_a_container(start: Start, idle: Engine) -> None:
    cli = start("--default-ulimit", "nofile=64:128")
    cli("create", "--name", "box", "busybox", "sh", "-c", "ulimit -n")
    shown = [cli.inspect("box", "{{json .HostConfig.Ulimits}}")]

    idle.stop()
    cli = start("--default-ulimit", "nofile=99:100")

    assert cli.line("start", "-a", "box") == "99"
    shown.append(cli.inspect("box", "{{json .HostConfig.Ulimits}}"))
    assert [json.loads(text) for text in shown] == [
        [{"Name": "nofile", "Hard": 128, "Soft": 64}], [{"Name": "nofile", "Hard": 100, "Soft": 99}],
    ]  # fmt: skip


def test_init_privileges_ipc_and_the_parent_of_control_groups(start: Start) -> None:
    cli = start("--init", "--no-new-privileges", "--default-ipc-mode", "shareable", "--cgroup-parent", "/mine")

    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")

    first, *_, last = cli.line(
        "exec", "box", "sh", "-c", "cat /proc/1/comm /proc/1/cgroup; grep NoNew /proc/1/status"
    ).splitlines()
    assert first != "sleep"
    assert last.split() == ["NoNewPrivs:", "1"]
    assert cli.inspect("box", "{{.HostConfig.IpcMode}}") == "shareable"
    groups = Path(f"/proc/{cli.pid('box')}/cgroup").read_text().splitlines()
    assert any(line.rpartition(":")[2].startswith("/mine/") for line in groups)
    cli("rm", "-f", "box")
    for left in (*Path("/sys/fs/cgroup").glob("mine"), *Path("/sys/fs/cgroup").glob("*/mine")):
        left.rmdir()


def test_what_info_says_of_namespaces_privileges_and_an_init(start: Start, tmp_path: Path) -> None:
    init = tmp_path / "my-init"
    init.write_text('#!/bin/sh\necho "instead of $*"\n')
    init.chmod(0o755)

    cli = start("--default-cgroupns-mode", "private", "--init-path", str(init), "--no-new-privileges")

    assert cli.line("run", "--rm", "--init", "busybox", "true") == "instead of -- true"
    assert cli.line("info", "-f", "{{.InitBinary}}").endswith("my-init")
    options = cli.line("info", "-f", "{{.SecurityOptions}}")
    assert "name=cgroupns" in options
    assert "name=no-new-privileges" in options


def test_options_of_networks_that_name_none(start: Start) -> None:
    cli = start("--default-network-opt", "bridge=com.docker.network.driver.mtu=1234")
    cli("network", "create", "plain")
    cli("network", "create", "-o", "com.docker.network.driver.mtu=1300", "own")
    try:
        for network, mtu in (("plain", "1234"), ("own", "1300")):
            assert cli.line("run", "--rm", "--network", network, "busybox", "cat", "/sys/class/net/eth0/mtu") == mtu
        shown = cli.line("network", "inspect", "-f", "{{json .Options}}", "plain")
        assert json.loads(shown) == {"com.docker.network.driver.mtu": "1234"}
    finally:
        cli("network", "rm", "plain", "own")


def test_options_of_what_there_is_not_here(start: Start, idle: Engine, tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    file.write_text(json.dumps({"containerd": "/run/containerd.sock", "storage-opts": [], "raw-logs": True}))

    start("--config-file", str(file), "--userland-proxy-path", "/usr/bin/docker-proxy")

    idle.stop()
    with pytest.raises(AssertionError, match="overlay2: unknown option foo"):
        start("--storage-opt", "foo=bar")


def test_the_daemons_log_as_json(start: Start, idle: Engine) -> None:
    idle.log.write_bytes(b"")

    start("--log-format", "json")

    entries = [json.loads(line) for line in idle.log.read_text().splitlines()]
    assert {"level", "msg", "time"} == set(entries[0])
    assert "Starting up" in {entry["msg"] for entry in entries}


def test_the_hosts_address(start: Start) -> None:
    cli = start("--host-gateway-ip", "192.0.2.7")

    hosts = cli.line("run", "--rm", "--add-host", "host:host-gateway", "busybox", "cat", "/etc/hosts")

    assert "192.0.2.7\thost\n" in f"{hosts}\n"


def test_info_shows_labels_and_proxies_without_their_passwords(start: Start) -> None:
    cli = start(
        "--label", "a=b", "--experimental", "--http-proxy", "http://me:secret@192.0.2.1:3128", "--no-proxy", "x"
    )

    shown = cli.line("info", "-f", "{{.Labels}} {{.HTTPProxy}} {{.NoProxy}} {{.ExperimentalBuild}}")

    assert shown == "[a=b] http://xxxxx:xxxxx@192.0.2.1:3128 x true"


# --- the file --------------------------------------------------------------------------------------------------------


def test_settings_of_the_file(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    file.write_text(json.dumps({"bip": "10.51.0.1/24", "dns": ["8.8.4.4"], "labels": ["a=b"]}))

    cli = start("--config-file", str(file))

    assert "default via 10.51.0.1" in cli.line("run", "--rm", "busybox", "ip", "route")
    assert cli.line("info", "-f", "{{.Labels}}") == "[a=b]"


def test_the_file_is_read_again_at_sighup(start: Start, idle: Engine, tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    file.write_text("{}")
    cli = start("--config-file", str(file))
    file.write_text(json.dumps({"debug": True, "labels": ["a=b"], "insecure-registries": ["10.0.0.0/8"], "bip": "x/y"}))

    with cli.beside("events", "--filter", "type=daemon", "--format", "{{json .}}") as events:
        eventually(lambda: cli.line("info", "-f", "{{.NEventsListener}}") == "1")
        hang_up(idle)
        assert events.stdout is not None
        event = json.loads(events.stdout.readline())

    assert event["Action"] == "reload"
    assert event["Actor"]["Attributes"]["labels"] == '["a=b"]'
    assert event["Actor"]["Attributes"]["insecure-registries"] == '["10.0.0.0/8"]'
    assert event["Actor"]["Attributes"]["max-concurrent-downloads"] == "3"
    assert cli.line("info", "-f", "{{.Labels}} {{.Debug}}") == "[a=b] true"
    assert "10.0.0.0/8" in cli.line("info", "-f", "{{json .RegistryConfig.InsecureRegistryCIDRs}}")


def test_the_patience_of_a_shutdown_is_read_again(start: Start, idle: Engine, tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    file.write_text(json.dumps({"shutdown-timeout": 100}))
    cli = start("--config-file", str(file))
    deaf = "trap 'echo asked' TERM; while :; do sleep 1; done"
    cli("run", "-d", "--name", "deaf", "--stop-timeout", "60", "busybox", "sh", "-c", deaf)
    file.write_text(json.dumps({"shutdown-timeout": 1}))
    hang_up(idle)
    eventually(lambda: "reloading from" in idle.log.read_text())

    with cli.beside("stop", "deaf"):
        eventually(lambda: cli.line("logs", "deaf") == "asked")
        idle.stop()

    assert "did not end in time" in idle.log.read_text()
    start()


def test_metrics(start: Start, idle: Engine) -> None:
    cli = start("--metrics-addr", "127.0.0.1:9323", "--label", "a=b")
    cli("run", "-d", "busybox", "sleep", "600")

    text = idle.run("curl", "-sS", "http://127.0.0.1:9323/metrics").stdout
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

    assert samples['engine_daemon_container_states_containers{state="running"}'] == "1"
    assert samples["engine_daemon_engine_cpus_cpus"] == cli.line("info", "-f", "{{.NCPU}}")
    assert int(samples["engine_daemon_events_total"]) > 0
    assert float(samples["process_resident_memory_bytes"]) > 1 << 20
    assert "page not found" in idle.run("curl", "-sS", "http://127.0.0.1:9323/info").stdout


def test_clients_learn_that_the_engine_is_experimental(start: Start) -> None:
    cli = start("--experimental")

    assert cli.line("version", "-f", "{{.Server.Experimental}}") == "true"


def test_runc_by_another_name_and_behind_another_program(start: Start, tmp_path: Path) -> None:
    runc = shutil.which("runc")
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(f'#!/bin/sh\n[ "$1" != --version ] || exec echo Wrapper version 1.0\nexec {runc} "$@"\n')
    wrapper.chmod(0o755)

    cli = start(f"--add-runtime=other={runc}", f"--add-runtime=wrapper={wrapper}")

    for name in ("other", "wrapper"):
        assert cli.line("run", "--rm", "--runtime", name, "busybox", "echo", "runs") == "runs"


def test_stacks_are_written_at_sigusr1(start: Start, idle: Engine) -> None:
    cli = start()
    assert idle.process is not None

    idle.process.send_signal(signal.SIGUSR1)

    (file,) = eventually(lambda: [*idle.exec_root.glob("stacks-*.log")])
    eventually(lambda: f"stacks written to {file}" in idle.log.read_text())
    assert "thread MainThread:" in file.read_text()
    assert "_until_told" in file.read_text()
    assert cli.line("ps", "-q") == ""
    file.unlink()


def test_a_file_that_makes_no_sense_changes_nothing(start: Start, idle: Engine, tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    file.write_text('{"labels": ["a=b"]}')
    cli = start("--config-file", str(file))

    for text, reason in (
        ('{"labels": 7}', "cannot unmarshal"),
        ('{"labels": ["c=d"], "default-runtime": "zzz"}', "specified default runtime 'zzz' does not exist"),
    ):
        said = len(idle.log.read_text())
        file.write_text(text)
        hang_up(idle)
        assert eventually(lambda reason=reason, said=said: reason in idle.log.read_text()[said:])

    assert cli.line("info", "-f", "{{.Labels}}") == "[a=b]"


def hang_up(engine: Engine) -> None:
    assert engine.process is not None
    engine.process.send_signal(signal.SIGHUP)


def test_what_is_said_twice_is_refused(idle: Engine, tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    file.write_text(json.dumps({"bip": "10.51.0.1/24"}))

    assert "bip: (from flag: 10.52.0.1/24, from file: 10.51.0.1/24)" in refused(
        idle, "--config-file", str(file), "--bip", "10.52.0.1/24"
    )


def test_a_configuration_is_validated_without_a_start(tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    file.write_text("{}")
    argv = [DAEMON, "--validate", "--config-file", str(file)]

    good = subprocess.run(argv, capture_output=True, text=True, check=False)
    file.write_text('{"nope": 1}')
    bad = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert (good.returncode, good.stderr) == (0, "configuration OK\n")
    assert bad.returncode == 1
    assert "the following directives don't match any configuration option: nope" in bad.stderr


# --- the walls of containers -----------------------------------------------------------------------------------------

NO_DIRECTORIES = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}


@pytest.mark.newer_docker(23)
def test_a_seccomp_profile_for_all(start: Start, tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps(NO_DIRECTORIES))
    cli = start("--seccomp-profile", str(profile))

    assert "Operation not permitted" in cli.fails(1, "run", "--rm", "busybox", "mkdir", "/x")
    cli("run", "--rm", "--security-opt", "seccomp=builtin", "busybox", "mkdir", "/x")
    cli("run", "--rm", "--security-opt", "seccomp=unconfined", "busybox", "mkdir", "/x")
    cli("run", "--rm", "--privileged", "busybox", "mkdir", "/x")
    assert f"name=seccomp,profile={profile}" in cli.line("info", "-f", "{{json .SecurityOptions}}")
    assert "WARNING: daemon is not using the default seccomp profile" in cli("info").stderr


@pytest.mark.newer_docker(23)
def test_no_seccomp_profile(start: Start) -> None:
    cli = start("--seccomp-profile", "unconfined")
    field = ("busybox", "grep", "Seccomp:", "/proc/self/status")
    assert cli.line("run", "--rm", *field).split() == ["Seccomp:", "0"]
    assert cli.line("run", "--rm", "--security-opt", "seccomp=builtin", *field).split() == ["Seccomp:", "2"]


def test_a_seccomp_profile_that_is_not_there(idle: Engine) -> None:
    told = refused(idle, "--seccomp-profile", "/nowhere.json")
    reason = "opening seccomp profile (/nowhere.json) failed: open /nowhere.json: no such file or directory"
    assert f"failed to start daemon: {reason}" in told


def test_cgroup_namespaces_by_default(start: Start) -> None:
    cli = start("--default-cgroupns-mode", "private")
    ours = os.readlink("/proc/self/ns/cgroup")
    namespace = ("busybox", "readlink", "/proc/self/ns/cgroup")
    assert cli.line("run", "--rm", *namespace) != ours
    assert cli.line("run", "--rm", "--cgroupns", "host", *namespace) == ours
    cli("create", "--name", "box", "busybox")
    assert cli.inspect("box", "{{.HostConfig.CgroupnsMode}}") == "private"


def test_builds_are_told_to_nobody_else(start: Start, tmp_path: Path) -> None:
    cli = start("--log-driver", "syslog", "--log-opt", "syslog-address=tcp://127.0.0.1:5514")
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN echo built\n")

    assert cli("build", "-q", "--no-cache", str(tmp_path)).stdout.startswith("sha256:")


def test_logs_of_all_containers_go_to_a_collector(start: Start) -> None:
    cli = start("--log-driver", "syslog", "--log-opt", "syslog-address=tcp://127.0.0.1:5514")
    with collector(cli.engine.host, 5514) as sink:
        cli("run", "--rm", "busybox", "echo", "hi")

        assert eventually(sink.lines)[0].endswith(b": hi")
