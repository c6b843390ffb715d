"""Which handler gets a request."""

import asyncio
from collections.abc import Mapping

import pytest

from wherry.api.http import HijackedStream, PageNotFound, Request, Response, ResponseStream, Router, text_response
from wherry.api.http.head import parse_head
from wherry.errors import InvalidArgument


class NoConnection:
    """For requests without a body that are answered by a response."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def allow_body(self) -> None:
        raise AssertionError("no body to allow")

    async def start_stream(
        self, status: int, content_type: str | None, headers: Mapping[str, str], *, large: bool
    ) -> ResponseStream:
        raise AssertionError("nothing to stream to")

    async def hijack(self, content_type: str | None, protocol: str, headers: Mapping[str, str]) -> HijackedStream:
        raise AssertionError("nothing to hijack")


def request(method: str, target: str) -> Request:
    return Request(parse_head(f"{method} {target} HTTP/1.1\r\nHost: d\r\n\r\n".encode()), None, NoConnection())


async def answer(router: Router, asked: Request) -> Response:
    response = await router(asked)
    assert response is not None
    return response


def ask(router: Router, method: str, target: str) -> str:
    """What the router's handlers say: their name and the parameters they got."""
    return asyncio.run(answer(router, request(method, target))).body.decode()


@pytest.fixture
def router() -> Router:
    router = Router()

    def add(method: str, pattern: str) -> None:
        async def handler(request: Request) -> Response:
            values = " ".join(f"{name}={value}" for name, value in request.params.items())
            return text_response(f"{pattern} {values}".strip())

        router.add(method, pattern, handler)

    add("GET", "/version")
    add("GET", "/containers/json")
    add("GET", "/containers/{id}/json")
    add("POST", "/containers/{id}/start")
    add("DELETE", "/containers/{id}")
    add("GET", "/images/json")
    add("GET", "/images/get")
    add("POST", "/images/load")
    add("GET", "/images/{name:path}/json")
    add("GET", "/images/{name:path}/get")
    add("POST", "/images/{name:path}/push")
    add("DELETE", "/images/{name:path}")
    return router


@pytest.mark.parametrize(
    ("method", "target", "says"),
    [
        ("GET", "/version", "/version"),
        ("GET", "/v1.45/version", "/version"),
        ("GET", "/v1.24/containers/json", "/containers/json"),
        ("GET", "/containers/web/json", "/containers/{id}/json id=web"),
        ("GET", "/containers//web/json", "/containers/{id}/json id=web"),
        ("GET", "/containers/a%2Fb/json", "/containers/{id}/json id=a/b"),
        ("GET", "/containers/json/json", "/containers/{id}/json id=json"),
        ("DELETE", "/containers/json", "/containers/{id} id=json"),
        ("GET", "/images/json", "/images/json"),
        ("GET", "/images/busybox/json", "/images/{name:path}/json name=busybox"),
        ("GET", "/images/h:5000/a/b:1@sha256:00/json", "/images/{name:path}/json name=h:5000/a/b:1@sha256:00"),
        ("GET", "/images/h%3A5000%2Fa/json", "/images/{name:path}/json name=h:5000/a"),
        ("GET", "/images/json/json", "/images/{name:path}/json name=json"),
        ("GET", "/images/a/get", "/images/{name:path}/get name=a"),
        ("POST", "/images/a/b/push", "/images/{name:path}/push name=a/b"),
        ("POST", "/images/load", "/images/load"),
        ("DELETE", "/images/load", "/images/{name:path} name=load"),
        ("DELETE", "/images/a/json", "/images/{name:path} name=a/json"),
        ("OPTIONS", "/version", ""),
        ("OPTIONS", "/nonsense", ""),
    ],
)
def test_found(router: Router, method: str, target: str, says: str) -> None:
    assert ask(router, method, target) == says


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/"),
        ("GET", "/nonsense"),
        ("GET", "/v1.45"),
        ("GET", "/v1.45/"),
        ("GET", "/v1.x/version"),
        ("GET", "/v1.99/nonsense"),
        ("GET", "/version/"),
        ("GET", "/version/more"),
        ("DELETE", "/version"),
        ("HEAD", "/version"),
        ("POST", "/images/push"),
        ("GET", "/images/a/nonsense"),
    ],
)
def test_not_found(router: Router, method: str, target: str) -> None:
    with pytest.raises(PageNotFound, match=r"^page not found$"):
        ask(router, method, target)


@pytest.mark.parametrize(
    ("prefix", "text"),
    [
        ("v1.23", "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client "),
        ("v1", "client version 1 is too old. Minimum supported API version is 1.24, please upgrade your client to a "),
        ("v1.99", "client version 1.99 is too new. Maximum supported API version is 1.45"),
        ("v2.0", "client version 2.0 is too new. Maximum supported API version is 1.45"),
        ("v1.45.1", "client version 1.45.1 is too new. Maximum supported API version is 1.45"),
    ],
)
def test_versions_out_of_bounds(router: Router, prefix: str, text: str) -> None:
    for method in ("GET", "OPTIONS"):
        with pytest.raises(InvalidArgument) as caught:
            ask(router, method, f"/{prefix}/version")
        assert str(caught.value).startswith(text)


@pytest.mark.parametrize(("target", "version"), [("/version", (1, 45)), ("/v1.30/version", (1, 30))])
def test_handlers_learn_the_version(router: Router, target: str, version: tuple[int, int]) -> None:
    asked = request("GET", target)
    asyncio.run(answer(router, asked))
    assert asked.api_version == version


def test_the_same_route_twice_is_a_mistake(router: Router) -> None:
    async def handler(request: Request) -> Response:
        return text_response("")

    with pytest.raises(ValueError, match=r"two routes for GET /containers/\{name\}/json"):
        router.add("GET", "/containers/{name}/json", handler)
