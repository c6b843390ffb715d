"""Logs that go to a server: syslog, Graylog, Fluentd."""

import gzip
import json
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from tests.harness.authority import Authority
from tests.harness.cli import Cli
from tests.harness.collectors import Sink, collector
from tests.harness.engine import TIMEOUT
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

BOTH = "echo out; echo; echo err >&2; printf half"
COUNTER = "i=0; while :; do i=$((i+1)); echo line $i; usleep 2000; done"


def options(driver: str, **values: str) -> list[str]:
    """``syslog(address=…)`` → flags."""
    pairs = (
        (name if name in ("tag", "env", "labels") else f"{driver}-{name}", value) for name, value in values.items()
    )
    return ["--log-driver", driver, *(flag for name, value in pairs for flag in ("--log-opt", f"{name}={value}"))]


def numbers(data: bytes) -> list[int]:
    return [int(number) for number in re.findall(rb"line (\d+)", data)]


def acknowledged(data: bytes) -> bytes:
    """What Fluentd says to messages of which the last asks whether it has them."""
    found = re.search(rb"chunk\xd9 ([0-9a-f]{32})$", data)
    return msgspec.msgpack.encode({"ack": found[1].decode()}) if found else b""


@pytest.fixture
def syslog(cli: Cli) -> Iterator[Sink]:
    with collector(cli.engine.host, 5514) as sink:
        yield sink


TO_SYSLOG = options("syslog", address="tcp://127.0.0.1:5514")


def test_syslog_by_udp(cli: Cli) -> None:
    with collector(cli.engine.host, 5514, "udp") as sink:
        flags = options("syslog", address="udp://127.0.0.1:5514", facility="local3", tag="{{.Name}}/{{.ImageName}}")
        cli("run", "--rm", "--name", "box", *flags, "busybox", "sh", "-c", BOTH)

        eventually(lambda: len(sink.datagrams) == 3)

    stamp = rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    expected = (rb"<158>%s box/busybox\[\d+\]: out\n", rb"<155>%s box/busybox\[\d+\]: err\n")
    for pattern in (*expected, rb"<158>%s box/busybox\[\d+\]: half\n"):
        assert any(re.fullmatch(pattern % stamp, message) for message in sink.datagrams), sink.datagrams


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("rfc3164", r"<30>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ me\[\d+\]: out"),
        ("rfc5424", r"<30>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) \S+ me \d+ me - out"),
        ("rfc5424micro", r"<30>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d) \S+ me \d+ me - out"),
    ],
)
def test_formats_of_syslog(cli: Cli, syslog: Sink, form: str, pattern: str) -> None:
    cli(
        "run", "--rm", *TO_SYSLOG, "--log-opt", f"syslog-format={form}", "--log-opt", "tag=me", "busybox", "echo", "out"
    )

    assert re.fullmatch(pattern.encode(), eventually(syslog.lines)[0])


def test_syslog_by_a_socket_of_this_host(cli: Cli) -> None:
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"{folder}/log")
        listening.settimeout(TIMEOUT)
        flags = options("syslog", address=f"unixgram://{folder}/log", tag="me")
        cli("run", "--rm", *flags, "busybox", "echo", "out")

        assert re.search(rb" me\[\d+\]: out\n$", listening.recv(1 << 16))


def test_syslog_by_tls(cli: Cli, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("collector", "IP:127.0.0.1"))
    secure = [*options("syslog", address="tcp+tls://127.0.0.1:6514", format="rfc5424"), "--log-opt", "tag=me"]
    with collector(cli.engine.host, 6514, tls=context) as sink:
        refused = cli.fails(125, "run", "--rm", *secure, "busybox", "echo", "hi")
        trusted = ["--log-opt", f"syslog-tls-ca-cert={authority.certificate}"]
        cli("run", "--rm", *secure, *trusted, "busybox", "echo", "hi")
        message = eventually(lambda: sink.data)

    assert "logging driver: tls: failed to verify certificate: x509: certificate signed by unknown authority" in refused
    length, _, text = message.partition(b" ")
    assert (len(text), text.endswith(b" me - hi\n")) == (int(length), True)


