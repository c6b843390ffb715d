"""What a user has of a daemon's second life: streams, ports, an orderly end, and that there is one daemon only."""

import subprocess
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.collectors import collector
from tests.harness.engine import DAEMON, Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

ECHO = 'while read line && [ "$line" != end ]; do echo said $line; done; exit 6'


@pytest.fixture
def cli(clean: Engine, client: str) -> Cli:
    return Cli(clean, client)


def test_a_client_can_attach_to_a_container_of_an_earlier_life(cli: Cli) -> None:
    cli("run", "-d", "-i", "--name", "box", "busybox", "sh", "-c", ECHO)

    cli.engine.kill()
    cli.engine.start()

    done = cli("attach", "box", check=False, stdin="hello\nend\n")
    assert (done.stdout, done.returncode) == ("said hello\n", 6)
    assert cli.line("logs", "box") == "said hello"


def test_a_client_that_waits_is_told_of_the_end_of_a_container_of_an_earlier_life(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sh", "-c", "trap 'exit 4' TERM; while :; do sleep 0.05; done")

    cli.engine.kill()
    cli.engine.start()

    with cli.beside("wait", "box", stdin=None) as waiting:
        cli("stop", "box")
        assert waiting.communicate(timeout=60)[0] == "4\n"


def test_what_a_container_says_while_nobody_forwards_it_is_forwarded_in_the_next_life(cli: Cli) -> None:
    flags = ["--log-driver", "syslog", "--log-opt", "syslog-address=tcp://127.0.0.1:5514"]
    script = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; usleep 500; done"
    with collector(cli.engine.host, 5514) as sink:
        cli("run", "-d", "--name", "box", *flags, "busybox", "sh", "-c", script)
        eventually(sink.lines)

        cli.engine.kill()
        cli.engine.start()
        eventually(lambda: sink.lines()[-1].endswith(b"line 3000"), seconds=60)

    told = [int(line.rpartition(b" ")[2]) for line in sink.lines()]
    assert sorted({*told}) == list(range(1, 3001))


def test_published_ports_lead_to_the_container_in_the_next_life_and_are_taken(cli: Cli) -> None:
    cli("run", "-d", "--name", "web", "-p", "8080:80", "busybox", "httpd", "-f", "-h", "/var/www")

    cli.engine.kill()
    cli.engine.start()

    url = "http://127.0.0.1:8080/"
    page = ["busybox", "wget", "-q", "-O", "-", url]
    assert cli.engine.host.run(page).stdout == "hello from a container\n"
    assert "8080" in cli.fails(125, "run", "--rm", "-p", "8080:80", "busybox", "true")
    assert cli.published("web", "80") == ["0.0.0.0:8080", "[::]:8080"]
    cli("rm", "-f", "web")
    cli("run", "--rm", "-p", "8080:80", "busybox", "true")


def test_addresses_of_an_earlier_life_go_to_nobody_else(cli: Cli) -> None:
    cli("run", "-d", "--name", "one", "busybox", "sleep", "1000")

    cli.engine.kill()
    cli.engine.start()

    cli("run", "-d", "--name", "two", "busybox", "sleep", "1000")
    address = "{{.NetworkSettings.IPAddress}}"
    assert cli.inspect("one", address) != cli.inspect("two", address)
    cli("exec", "two", "ping", "-c", "1", "-W", "2", cli.inspect("one", address))


def test_an_interface_that_an_earlier_life_did_not_finish_is_finished(cli: Cli) -> None:
    cli("network", "create", "lan")
    cli("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    cli("network", "connect", "lan", "box")
    pid = cli.pid("box")

    cli.engine.kill()
    for words in (("addr", "flush"), ("link", "set", "down")):
        subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", "ip", *words, "dev", "eth1"], check=True)
    cli.engine.start()

    address = cli.inspect("box", "{{.NetworkSettings.Networks.lan.IPAddress}}")
    assert f"inet {address}/" in cli.line("exec", "box", "ip", "addr")
    cli("run", "--rm", "--network", "lan", "busybox", "ping", "-c", "1", "-W", "5", "box")
    cli("rm", "-f", "box")
    cli("network", "rm", "lan")


def test_a_second_daemon_on_the_same_data_is_refused(clean: Engine) -> None:
    elsewhere = clean.folder / "second"
    argv: list[str | Path] = [DAEMON, "-H", f"unix://{elsewhere}.sock", "--data-root", clean.data_root]
    argv += ["--exec-root", elsewhere, "--pidfile", f"{elsewhere}.pid"]

    done = subprocess.run(clean.host.inside(argv), capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 1
    assert f"failed to start daemon: another engine uses {clean.data_root}" in done.stderr
    assert clean.answers()


def test_sigterm_ends_the_daemon_and_containers_run_on(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    process = cli.pid("box")

    with cli.beside("exec", "box", "sleep", "1000"), cli.beside("logs", "-f", "box"), cli.beside("wait", "box"):
        eventually(lambda: cli.line("top", "box").count("sleep 1000") == 2)
        cli.engine.stop()
    cli.engine.start()

    assert cli.pid("box") == process
    assert cli.line("exec", "box", "echo", "hi") == "hi"
