"""Where credentials go, and where not: against a server whose answers are scripted."""

from http.server import BaseHTTPRequestHandler

import pytest
from tests.harness.httpserver import Scripted, answering, error_body

from wherry.errors import RegistryError, Unauthorized
from wherry.model.registry import Credentials
from wherry.registry import Registry

from .pulling import ALICE, BEARER, LAYER, MANIFEST, blob_path, download, resolve, tool, with_registry


def test_a_redirect_to_another_host_gets_no_credentials(scripted: Scripted, another: Scripted) -> None:
    basic = 'Basic realm="tests"'
    scripted.scripts["/v2/"] = answering(
        401, error_body("UNAUTHORIZED", "authentication required"), WWW_Authenticate=basic
    )
    scripted.scripts[blob_path(LAYER)] = answering(307, b"there", Location="/here")
    scripted.scripts["/here"] = answering(302, b"there", Location=f"http://{another.host}/cdn?signature=a%2Fb c")
    another.scripts["/cdn"] = answering(200, LAYER)
    assert with_registry(lambda registry: download(registry, tool(scripted), LAYER, ALICE)) == LAYER
    assert all("Authorization" in headers for headers in scripted.asked(blob_path(LAYER)) + scripted.asked("/here"))
    (sent,) = another.asked("/cdn")
    assert "Authorization" not in sent
    assert another.seen[0][1] == "/cdn?signature=a%2Fb%20c"


def test_an_identity_token_is_not_redirected(scripted: Scripted, another: Scripted) -> None:
    scripted.scripts["/v2/"] = answering(401, b"", WWW_Authenticate=BEARER.format(scripted.host))
    scripted.scripts["/token"] = answering(307, b"", Location=f"http://{another.host}/token")
    with pytest.raises(RegistryError, match="307"):
        resolve(scripted, Credentials(identity_token="secret"))
    assert another.seen == []


def test_a_token_refused_is_asked_for_once_more(scripted: Scripted) -> None:
    scripted.scripts["/v2/"] = answering(401, b"", WWW_Authenticate=BEARER.format(scripted.host))
    given = iter(range(9))
    scripted.scripts["/token"] = lambda handler: answering(200, b'{"access_token": "token-%d"}' % next(given))(handler)

    def script(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers["Authorization"] == "Bearer token-1":
            answering(200, MANIFEST)(handler)
        else:
            answering(401, b"", WWW_Authenticate=BEARER.format(scripted.host))(handler)

    scripted.scripts["/v2/tool/manifests/1"] = script
    assert resolve(scripted) == MANIFEST


def test_a_registry_token_is_sent_as_it_is(scripted: Scripted) -> None:
    scripted.scripts["/v2/tool/manifests/1"] = answering(200, MANIFEST)
    resolve(scripted, Credentials(registry_token="ready-made"))
    assert scripted.asked("/v2/tool/manifests/1")[0]["Authorization"] == "Bearer ready-made"


@pytest.mark.parametrize(
    ("status", "body", "error", "text"),
    [
        (200, b"{}", RegistryError, "authorization server did not include a token in the response"),
        (200, b"hey", RegistryError, "unable to decode token response: "),
        (500, b"oops", RegistryError, "received unexpected HTTP status: 500 Internal Server Error"),
        (403, error_body("DENIED", "no"), Unauthorized, "denied: no"),
    ],
)
def test_a_token_server_that_gives_no_token_is_told(
    scripted: Scripted, status: int, body: bytes, error: type[Exception], text: str
) -> None:
    scripted.scripts["/v2/"] = answering(401, b"", WWW_Authenticate=BEARER.format(scripted.host))
    scripted.scripts["/token"] = answering(status, body)
    with pytest.raises(error) as caught:
        resolve(scripted)
    assert str(caught.value).startswith(f'Get "http://{scripted.host}/v2/tool/manifests/1": {text}')


def test_passwords_are_not_sent_to_a_token_server_without_tls(scripted: Scripted) -> None:
    """Unless it may be spoken to like that, as those on loopback may."""
    scripted.scripts["/v2/"] = answering(401, b"", WWW_Authenticate=BEARER.format("192.0.2.1:80"))
    with pytest.raises(RegistryError, match=r"credentials are not sent to http://192\.0\.2\.1:80/token"):
        resolve(scripted, ALICE)


def test_a_registry_that_asks_for_something_new_is_asked_again(scripted: Scripted) -> None:
    """It wanted passwords; now everybody may come in."""
    scripted.scripts["/v2/"] = answering(401, b"", WWW_Authenticate='Basic realm="tests"')
    path = "/v2/tool/manifests/1"
    scripted.scripts[path] = answering(401, b"", WWW_Authenticate='Basic realm="tests"')

    async def ask(registry: Registry) -> None:
        with pytest.raises(Unauthorized, match="no basic auth credentials"):
            await registry.resolve(tool(scripted))
        scripted.scripts[path] = answering(200, MANIFEST)
        await registry.resolve(tool(scripted))

    with_registry(ask)


def test_a_registry_that_begins_to_ask_is_told_without_being_asked_from_then_on(scripted: Scripted) -> None:
    refuses = answering(401, b"", WWW_Authenticate='Basic realm="tests"')
    gives = answering(200, MANIFEST)
    path = "/v2/tool/manifests/1"
    scripted.scripts[path] = gives

    async def ask(registry: Registry) -> None:
        await registry.resolve(tool(scripted), ALICE)
        scripted.scripts["/v2/"] = refuses
        scripted.scripts[path] = lambda handler: (gives if handler.headers["Authorization"] else refuses)(handler)
        await registry.resolve(tool(scripted), ALICE)
        await registry.resolve(tool(scripted), ALICE)

    with_registry(ask)
    assert ["Authorization" in headers for headers in scripted.asked(path)] == [False, False, True, True]