def test_gelf(cli: Cli) -> None:
    with collector(cli.engine.host, 12201, "udp") as sink:
        flags = options("gelf", address="udp://127.0.0.1:12201", env="COLOUR", labels="role")
        known = ["-e", "COLOUR=red", "-l", "role=web"]
        cli("run", "--rm", "--name", "box", *known, *flags, "busybox", "sh", "-c", BOTH)

        eventually(lambda: len(sink.datagrams) == 3)

    messages = {found["short_message"]: found for found in (json.loads(gzip.decompress(d)) for d in sink.datagrams)}
    assert set(messages) == {"out", "err", "half"}
    out = messages["out"]
    assert (out["version"], out["level"], messages["err"]["level"]) == ("1.1", 6, 3)
    assert (out["_COLOUR"], out["_role"]) == ("red", "web")
    assert (out["_container_name"], out["_image_name"], out["_command"]) == ("box", "busybox", f"sh -c {BOTH}")
    assert out["_container_id"].startswith(out["_tag"])


def test_gelf_by_tcp(cli: Cli) -> None:
    with collector(cli.engine.host, 12202) as sink:
        cli("run", "--rm", *options("gelf", address="tcp://127.0.0.1:12202"), "busybox", "sh", "-c", BOTH)

        eventually(lambda: sink.data.count(b"\0") == 3)

    assert {json.loads(text)["short_message"] for text in sink.data.split(b"\0")[:-1]} == {"out", "err", "half"}


def test_a_long_line_goes_to_gelf_in_chunks(cli: Cli) -> None:
    with collector(cli.engine.host, 12201, "udp") as sink:
        flags = options("gelf", address="udp://127.0.0.1:12201", **{"compression-type": "none"})
        cli("run", "--rm", *flags, "busybox", "sh", "-c", "yes | tr -d '\\n' | head -c 5000")

        eventually(lambda: sink.datagrams and len(sink.datagrams) == sink.datagrams[0][11])

    assert all(chunk.startswith(b"\x1e\x0f") and len(chunk) <= 1420 for chunk in sink.datagrams)
    whole = b"".join(chunk[12:] for chunk in sorted(sink.datagrams, key=lambda chunk: chunk[10]))
    assert json.loads(whole)["short_message"] == "y" * 5000


def test_fluentd(cli: Cli) -> None:
    with collector(cli.engine.host, 24224) as sink:
        cli("run", "--rm", "--name", "box", *options("fluentd", tag="app.{{.Name}}"), "busybox", "echo", "out")

        eventually(lambda: sink.data)

    tag, when, record, option = msgspec.msgpack.decode(sink.data)
    assert (tag, option) == ("app.box", {})
    assert isinstance(when, int)
    assert {**record, "container_id": ""} == {
        "container_id": "",
        "container_name": "/box",
        "source": "stdout",
        "log": "out",
    }


def test_fluentd_is_asked_whether_it_has_all(cli: Cli) -> None:
    with collector(cli.engine.host, 24224, answer=acknowledged) as sink:
        flags = options("fluentd", **{"request-ack": "true", "sub-second-precision": "true"})
        cli("run", "--rm", *flags, "busybox", "echo", "out")

        eventually(lambda: sink.data)

    _, when, record, _ = msgspec.msgpack.decode(sink.data)
    assert (when.code, len(when.data), record["log"]) == (0, 8, "out")


def test_what_was_sent_can_be_read_here_as_well(cli: Cli, syslog: Sink) -> None:
    cli("run", "--name", "box", *TO_SYSLOG, "busybox", "echo", "hi")

    assert cli.line("logs", "box") == "hi"
    assert cli.inspect("box", "{{.HostConfig.LogConfig.Type}} {{.LogPath}}") == "syslog"
    assert eventually(syslog.lines)[0].endswith(b": hi")


