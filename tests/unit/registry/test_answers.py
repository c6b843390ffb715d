"""Docker's texts for what registries answer; asked of dockerd 26.1.5 where it says the same."""

import json
from typing import Any

import pytest

from wherry.errors import AccessRefused, NoSuchManifest, NotFound, RegistryError
from wherry.model.reference import Reference
from wherry.registry.answers import pull_error, refusal
from wherry.registry.challenges import Challenge

BUSYBOX = Reference.parse("busybox:1")


def faults(code: str, message: str, detail: Any = None) -> str:
    return json.dumps({"errors": [{"code": code, "message": message, "detail": detail}]})


@pytest.mark.parametrize(
    ("status", "content_type", "body", "error", "text"),
    [
        (
            404,
            "application/json; charset=utf-8",
            faults("MANIFEST_UNKNOWN", "manifest unknown", {"Tag": "1"}),
            NoSuchManifest,
            "manifest for busybox:1 not found: manifest unknown: manifest unknown",
        ),
        (
            404,
            "application/json",
            faults("NAME_UNKNOWN", "repository name not known to registry"),
            NoSuchManifest,
            "repository busybox not found: name unknown: repository name not known to registry",
        ),
        (
            403,
            "application/json",
            faults("DENIED", "requested access to the resource is denied"),
            NoSuchManifest,
            "pull access denied for busybox, repository does not exist or may require 'docker login': "
            "denied: requested access to the resource is denied",
        ),
        (
            403,
            "text/plain",
            "forbidden",
            NoSuchManifest,
            "pull access denied for busybox, repository does not exist or may require 'docker login': "
            "denied: forbidden",
        ),
        (404, "application/json", faults("BLOB_UNKNOWN", "blob unknown to registry"), NotFound, "unknown blob"),
        (
            401,
            "application/json",
            faults("UNAUTHORIZED", "authentication required"),
            AccessRefused,
            "unauthorized: authentication required",
        ),
        (
            401,
            "application/json",
            '{"details":"incorrect username or password"}',
            AccessRefused,
            "unauthorized: incorrect username or password",
        ),
        (401, "", "", AccessRefused, "unauthorized: Unauthorized"),
        (401, "application/json", '{"error":"no"}', AccessRefused, "unauthorized: authentication required"),
        (401, "application/json", "oops", AccessRefused, "unauthorized: authentication required"),
        (
            403,
            "application/json",
            "{}",
            RegistryError,
            'error parsing HTTP 403 response body: no error details found in HTTP response body: "{}"',
        ),
        (
            429,
            "application/json",
            faults("TOOMANYREQUESTS", "You have reached your pull rate limit."),
            RegistryError,
            "toomanyrequests: You have reached your pull rate limit.",
        ),
        (429, "text/plain", "slow down", RegistryError, "toomanyrequests: slow down"),
        (404, "text/plain", "nothing", RegistryError, "unknown: nothing"),
        (
            404,
            "application/json",
            '{"message":"hello"}',
            RegistryError,
            "error parsing HTTP 404 response body: no error details found in HTTP response body: "
            r'"{\"message\":\"hello\"}"',
        ),
        (503, "text/html", "<html>", RegistryError, "received unexpected HTTP status: 503 Service Unavailable"),
    ],
)
def test_a_refusal_becomes_the_error_that_dockers_clients_know(
    status: int, content_type: str, body: str, error: type[Exception], text: str
) -> None:
    reason = {401: "Unauthorized", 503: "Service Unavailable"}.get(status, "")
    found = pull_error(refusal(status, reason, content_type, body.encode()), BUSYBOX)
    assert (type(found), str(found)) == (error, text)


@pytest.mark.parametrize(
    ("challenge", "text"),
    [
        (
            Challenge(scheme="bearer", error="insufficient_scope"),
            "pull access denied for busybox, repository does not exist or may require 'docker login': "
            "denied: requested access to the resource is denied",
        ),
        (
            Challenge(scheme="bearer", error="invalid_token", error_description="too old"),
            "unauthorized: too old",
        ),
        (Challenge(scheme="bearer"), "unauthorized: no"),
        (Challenge(scheme="basic", error="insufficient_scope"), "unauthorized: no"),
    ],
)
def test_what_a_challenge_says_comes_first(challenge: Challenge, text: str) -> None:
    body = faults("UNAUTHORIZED", "no").encode()
    assert str(pull_error(refusal(401, "", "application/json", body, (challenge,)), BUSYBOX)) == text


def test_json_that_is_none_is_quoted() -> None:
    found = pull_error(refusal(400, "", "application/json", b"oops"), BUSYBOX)
    assert str(found).startswith("error parsing HTTP 400 response body: ")
    assert str(found).endswith(': "oops"')
