"""An engine's client and the proxies that the environment names: told by a proxy that keeps what it is asked."""

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from wherry.client import proxied, transport
from wherry.client.connection import CannotConnect, Client

ENGINE = "tcp://engine.example:2375"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


class Proxy:
    """Answers each connection's first request with ``answer``."""

    def __init__(self) -> None:
        self.answer = OK
        self.asked: list[list[str]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer, peer.makefile("rb") as lines:
                head = iter(lambda: lines.readline().strip().decode(), "")
                self.asked.append(list(head))
                peer.sendall(self.answer)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """It is named for everything; names that are looked up beside it are not found."""
    proxy = Proxy()
    named = {"HTTP_PROXY": f"http://me:pass%21@127.0.0.1:{proxy.port}", "HTTPS_PROXY": f"127.0.0.1:{proxy.port}"}
    for name in ("http_proxy", "https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(transport, "environ", {name.encode(): value.encode() for name, value in named.items()})

    def found(name: str, port: str) -> socket.socket:
        raise OSError(f"{name} {port} is asked for beside the proxy")

    monkeypatch.setattr(proxied, "dial", transport.dial)
    monkeypatch.setattr(transport, "dial", found)
    yield proxy
    proxy.close()


def test_a_proxy_is_asked_for_the_whole_url(proxy: Proxy) -> None:
    client = Client(ENGINE)
    assert client.call("GET", "/containers/json").json() == []
    client.close()

    (asked,) = proxy.asked
    assert asked[0] == "GET http://engine.example:2375/v1.45/containers/json HTTP/1.1"
    assert {"Host: engine.example:2375", "Proxy-Authorization: Basic bWU6cGFzcyE="} < set(asked)


@pytest.mark.parametrize("exceptions", [".example", "engine.example:2375", "*"])
def test_what_no_proxy_is_for_is_reached_straight(
    proxy: Proxy, exceptions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", exceptions)
    with pytest.raises(CannotConnect):
        Client(ENGINE).call("GET", "/info")
    assert not proxy.asked


def test_a_connection_that_is_taken_over_goes_past_the_proxy(proxy: Proxy) -> None:
    with pytest.raises(CannotConnect):
        Client(ENGINE).hijack("/containers/box/attach")
    assert not proxy.asked


def test_what_is_encrypted_goes_through_a_tunnel(proxy: Proxy) -> None:
    proxy.answer = FORBIDDEN
    for stream in (False, True):
        with pytest.raises(CannotConnect, match="proxyconnect tcp: status 403"):
            transport.connect(ENGINE, ssl.create_default_context(), for_stream=stream)
    assert [asked[0] for asked in proxy.asked] == ["CONNECT engine.example:2375 HTTP/1.1"] * 2


def test_another_kind_of_proxy_is_refused(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(CannotConnect, match='unsupported proxy scheme "socks5"'):
        Client(ENGINE).call("GET", "/info")
