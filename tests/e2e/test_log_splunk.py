"""Logs that go to Splunk's HTTP Event Collector."""

import gzip
import json
import re
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.harness.authority import Authority
from tests.harness.cli import Cli
from tests.harness.collectors import collector
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

PORT = 8088
HEAD = re.compile(rb"(?s)(OPTIONS|POST) /services/collector/event/1\.0 HTTP/1\.1\r\n(.*?)\r\n\r\n")
SUCCESS = b'{"text":"Success","code":0}'
SAYS = "echo out; echo '{\"a\": [1]}'; echo; echo err >&2"


class Collected:
    """What a collector understands of what comes, and answers with ``status`` to each request."""

    def __init__(self, status: str = "200 OK", *, chunked: bool = False) -> None:
        self.status = status
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self._chunked = chunked

    def __call__(self, data: bytes) -> bytes:
        found = list(_requests(data))
        new, self.requests = len(found) - len(self.requests), found
        return self._answer() * new

    @property
    def events(self) -> list[dict[str, Any]]:
        decoder, found = json.JSONDecoder(), []
        for method, fields, body in self.requests:
            assert fields["authorization"] == "Splunk secret"
            text = (gzip.decompress(body) if fields.get("content-encoding") == "gzip" else body).decode()
            while method == "POST" and text:
                event, end = decoder.raw_decode(text)
                found.append(event)
                text = text[end:]
        return found

    def _answer(self) -> bytes:
        if self._chunked:
            chunk = f"{len(SUCCESS):x}\r\n".encode() + SUCCESS + b"\r\n0\r\n\r\n"
            return f"HTTP/1.1 {self.status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + chunk
        return f"HTTP/1.1 {self.status}\r\nContent-Length: {len(SUCCESS)}\r\n\r\n".encode() + SUCCESS


def _requests(data: bytes) -> Any:
    while match := HEAD.match(data):
        lines = (line.split(": ", 1) for line in match[2].decode().split("\r\n"))
        fields = {name.lower(): value for name, value in lines}
        end = match.end() + int(fields["content-length"])
        if len(data) < end:
            return
        yield match[1].decode(), fields, data[match.end() : end]
        data = data[end:]


def flags(**values: str) -> list[str]:
    given = {"url": f"http://127.0.0.1:{PORT}", "token": "secret", **values}
    named = {name if name in ("tag", "env", "labels") else f"splunk-{name}": value for name, value in given.items()}
    return ["--log-driver", "splunk", *(f"--log-opt={name}={value}" for name, value in named.items())]


def run(cli: Cli, *words: str) -> None:
    cli("run", "--rm", "--name", "box", "-e", "A=1", *words, "busybox", "sh", "-c", SAYS)


@pytest.mark.parametrize("chunked", [False, True])
def test_each_line_is_an_event(cli: Cli, chunked: bool) -> None:
    server = Collected(chunked=chunked)
    with collector(cli.engine.host, PORT, answer=server):
        run(cli, *flags(tag="{{.Name}}", source="here", index="main", env="A"))
        eventually(lambda: len(server.events) == 4)

    assert [method for method, _, _ in server.requests][:2] == ["OPTIONS", "POST"]
    by_line = {event["event"]["line"]: event for event in server.events}
    assert set(by_line) == {"out", '{"a": [1]}', "", "err"}
    event = by_line["err"]
    assert event["event"] == {"line": "err", "source": "stderr", "tag": "box", "attrs": {"A": "1"}}
    assert (event["source"], event["index"]) == ("here", "main")
    assert re.fullmatch(r"\d{10}\.\d{6}", event["time"])


def test_json_stays_json(cli: Cli) -> None:
    server = Collected()
    with collector(cli.engine.host, PORT, answer=server):
        run(cli, *flags(format="json", tag=""))
        eventually(lambda: len(server.events) == 4)
    told = [event["event"] for event in server.events]
    assert {"line": {"a": [1]}, "source": "stdout"} in told
    assert {"line": "out", "source": "stdout"} in told


def test_raw_lines_compressed(cli: Cli) -> None:
    """White space alone is no event."""
    server = Collected()
    with collector(cli.engine.host, PORT, answer=server):
        run(cli, *flags(format="raw", tag="me", env="A", gzip="true", **{"index-acknowledgment": "true"}))
        eventually(lambda: len(server.events) == 3)
    assert {event["event"] for event in server.events} == {"me A=1 out", 'me A=1 {"a": [1]}', "me A=1 err"}
    assert server.requests[-1][1]["content-encoding"] == "gzip"
    assert re.fullmatch(r"[0-9a-f-]{36}", server.requests[-1][1]["x-splunk-request-channel"])


def test_by_tls(cli: Cli, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("splunk", "DNS:splunk.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server, url = Collected(), f"https://127.0.0.1:{PORT}"
    with collector(cli.engine.host, PORT, tls=context, answer=server):
        assert "certificate signed by unknown authority" in refused(cli, *flags(url=url))
        run(cli, *flags(url=url, capath=str(authority.certificate), caname="splunk.example"))
        run(cli, *flags(url=url, insecureskipverify="true"))
        eventually(lambda: len(server.events) == 8)


def test_what_it_does_not_take_is_sent_again(cli: Cli) -> None:
    server = Collected("503 Service Unavailable")
    with collector(cli.engine.host, PORT, answer=server):
        cli("run", "-d", "--name", "box", *flags(**{"verify-connection": "false"}), "busybox", "sh", "-c", SAYS)
        eventually(lambda: server.requests)
        server.status = "200 OK"
        before = len(server.events)
        eventually(lambda: len(server.events) > before)
    lines = [event["event"]["line"] for event in server.events]
    assert {"out", '{"a": [1]}', "", "err"} == set(lines)
    assert cli("logs", "box").stdout.startswith("out\n")


def refused(cli: Cli, *words: str) -> str:
    return cli.fails(125, "run", "--rm", *words, "busybox", "true")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"url": "foo"}, "splunk: expected format scheme://dns_name_or_ip:port for splunk-url"),
        ({"url": "http://127.0.0.1:8088/x"}, "splunk: expected format scheme://dns_name_or_ip:port for splunk-url"),
        ({"bogus": "1"}, "unknown log opt 'splunk-bogus' for splunk log driver"),
        ({"gzip-level": "10"}, "not supported level '10' for splunk-gzip-level (supported values between -1 and 9)"),
        ({"format": "x"}, "unknown format specified x, supported formats are inline, json and raw"),
        ({"gzip": "x"}, 'strconv.ParseBool: parsing "x": invalid syntax'),
        ({}, f'Options "http://127.0.0.1:{PORT}/services/collector/event/1.0": dial tcp 127.0.0.1:{PORT}: connect: '),
    ],
)
def test_what_makes_no_sense_is_refused(cli: Cli, values: dict[str, str], text: str) -> None:
    assert text in refused(cli, *flags(**values))


def test_a_server_that_takes_no_events_is_told_of(cli: Cli) -> None:
    with collector(cli.engine.host, PORT, answer=Collected("403 Forbidden")):
        text = f"splunk: failed to verify connection - 403 Forbidden - {SUCCESS.decode()}"
        assert text in refused(cli, *flags())
