"""Uploads to registries that do things in other ways, or wrong: against a server whose answers are scripted."""

from collections.abc import AsyncGenerator
from http.server import BaseHTTPRequestHandler

import pytest
from tests.harness.httpserver import Scripted, answering, error_body

from wherry.errors import AccessRefused, RegistryError
from wherry.model.image import LAYER_OCI, MANIFEST_OCI, Descriptor
from wherry.model.reference import Reference
from wherry.model.registry import Credentials, Resolved
from wherry.registry import Registry

from .distribution import digest_of
from .pulling import BEARER, with_registry

BLOB = bytes(range(256)) * 1024
DESCRIPTOR = Descriptor(media_type=LAYER_OCI, digest=digest_of(BLOB), size=len(BLOB))
MANIFEST = Resolved(descriptor=Descriptor(media_type=MANIFEST_OCI, digest=digest_of(b"{}"), size=2), data=b"{}")
ALICE = Credentials(username="alice", password="open sesame")
BEGIN = "/v2/tool/blobs/uploads/"
PLACE = "/v2/tool/blobs/uploads/1"


async def body() -> AsyncGenerator[bytes, None]:
    for at in range(0, len(BLOB), 1 << 16):
        yield BLOB[at : at + (1 << 16)]


async def at_once(_: float) -> None:
    """A pause of no time."""


def upload(server: Scripted, credentials: Credentials | None = None, attempts: int = 3) -> None:
    reference = Reference.parse(f"{server.host}/tool:1")
    with_registry(
        lambda registry: registry.upload(reference, DESCRIPTOR, body, credentials),
        Registry(sleep=at_once, attempts=attempts),
    )


def begins(server: Scripted, location: str = PLACE) -> None:
    server.scripts[BEGIN] = answering(202, b"", Location=location)


def stores(handler: BaseHTTPRequestHandler) -> None:
    """As the specification has it: a PATCH says where it goes on, a PUT ends."""
    if handler.command == "PATCH":
        answering(202, b"", Location=f"{PLACE}?state=2")(handler)
    else:
        answering(201, b"", Docker_Content_Digest=DESCRIPTOR.digest)(handler)


def sent(server: Scripted) -> list[tuple[str, str, int]]:
    """Method, target and size of the body of every request to the upload's place."""
    return [
        (method, target, len(data))
        for (method, target, _), data in zip(server.seen, server.bodies, strict=True)
        if target.startswith(PLACE)
    ]


END = f"?state=2&digest={DESCRIPTOR.digest.replace(':', '%3A')}"


def test_a_blob_goes_in_one_piece_and_is_named(scripted: Scripted) -> None:
    begins(scripted)
    scripted.scripts[PLACE] = stores
    upload(scripted)
    assert sent(scripted) == [("PATCH", PLACE, len(BLOB)), ("PUT", f"{PLACE}{END}", 0)]
    assert BLOB in scripted.bodies


def test_a_registry_without_patch_gets_all_with_the_put(scripted: Scripted) -> None:
    begins(scripted)

    def script(handler: BaseHTTPRequestHandler) -> None:
        if handler.command == "PATCH":
            answering(405, error_body("UNSUPPORTED", "no"))(handler)
        else:
            stores(handler)

    scripted.scripts[PLACE] = script
    upload(scripted)
    assert [(method, size) for method, _, size in sent(scripted)] == [("PATCH", len(BLOB)), ("PUT", len(BLOB))]


def test_an_upload_that_the_registry_lost_begins_again(scripted: Scripted) -> None:
    begins(scripted)
    answers = iter([answering(404, error_body("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"))])
    scripted.scripts[PLACE] = lambda handler: next(answers, stores)(handler)
    upload(scripted)
    assert len(scripted.asked(BEGIN)) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_registry_in_trouble_is_asked_again_and_given_up(scripted: Scripted, status: int) -> None:
    begins(scripted)
    scripted.scripts[PLACE] = answering(status, b"", Retry_After="1")
    with pytest.raises(RegistryError, match=r'^Patch "http://127.0.0.1:[0-9]+/v2/tool/blobs/uploads/1": '):
        upload(scripted)
    assert len(sent(scripted)) == 3


