"""Authorization plugins before the API. The texts are those of dockerd 26.1.5."""

import asyncio
import base64
import http.client
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.plugins import FakePlugins
from tests.harness.authority import Authority
from tests.harness.plugins import Authorizer
from tests.unit.api.http_server.http_peer import Answer, Served, serving

from wherry.api.gate import LONGEST, Gate
from wherry.api.http import Request, Response, Router, Server, json_response
from wherry.engine.authorization import Authorization
from wherry.errors import NoSuchContainer, NotFound

JSON = "Content-Type: application/json"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class World:
    """An API of few routes behind a gate, and plugins called ``one`` and ``two``."""

    def __init__(self) -> None:
        self.one, self.two = Authorizer(), Authorizer()
        self.plugins = FakePlugins(one=self.one, two=self.two)
        self.authorization = Authorization(self.plugins)
        self.seen: list[Any] = []
        router = Router()
        router.add("GET", "/info", self.info)
        router.add("GET", "/containers/{name}/json", self.missing)
        router.add("POST", "/containers/create", self.create)
        router.add("POST", "/build", self.create)
        router.add("POST", "/build/offered", self.create)
        router.add("POST", "/auth", self.create)
        router.add("GET", "/events", self.stream)
        router.add("POST", "/containers/{name}/attach", self.attach)
        self.gate = Gate(self.authorization, router)

    async def info(self, request: Request) -> Response:
        return json_response({"ID": "x"})

    async def missing(self, request: Request) -> Response:
        raise NoSuchContainer(request.params["name"])

    async def create(self, request: Request) -> Response:
        self.seen.append(await request.read())
        return json_response({"Id": "c"}, status=201)

    async def stream(self, request: Request) -> None:
        stream = await request.stream()
        await stream.write(b"an event")

    async def attach(self, request: Request) -> None:
        stream = await request.hijack(None)
        await stream.write(b"hello")

    def asked(self) -> list[tuple[str, str]]:
        return [(kind, asked["RequestUri"]) for kind, asked in self.one.asked]


@asynccontextmanager
async def guarded(folder: Path) -> AsyncIterator[tuple[World, Served]]:
    world = World()
    await world.authorization.use(("one", "two"))
    async with serving(world.gate, folder / "s", http2=world.gate.http2(asyncio.Protocol)) as served:
        yield world, served


async def get(served: Served, path: str, *headers: str) -> Answer:
    peer = await served.connect()
    peer.get(path, *headers)
    return await peer.answer()


async def post(served: Served, path: str, body: bytes, *headers: str) -> Answer:
    peer = await served.connect()
    peer.post(path, body, *headers)
    return await peer.answer()


