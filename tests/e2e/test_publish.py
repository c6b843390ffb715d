"""Published ports: who reaches them, where they listen, and what happens when one is taken."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.pages import asking
from tests.harness.waiting import eventually
from tests.harness.wire import wired

pytestmark = pytest.mark.root

ADDRESS = "192.168.56.50"
OTHER_MACHINE = "192.168.56.51"
ADDRESS_IPV6 = "fd00:56::50"
OTHER_MACHINE_IPV6 = "fd00:56::51"
GREETING = "hello from a container\n"
HTTPD = ("busybox", "httpd", "-f", "-h", "/var/www")

# Binds of the host's Python, since busybox has no server for datagrams.
PYTHON = [
    flag for folder in ("/usr", "/lib", "/lib64", "/etc/alternatives") for flag in ("-v", f"{folder}:{folder}:ro")
]
UDP_ECHO = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 80))
print("ready", flush=True)
while True:
    data, peer = s.recvfrom(2000)
    s.sendto(data.upper(), peer)
"""
UDP_ASK = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect((sys.argv[1], int(sys.argv[2])))
s.send(b"hello")
print(s.recv(2000).decode())
"""


UDP_KEEP_ASKING = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.connect((sys.argv[1], int(sys.argv[2])))
for line in sys.stdin:
    for attempt in range(20):
        try:
            s.send(line.strip().encode())
            print(s.recv(2000).decode())
            break
        except OSError:
            pass
"""


@pytest.fixture(scope="module")
def neighbour(engine: Engine) -> Iterator[str]:
    """A second machine on a wire with the host: the name of its network namespace."""
    name = f"{engine.host.name}-n"
    addresses = {f"{ADDRESS}/24": f"{OTHER_MACHINE}/24", f"{ADDRESS_IPV6}/64": f"{OTHER_MACHINE_IPV6}/64"}
    with wired(engine.host, name, addresses):
        yield name


