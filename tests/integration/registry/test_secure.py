"""Certificates and proxies, below the rule that loopback needs neither."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from shutil import copy
from socket import SHUT_WR, create_connection, socket

import pytest
from tests.harness.authority import Authority
from tests.harness.httpserver import Scripted, answering

from wherry.registry.connection import Request
from wherry.registry.dial import Timeouts
from wherry.registry.reasons import ConnectionFailed
from wherry.registry.transport import Transport

HELLO = answering(200, b"hello")


def fetch(url: str, certs_dir: Path = Path("/nonexistent"), verify: bool = True) -> bytes:
    async def run() -> bytes:
        with closing(Transport(certs_dir=str(certs_dir), timeouts=Timeouts(), user_agent="tests")) as transport:
            answer = await transport.send(Request(method="GET", url=url, verify=verify))
            return await answer.body(100)

    return asyncio.run(run())


def serve(authority: Authority, alternative: str, ask_client: bool = False) -> Scripted:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server", alternative))
    if ask_client:
        context.load_verify_locations(authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    server = Scripted(context)
    server.scripts["/hello"] = HELLO
    return server


@pytest.fixture
def secure(authority: Authority) -> Iterator[Scripted]:
    server = serve(authority, "IP:127.0.0.1")
    yield server
    server.close()


@pytest.fixture
def certs_dir(tmp_path: Path, authority: Authority, secure: Scripted) -> Path:
    """A certs.d that trusts the tests' authority for the secure server."""
    (tmp_path / secure.host).mkdir()
    copy(authority.certificate, tmp_path / secure.host)
    return tmp_path


def test_an_unknown_authority_is_refused(secure: Scripted) -> None:
    text = "^tls: failed to verify certificate: x509: certificate signed by unknown authority$"
    with pytest.raises(ConnectionFailed, match=text):
        fetch(f"https://{secure.host}/hello")


def test_an_unverified_connection_takes_any_certificate(secure: Scripted) -> None:
    assert fetch(f"https://{secure.host}/hello", verify=False) == b"hello"


def test_certs_d_adds_an_authority_for_one_host(secure: Scripted, certs_dir: Path) -> None:
    assert fetch(f"https://{secure.host}/hello", certs_dir) == b"hello"


def test_ssl_cert_file_adds_authorities(
    secure: Scripted, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    assert fetch(f"https://{secure.host}/hello") == b"hello"


def test_the_name_must_be_in_the_certificate(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    server = serve(authority, "DNS:elsewhere.example")
    with closing(server), pytest.raises(ConnectionFailed, match="x509: certificate is not valid for this name"):
        fetch(f"https://{server.host}/hello")


def test_certs_d_gives_a_client_certificate(authority: Authority, tmp_path: Path) -> None:
    with closing(serve(authority, "IP:127.0.0.1", ask_client=True)) as server:
        own = tmp_path / server.host
        own.mkdir()
        copy(authority.certificate, own)
        with pytest.raises(ConnectionFailed):
            fetch(f"https://{server.host}/hello", tmp_path)
        certificate, key = authority.issue("client", "DNS:client")
        copy(certificate, own / "client.cert")
        with pytest.raises(ConnectionFailed, match=r"missing key client\.key for client certificate client\.cert"):
            fetch(f"https://{server.host}/hello", tmp_path)
        copy(key, own / "client.key")
        assert fetch(f"https://{server.host}/hello", tmp_path) == b"hello"


def test_a_server_without_tls_is_found_out(scripted: Scripted) -> None:
    with pytest.raises(ConnectionFailed, match=r"^http: server gave HTTP response to HTTPS client$") as caught:
        fetch(f"https://{scripted.host}/hello", verify=False)
    assert caught.value.plain_http


# --- proxies ---------------------------------------------------------------------------------------------------------


def tunnelling(target: str) -> Scripted:
    """A proxy that leads every CONNECT to ``target``, after asking for user "me" with password "p:w"."""
    host, _, port = target.rpartition(":")

    def script(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers.get("Proxy-Authorization") != "Basic bWU6cDp3":
            answering(407, b"")(handler)
            return
        with create_connection((host, int(port))) as other:
            handler.send_response(200)
            handler.end_headers()
            back = threading.Thread(target=copy_bytes, args=(other, handler.connection))
            back.start()
            copy_bytes(handler.connection, other)
            back.join()
        handler.close_connection = True

    proxy = Scripted()
    proxy.scripts["reg.example:443"] = script
    return proxy


def copy_bytes(source: socket, target: socket) -> None:
    """Until either side ends, which it may do without a farewell."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(SHUT_WR)


def test_https_goes_through_a_proxys_tunnel(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with closing(serve(authority, "DNS:reg.example")) as server, closing(tunnelling(server.host)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%3Aw@{proxy.host}")
        assert fetch("https://reg.example/hello") == b"hello"
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.host}")
        with pytest.raises(ConnectionFailed, match="proxyconnect tcp: 407"):
            fetch("https://reg.example/hello")


def test_plain_http_is_asked_of_the_proxy_itself(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"me:pw@{scripted.host}")
    scripted.scripts["http://reg.example:81/hello"] = HELLO
    assert fetch("http://reg.example:81/hello") == b"hello"
    (headers,) = scripted.asked("http://reg.example:81/hello")
    assert (headers["Host"], headers["Proxy-Authorization"]) == ("reg.example:81", "Basic bWU6cHc=")


def test_a_proxy_of_an_unknown_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy:1080")
    with pytest.raises(ConnectionFailed, match='unsupported proxy scheme "socks5"'):
        fetch("https://reg.example/hello")


def test_certificates_that_come_later_count(secure: Scripted, authority: Authority, tmp_path: Path) -> None:
    url = f"https://{secure.host}/hello"
    (tmp_path / secure.host).mkdir()

    async def run() -> bytes:
        with closing(Transport(certs_dir=str(tmp_path), timeouts=Timeouts(), user_agent="tests")) as transport:
            request = Request(method="GET", url=url)
            with pytest.raises(ConnectionFailed, match="unknown authority") as refused:
                await transport.send(request)
            copy(authority.certificate, tmp_path / secure.host)
            answer = await transport.send(request)
            assert refused.value.__traceback__  # which may hold on to all that was used before
            return await answer.body(100)

    assert asyncio.run(run()) == b"hello"