def test_a_log_without_a_copy_cannot_be_read(cli: Cli, syslog: Sink) -> None:
    cli("run", "--name", "box", *TO_SYSLOG, "--log-opt", "cache-disabled=true", "busybox", "echo", "hi")

    assert "configured logging driver does not support reading" in cli.fails(1, "logs", "box")
    assert eventually(syslog.lines)[0].endswith(b": hi")


def test_a_start_fails_where_nobody_listens(cli: Cli) -> None:
    refused = cli.fails(125, "run", "--name", "box", *TO_SYSLOG, "busybox", "true")

    begun = "failed to create task for container: failed to initialize logging driver: "
    assert f"{begun}dial tcp 127.0.0.1:5514: connect: connection refused" in refused
    assert cli.inspect("box", "{{.State.Status}}") == "created"


def test_an_asynchronous_start_does_not(cli: Cli) -> None:
    flags = options("fluentd", address="127.0.0.1:24225", **{"async": "true", "retry-wait": "100ms"})
    cli("run", "--name", "box", *flags, "busybox", "echo", "hi")

    with collector(cli.engine.host, 24225) as sink:
        assert msgspec.msgpack.decode(eventually(lambda: sink.data))[2]["log"] == "hi"


def test_a_server_that_goes_away_misses_nothing(cli: Cli) -> None:
    flags = options("fluentd", **{"request-ack": "true", "retry-wait": "100ms"})
    with collector(cli.engine.host, 24224, answer=acknowledged) as first:
        cli("run", "-d", "--name", "box", *flags, "busybox", "sh", "-c", COUNTER)
        eventually(lambda: len(numbers(first.data)) > 5)
    said = len(cli("logs", "box").stdout.splitlines())
    eventually(lambda: len(cli("logs", "box").stdout.splitlines()) > said + 20)  # it goes on meanwhile

    with collector(cli.engine.host, 24224, answer=acknowledged) as second:
        cli("kill", "box")
        cli("wait", "box")
        last = numbers(cli("logs", "box").stdout.encode())[-1]
        eventually(lambda: numbers(second.data)[-1:] == [last])

    assert {*numbers(first.data), *numbers(second.data)} == set(range(1, last + 1))


def test_a_server_that_does_not_read_hinders_nobody(cli: Cli) -> None:
    listener = cli.engine.host.listen(5514)
    with listener:
        cli("run", "-d", "--name", "box", *TO_SYSLOG, "busybox", "sh", "-c", "yes | head -c 20000000; echo; echo done")

        eventually(lambda: cli.inspect("box", "{{.State.Status}}") == "exited")

        assert cli.line("logs", "--tail", "1", "box") == "done"


def test_the_end_of_a_removed_container_arrives(cli: Cli, syslog: Sink) -> None:
    cli("run", "--rm", *TO_SYSLOG, "busybox", "sh", "-c", "seq 5000 | sed 's/^/line /'")

    assert eventually(lambda: numbers(syslog.data)[4999:])
    assert numbers(syslog.data) == list(range(1, 5001))


@pytest.mark.parametrize(
    ("driver", "values", "text"),
    [
        ("syslog", {"address": "http://x"}, "unsupported scheme: 'http'"),
        ("syslog", {"facility": "odd"}, "invalid syslog facility"),
        ("syslog", {"format": "odd"}, "Invalid syslog format"),
        ("syslog", {"bogus": "1"}, "unknown log opt 'syslog-bogus' for syslog log driver"),
        ("gelf", {}, "gelf-address is a required parameter"),
        ("gelf", {"address": "udp://127.0.0.1"}, "gelf: please provide gelf-address as proto://host:port"),
        ("fluentd", {"address": "tcp://127.0.0.1:9/x"}, "invalid fluentd-address (tcp://127.0.0.1:9/x): should not"),
        ("awslogs", {}, 'error looking up logging plugin awslogs: plugin "awslogs" not found'),
    ],
)
def test_what_makes_no_sense_is_refused(cli: Cli, driver: str, values: dict[str, str], text: str) -> None:
    assert text in cli.fails(125, "run", "--name", "box", *options(driver, **values), "busybox", "true")