async def test_plugins_are_asked_one_after_the_other_before_and_after(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (world, served):
        answer = await get(served, "/v1.45/info?a=b", "X-Many: 1", "X-Registry-Auth: secret", "authorization: secret")
        assert (answer.status, answer.body) == (200, b'{"ID":"x"}\n')
        request = {"RequestMethod": "GET", "RequestUri": "/v1.45/info?a=b", "RequestHeaders": {"X-Many": "1"}}
        response = {
            "ResponseStatusCode": 200,
            "ResponseHeaders": {"Content-Type": "application/json"},
            "ResponseBody": base64.b64encode(answer.body).decode(),
        }
        assert world.one.asked == world.two.asked == [("AuthZReq", request), ("AuthZRes", request | response)]


async def test_what_a_plugin_denies_is_not_done_and_no_other_is_asked(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (world, served):
        world.one.denied["POST", "/containers/create"] = "no containers"
        answer = await post(served, "/v1.45/containers/create", b"{}", JSON)
        assert (answer.status, answer.message) == (403, "authorization denied by plugin one: no containers")
        assert world.seen == [] and world.two.asked == []


async def test_an_answer_may_be_denied_after_all_but_no_error(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (world, served):
        world.two.denied_answers = {("GET", "/info"): "secret", ("GET", "/containers/x/json"): "secret"}
        answer = await get(served, "/v1.45/info")
        assert (answer.status, answer.message) == (403, "authorization denied by plugin two: secret")
        answer = await get(served, "/v1.45/containers/x/json")
        assert (answer.status, answer.message) == (404, "No such container: x")
        kind, asked = world.two.asked[-1]
        assert kind == "AuthZRes" and "ResponseStatusCode" not in asked


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8"])
async def test_a_plugin_sees_the_body_that_the_handler_gets(tmp_path: Path, chunked: bool, media_type: str) -> None:
    async with guarded(tmp_path) as (world, served):
        body = json.dumps({"Image": "x" * 300_000}).encode()
        framing, data = f"Content-Length: {len(body)}", body
        if chunked:
            framing, data = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        peer = await served.connect()
        head = f"POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: {media_type}\r\n{framing}\r\n\r\n"
        peer.send(head.encode() + data)
        assert (await peer.answer()).status == 201
        assert world.seen == [body]
        assert base64.b64decode(world.one.asked[0][1]["RequestBody"]) == body
        peer.get("/info")
        assert (await peer.answer()).status == 200


async def test_a_body_that_is_too_long_to_be_seen_is_refused(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (world, served):
        answer = await post(served, "/containers/create", b" " * (LONGEST + 1), JSON)
        reason = f"request body too large for authorization plugin: size exceeds {LONGEST} bytes"
        assert (answer.status, answer.message) == (500, reason)
        assert world.seen == [] and world.one.asked == []
        assert (await post(served, "/containers/create", b" " * LONGEST, JSON)).status == 201


@pytest.mark.parametrize(
    ("path", "media_type"), [("/build", "application/x-tar"), ("/auth", "application/json"), ("/build", "text/plain")]
)
async def test_archives_and_passwords_are_not_shown(tmp_path: Path, path: str, media_type: str) -> None:
    async with guarded(tmp_path) as (world, served):
        assert (await post(served, path, b"content", f"Content-Type: {media_type}")).status == 201
        assert world.seen == [b"content"]
        assert all("RequestBody" not in asked for _, asked in world.one.asked)


async def test_rules_see_the_path_that_is_taken(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (world, served):
        world.one.denied["GET", "/info"] = "no"
        for path in ("//v1.45//info", "/v1.45///info", "http://d/v1.45/info", "/v1.45/info?x=//"):
            assert (await get(served, path)).status == 403
        assert world.asked()[0] == ("AuthZReq", "/v1.45/info")
        assert world.asked()[-1] == ("AuthZReq", "/v1.45/info?x=//")


@pytest.mark.parametrize("failing", ["gone", "lies"])
async def test_a_plugin_that_fails_allows_nothing(tmp_path: Path, failing: str) -> None:
    async with guarded(tmp_path) as (world, served):
        await get(served, "/info")
        if failing == "gone":
            world.plugins.gone.add("two")
        else:
            world.plugins.there["two"] = lambda method, arguments: {"Allow": "yes"}
        answer = await get(served, "/info")
        assert answer.status == 500 and answer.message.startswith("plugin two failed with error: ")


async def test_streams_are_told_of_when_they_end(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (world, served):
        answer = await get(served, "/events")
        assert answer.body == b"an event"
        peer = await served.connect()
        peer.post("/containers/x/attach", b"", "Connection: Upgrade", "Upgrade: tcp")
        assert (await peer.head()).status == 101
        assert await peer.rest() == b"hello"
        ends = [asked for kind, asked in world.two.asked if kind == "AuthZRes"]
        assert [asked["RequestUri"] for asked in ends] == ["/events", "/containers/x/attach"]
        assert all("ResponseBody" not in asked for asked in ends)


@pytest.mark.parametrize("path", ["/build/offered", "/v1.45/build/offered", "//v1.45//build//offered"])
async def test_what_no_rules_know_of_is_not_there(tmp_path: Path, path: str) -> None:
    async with guarded(tmp_path) as (world, served):
        answer = await post(served, path, b"x")
        assert (answer.status, answer.message) == (404, "page not found")
        await world.authorization.use(())
        assert (await post(served, path, b"x")).status == 201


async def test_http2_is_spoken_only_where_nobody_has_to_be_asked(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (world, served):
        peer = await served.connect()
        peer.send(PREFACE)
        assert (await peer.answer()).status == 505
        await world.authorization.use(())
        spoken = world.gate.http2(asyncio.Protocol)()
        assert isinstance(spoken, asyncio.Protocol)


async def test_other_plugins_are_taken_only_if_all_are_there(tmp_path: Path) -> None:
    async with guarded(tmp_path) as (world, served):
        with pytest.raises(NotFound, match='plugin "nope" not found'):
            await world.authorization.use(("two", "nope"))
        assert world.authorization.names == ("one", "two")
        await world.authorization.use(("two", "two"))
        assert (await get(served, "/info")).status == 200
        assert world.one.asked == [] and len(world.two.asked) == 2
        await world.authorization.use(())
        assert (await get(served, "/info")).status == 200
        assert len(world.two.asked) == 2


async def test_a_client_is_known_by_its_certificate(tmp_path: Path) -> None:
    world = World()
    await world.authorization.use(("one", "two"))
    authority = Authority(tmp_path)
    server_pair, client_pair = authority.issue("server", "IP:127.0.0.1"), authority.issue("alice", "DNS:alice")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*server_pair)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server(world.gate, product_version="26.1.5")
    await server.listen("tcp://127.0.0.1:0", tls=context)
    port = int(server.addresses[0].rpartition(":")[2])
    try:
        await asyncio.to_thread(_get_by_tls, port, authority, client_pair)
    finally:
        await server.close()
        await asyncio.sleep(0)
    asked = world.one.asked[0][1]
    assert (asked["User"], asked["UserAuthNMethod"]) == ("alice", "TLS")
    (certificate,) = asked["RequestPeerCertificates"]
    assert base64.b64decode(certificate) == client_pair[0].read_bytes()


def _get_by_tls(port: int, authority: Authority, pair: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    context.load_cert_chain(*pair)
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)
    try:
        connection.request("GET", "/info")
        assert connection.getresponse().read() == b'{"ID":"x"}\n'
    finally:
        connection.close()