@pytest.mark.parametrize(
    ("status", "code", "message", "text"),
    [
        (403, "DENIED", "requested access to the resource is denied", "denied: requested access to the resource is"),
        (401, "UNAUTHORIZED", "authentication required", "unauthorized: authentication required"),
    ],
)
def test_one_who_may_not_is_told_at_once(scripted: Scripted, status: int, code: str, message: str, text: str) -> None:
    scripted.scripts[BEGIN] = answering(status, error_body(code, message))
    with pytest.raises(AccessRefused, match=f"^{text}"):
        upload(scripted)
    assert len(scripted.asked(BEGIN)) == 1


def test_an_upload_without_a_place_is_an_error(scripted: Scripted) -> None:
    scripted.scripts[BEGIN] = answering(202, b"")
    with pytest.raises(RegistryError, match="did not say where the upload goes on"):
        upload(scripted)


def test_a_registry_that_stored_something_else_is_found_out(scripted: Scripted) -> None:
    begins(scripted)
    other = digest_of(b"other")

    def script(handler: BaseHTTPRequestHandler) -> None:
        if handler.command == "PATCH":
            stores(handler)
        else:
            answering(201, b"", Docker_Content_Digest=other)(handler)

    scripted.scripts[PLACE] = script
    with pytest.raises(RegistryError, match=f"^the registry stored {other} when it was given {DESCRIPTOR.digest}$"):
        upload(scripted)


def test_a_manifest_stored_as_something_else_is_found_out(scripted: Scripted) -> None:
    scripted.scripts["/v2/tool/manifests/1"] = answering(201, b"", Docker_Content_Digest=digest_of(b"other"))
    reference = Reference.parse(f"{scripted.host}/tool:1")
    with pytest.raises(RegistryError, match=r"^the registry stored "):
        with_registry(lambda registry: registry.put_manifest(reference, MANIFEST, None))


def test_another_host_gets_the_blob_without_credentials(scripted: Scripted, another: Scripted) -> None:
    basic = answering(401, b"", WWW_Authenticate='Basic realm="tests"')
    scripted.scripts["/v2/"] = basic
    begins(scripted, f"http://{another.host}{PLACE}")

    def script(handler: BaseHTTPRequestHandler) -> None:
        place = f"http://{another.host}{PLACE}"
        answering(202 if handler.command == "PATCH" else 201, b"", Location=place)(handler)

    another.scripts[PLACE] = script
    upload(scripted, ALICE)
    assert [headers["Authorization"][:6] for headers in scripted.asked(BEGIN)] == ["Basic "]
    assert len(another.asked(PLACE)) == 2
    assert all("Authorization" not in headers for headers in another.asked(PLACE))


def test_a_mount_that_is_no_mount_is_cancelled(scripted: Scripted) -> None:
    begins(scripted)
    scripted.scripts[PLACE] = answering(204, b"")
    reference = Reference.parse(f"{scripted.host}/tool:1")
    done = with_registry(lambda registry: registry.mount(reference, DESCRIPTOR.digest, "other", None))
    assert not done
    assert [method for method, _, _ in sent(scripted)] == ["DELETE"]


def test_what_a_token_server_says_of_a_push_is_told_alone(scripted: Scripted) -> None:
    scripted.scripts["/v2/"] = answering(401, b"", WWW_Authenticate=BEARER.format(scripted.host))
    scripted.scripts["/token"] = answering(429, error_body("TOOMANYREQUESTS", "out of tokens"))
    with pytest.raises(RegistryError, match=r"^toomanyrequests: out of tokens$"):
        upload(scripted)