def fetch(namespace: str, address: str, port: int) -> str | None:
    """The page that a web server there gives to a machine; None without one."""
    argv = ["nsenter", f"--net=/run/netns/{namespace}", *asking(f"http://{address}:{port}/")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def served(namespace: str, address: str, port: int) -> bool:
    """Whether our page is there; a server takes a moment to listen."""
    return bool(eventually(lambda: fetch(namespace, address, port) == GREETING))


@pytest.mark.v2
def test_a_published_port_is_on_every_address(cli: Cli, engine: Engine, neighbour: str) -> None:
    cli("run", "-d", "--name", "web", "-p", "8080:80", *HTTPD)

    assert served(engine.host.name, "127.0.0.1", 8080)
    assert served(engine.host.name, ADDRESS, 8080)
    assert served(engine.host.name, "172.17.0.1", 8080)
    assert served(neighbour, ADDRESS, 8080)
    assert cli.published("web")[0] == "80/tcp -> 0.0.0.0:8080"
    assert cli.published("web", "80")[0] == "0.0.0.0:8080"
    assert "0.0.0.0:8080->80/tcp" in cli.line("ps", "--format", "{{.Ports}}")


def test_over_ipv6_loopback(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "web", "-p", "8080:80", *HTTPD)

    assert served(engine.host.name, "127.0.0.1", 8080)
    assert fetch(engine.host.name, "[::1]", 8080) == GREETING
    assert "[::]:8080" in cli.published("web", "80")


def test_an_ipv6_address_alone(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "web", "-p", "[::1]:8080:80", "-p", "[::]:8081:80", *HTTPD)

    assert served(engine.host.name, "[::1]", 8080)
    assert served(engine.host.name, "[::1]", 8081)
    assert fetch(engine.host.name, "127.0.0.1", 8080) is None
    assert fetch(engine.host.name, "127.0.0.1", 8081) is None
    assert cli.published("web") == ["80/tcp -> [::1]:8080", "80/tcp -> [::]:8081"]


def test_another_machine_over_ipv6(cli: Cli, engine: Engine, neighbour: str) -> None:
    cli("run", "-d", "--name", "web", "-p", "8080:80", *HTTPD)

    assert served(neighbour, f"[{ADDRESS_IPV6}]", 8080)


def test_both_ip_versions_are_shown(cli: Cli) -> None:
    cli("run", "-d", "--name", "web", "-p", "8080:80", "-p", "9090-9091:90-91/udp", *HTTPD)

    assert json.loads(cli.inspect("web", "{{json .NetworkSettings.Ports}}")) == {
        f"{inner}": [{"HostIp": "0.0.0.0", "HostPort": outer}, {"HostIp": "::", "HostPort": outer}]
        for inner, outer in (("80/tcp", "8080"), ("90/udp", "9090"), ("91/udp", "9091"))
    }
    assert cli.published("web", "90/udp") == ["0.0.0.0:9090", "[::]:9090"]
    ports = cli.line("ps", "--format", "{{.Ports}}")
    assert "0.0.0.0:8080->80/tcp" in ports
    assert ":::8080->80/tcp" in ports or "[::]:8080->80/tcp" in ports


def test_much_goes_over_ipv6_and_both_ways_end_alone(cli: Cli, engine: Engine) -> None:
    # What has not left the container yet is lost with its network: it stays until the test has everything.
    command = "md5sum; head -c 9000000 /dev/zero; exec sleep 60 </dev/null >/dev/null 2>&1"
    cli("run", "-d", "-p", "8080:80", "busybox", "nc", "-l", "-p", "80", "-e", "sh", "-c", command)
    sent = b"0123456789abcdef" * 500_000
    argv = engine.host.inside(["busybox", "nc", "::1", "8080"])

    told = eventually(lambda: subprocess.run(argv, input=sent, capture_output=True, check=False).stdout)

    assert told.startswith(hashlib.md5(sent).hexdigest().encode())
    assert told.count(b"\0") == 9_000_000


def test_datagrams_over_ipv6(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "echo", "-p", "5002:80/udp", *PYTHON, "busybox", "/usr/bin/python3", "-c", UDP_ECHO)
    eventually(lambda: cli.line("logs", "echo") == "ready")

    ask = UDP_ASK.replace("AF_INET,", "AF_INET6,")
    argv = engine.host.inside([sys.executable, "-c", ask, "::1", "5002"])

    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout == "HELLO\n"


def test_a_container_calls_its_own_published_port(cli: Cli) -> None:
    cli("run", "-d", "--name", "web", "-p", "8080:80", *HTTPD)
    ask = ("exec", "web", *asking("http://172.17.0.1:8080/"))

    assert eventually(lambda: cli(*ask, check=False).stdout) == GREETING


def test_a_range_of_ports_each_to_its_own(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "web", "-p", "3000-3002:80-82", *HTTPD)

    assert served(engine.host.name, "127.0.0.1", 3000)
    # docker before 23.0 says them in no order.
    assert sorted(cli.published("web"))[::2] == [f"{80 + offset}/tcp -> 0.0.0.0:{3000 + offset}" for offset in range(3)]


def test_another_container_reaches_it_at_the_hosts_address(cli: Cli, neighbour: str) -> None:
    cli("run", "-d", "--name", "web", "-p", "8080:80", *HTTPD)

    for address in ("172.17.0.1", ADDRESS):
        assert cli("run", "--rm", "busybox", *asking(f"http://{address}:8080/")).stdout == GREETING


def test_bound_to_one_address_only(cli: Cli, engine: Engine, neighbour: str) -> None:
    cli("run", "-d", "--name", "web", "-p", f"{ADDRESS}:5003:80", *HTTPD)

    assert served(neighbour, ADDRESS, 5003)
    assert served(engine.host.name, ADDRESS, 5003)
    assert fetch(engine.host.name, "127.0.0.1", 5003) is None
    assert cli.line("port", "web") == f"80/tcp -> {ADDRESS}:5003"


def test_bound_to_loopback_is_not_for_others(cli: Cli, engine: Engine, neighbour: str) -> None:
    cli("run", "-d", "--name", "web", "-p", "127.0.0.1:5004:80", *HTTPD)

    assert served(engine.host.name, "127.0.0.1", 5004)
    assert fetch(neighbour, ADDRESS, 5004) is None


def test_datagrams(cli: Cli, engine: Engine, neighbour: str) -> None:
    cli("run", "-d", "--name", "echo", "-p", "5002:80/udp", *PYTHON, "busybox", "/usr/bin/python3", "-c", UDP_ECHO)
    eventually(lambda: cli.line("logs", "echo") == "ready")

    for namespace, address in ((engine.host.name, "127.0.0.1"), (engine.host.name, ADDRESS), (neighbour, ADDRESS)):
        argv = ["nsenter", f"--net=/run/netns/{namespace}", sys.executable, "-c", UDP_ASK, address, "5002"]
        assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout == "HELLO\n"
    assert cli.published("echo")[0] == "80/udp -> 0.0.0.0:5002"


def test_a_free_port_is_chosen(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "web", "-p", "80", *HTTPD)

    port = int(cli.published("web", "80")[0].rpartition(":")[2])

    assert port >= 32768
    assert served(engine.host.name, "127.0.0.1", port)


def test_publish_all_exposed(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "web", "-P", "--expose", "80", "--expose", "1000-1001/udp", *HTTPD)

    lines = cli.published("web")

    assert {line.split()[0] for line in lines} == {"80/tcp", "1000/udp", "1001/udp"}
    port = next(line.rpartition(":")[2] for line in lines if line.startswith("80/tcp"))
    assert served(engine.host.name, "127.0.0.1", int(port))


def test_a_range_picks_what_is_free(cli: Cli) -> None:
    for name in ("one", "two"):
        cli("run", "-d", "--name", name, "-p", "7000-7001:80", *HTTPD)

    ports = [cli.published(name, "80")[0] for name in ("one", "two")]

    assert ports == ["0.0.0.0:7000", "0.0.0.0:7001"]
    assert "all ports are allocated" in cli.fails(125, "run", "-d", "-p", "7000-7001:80", *HTTPD)


def test_a_port_taken_by_a_container(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "first", "-p", "8080:80", *HTTPD)

    error = cli.fails(125, "run", "-d", "--name", "second", "-p", "8080:80", *HTTPD)

    assert "Bind for 0.0.0.0:8080 failed: port is already allocated" in error
    assert_nothing_half_left(cli, engine, others=1)
    assert served(engine.host.name, "127.0.0.1", 8080)
    cli("rm", "-f", "first")
    cli("start", "second")
    assert served(engine.host.name, "127.0.0.1", 8080)


def test_a_port_taken_by_a_process_of_the_host(cli: Cli, engine: Engine) -> None:
    with subprocess.Popen(engine.host.inside(["busybox", "nc", "-ll", "-p", "8080", "-e", "true"])) as server:
        try:
            eventually(lambda: ":8080" in engine.host.run(["ss", "-Hltn"]).stdout)
            error = cli.fails(125, "run", "-d", "--name", "second", "-p", "8080:80", *HTTPD)
            assert "0.0.0.0:8080: bind: address already in use" in error
            assert_nothing_half_left(cli, engine, others=0)
        finally:
            server.kill()
    cli("start", "second")
    assert served(engine.host.name, "127.0.0.1", 8080)


def assert_nothing_half_left(cli: Cli, engine: Engine, others: int) -> None:
    assert cli.inspect("second", "{{.State.Status}} {{.State.Pid}}") == "created 0"
    ports = ["ip", "link", "show", "master", "docker0"]  # the kernel removes those of a namespace a moment after it
    eventually(lambda: engine.host.run(ports).stdout.count("veth") == others)


def test_an_address_that_is_not_the_hosts(cli: Cli) -> None:
    error = cli.fails(125, "run", "-d", "-p", "10.9.8.7:8080:80", *HTTPD)

    assert "10.9.8.7:8080: bind: cannot assign requested address" in error


def test_a_port_is_free_again_after_the_container(cli: Cli, engine: Engine) -> None:
    for _ in range(2):
        cli("run", "-d", "--name", "web", "-p", "8080:80", *HTTPD)
        assert served(engine.host.name, "127.0.0.1", 8080)
        cli("rm", "-f", "web")
    assert fetch(engine.host.name, "127.0.0.1", 8080) is None


def test_a_restarted_container_is_reached_at_its_new_address(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "web", "-p", "8080:80", *HTTPD)
    cli("stop", "-t", "0", "web")
    cli("run", "-d", "busybox", "sleep", "60")

    cli("start", "web")

    assert served(engine.host.name, "127.0.0.1", 8080)


def test_datagrams_of_one_sender_follow_a_restarted_container(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "echo", "-p", "5002:80/udp", *PYTHON, "busybox", "/usr/bin/python3", "-c", UDP_ECHO)
    eventually(lambda: cli.line("logs", "echo") == "ready")
    argv = engine.host.inside([sys.executable, "-u", "-c", UDP_KEEP_ASKING, "127.0.0.1", "5002"])

    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as sender:
        assert sender.stdin is not None
        assert sender.stdout is not None
        print("first", file=sender.stdin)
        assert sender.stdout.readline() == "FIRST\n"
        cli("stop", "-t", "0", "echo")
        cli("run", "-d", "busybox", "sleep", "60")
        cli("start", "echo")
        print("second", file=sender.stdin)
        assert sender.stdout.readline() == "SECOND\n"


def test_ports_outlive_the_daemon(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "web", "-p", "8080:80", *HTTPD)
    assert served(engine.host.name, "127.0.0.1", 8080)

    engine.kill()
    assert fetch(engine.host.name, "127.0.0.1", 8080) == GREETING
    engine.start()

    assert fetch(engine.host.name, "127.0.0.1", 8080) == GREETING
    assert fetch(engine.host.name, "[::1]", 8080) == GREETING
    assert "port is already allocated" in cli.fails(125, "run", "-d", "-p", "8080:80", *HTTPD)


def test_what_others_took_away_is_made_anew(cli: Cli, engine: Engine, neighbour: str) -> None:
    cli("run", "-d", "--name", "old", "-p", "8080:80", *HTTPD)
    engine.host.run(["nft", "flush", "ruleset"])
    engine.host.run(["ip", "link", "delete", "docker0"])

    cli("run", "-d", "--name", "new", "-p", "8081:80", *HTTPD)

    for port in (8080, 8081):
        assert served(neighbour, ADDRESS, port)
        assert served(engine.host.name, "127.0.0.1", port)


def test_a_connection_that_one_side_closes_goes_on_the_other_way(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "-p", "8080:80", "busybox", "nc", "-l", "-p", "80", "-e", "sh", "-c", "cat; echo all of it")
    argv = ["busybox", "nc", "127.0.0.1", "8080"]

    answer = eventually(lambda: subprocess.run(engine.host.inside(argv), input=b"sent\n", capture_output=True).stdout)

    assert answer == b"sent\nall of it\n"


def test_ports_that_make_no_sense(cli: Cli) -> None:
    invalid = "invalid" if cli.is_later else "Invalid"
    assert f"{invalid} containerPort: x" in cli.fails(125, "run", "-p", "8080:x", *HTTPD)
    assert f"{invalid} proto: quic" in cli.fails(125, "run", "-p", "8080:80/quic", *HTTPD)
    assert ("no public port '81" if cli.is_later else "Error: No public port '81") in _no_port(cli)


def _no_port(cli: Cli) -> str:
    cli("run", "-d", "--name", "box", "-p", "8080:80", *HTTPD)
    return cli.fails(1, "port", "box", "81")
