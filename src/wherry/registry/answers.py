"""From a registry's refusal to an error of ours, in Docker's words. Pure.

Sources: distribution spec, "Error Codes"; docker/distribution 2.8 registry/client/errors.go for the answers that are
not in the spec's form; moby distribution/errors.go for the texts of a failed pull.
"""

import json

import msgspec

from wherry.errors import AccessRefused, NoSuchManifest, NotFound, RegistryError, WherryError
from wherry.model.malformed import MALFORMED
from wherry.model.reference import Reference
from wherry.registry.challenges import Challenge
from wherry.registry.reasons import MethodRefused, UploadLost

_MESSAGES = {"DENIED": "requested access to the resource is denied", "UNAUTHORIZED": "authentication required"}
_CODES_OF_CHALLENGE = {"insufficient_scope": "DENIED", "invalid_token": "UNAUTHORIZED"}  # RFC 6750 section 3.1
_CODES_OF_STATUS = {401: "UNAUTHORIZED", 403: "DENIED", 429: "TOOMANYREQUESTS"}


class _Fault(msgspec.Struct):
    code: str = "UNKNOWN"
    message: str | None = None


class _Faults(msgspec.Struct):
    errors: list[_Fault] | None = None
    details: str | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What a registry or token server said instead of yes. ``code`` is "" where it named no reason, ``pause`` how many
    seconds it wants to be left alone."""

    status: int
    code: str
    message: str
    pause: float = 0

    @property
    def passes(self) -> bool:
        """Whether it may help to ask again: what is wrong is the registry's, or it said when to come back."""
        return self.status >= 500 or (self.status == 429 and self.pause > 0)

    def __str__(self) -> str:
        return f"{self.code.lower().replace('_', ' ')}: {self.message}" if self.code else self.message


def refusal(
    status: int, reason: str, content_type: str, body: bytes, challenges: tuple[Challenge, ...] = ()
) -> Refusal:
    """Read an answer whose status is no success. What its ``challenges`` say comes before what is in its body."""
    if not 400 <= status < 500:
        return Refusal(status=status, code="", message=f"received unexpected HTTP status: {status} {reason}".rstrip())
    for challenge in challenges:
        if challenge.scheme == "bearer" and challenge.error in _CODES_OF_CHALLENGE:
            code = _CODES_OF_CHALLENGE[challenge.error]
            return Refusal(status=status, code=code, message=challenge.error_description or _MESSAGES[code])
    if "json" not in content_type:
        return Refusal(status=status, code=_code_of(status), message=_text(body) or reason)
    return _refusal_of_document(status, body)


def _refusal_of_document(status: int, body: bytes) -> Refusal:
    """By the specification's list of errors, or by ``details`` alone (errors.go)."""
    try:
        faults = msgspec.json.decode(body, type=_Faults)
    except MALFORMED as error:
        return _unreadable(status, str(error), body)
    if faults.errors:
        code = faults.errors[0].code
        return Refusal(status=status, code=code, message=faults.errors[0].message or code.lower().replace("_", " "))
    if faults.details:
        return Refusal(status=status, code=_code_of(status), message=faults.details)
    return _unreadable(status, "no error details found in HTTP response body", body)


def _code_of(status: int) -> str:
    return _CODES_OF_STATUS.get(status, "UNKNOWN")


def _text(body: bytes) -> str:
    return body.decode(errors="replace").strip()


def _unreadable(status: int, why: str, body: bytes) -> Refusal:
    """Of a document without a reason; of a 401 its status says enough."""
    if status == 401:
        return Refusal(status=status, code="UNAUTHORIZED", message=_MESSAGES["UNAUTHORIZED"])
    message = f"error parsing HTTP {status} response body: {why}: {json.dumps(_text(body))}"
    return Refusal(status=status, code="", message=message)


def pause_asked(text: str) -> float:
    """The seconds of a Retry-After (RFC 9110 section 10.2.3); 0 without, and for a date."""
    return float(text) if text.isascii() and text.isdigit() else 0


def error_of(refused: Refusal) -> WherryError:
    """The error of a request that is about no image."""
    if refused.code in ("UNAUTHORIZED", "DENIED"):
        return AccessRefused(str(refused))
    return RegistryError(str(refused))


def push_error(refused: Refusal) -> WherryError:
    """The error of a step of a push."""
    if refused.code in ("BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"):
        return UploadLost(str(refused))
    if refused.status == 405 or refused.code == "UNSUPPORTED":
        return MethodRefused(str(refused))
    return error_of(refused)


def pull_error(refused: Refusal, reference: Reference) -> WherryError:
    """The error that a pull of ``reference`` ends with."""
    match refused.code:
        case "DENIED":
            return NoSuchManifest(
                f"pull access denied for {reference.familiar_name}, repository does not exist or may require "
                f"'docker login': {refused}"
            )
        case "MANIFEST_UNKNOWN":
            return NoSuchManifest(f"manifest for {reference.familiar} not found: {refused}")
        case "NAME_UNKNOWN":
            return NoSuchManifest(f"repository {reference.familiar_name} not found: {refused}")
        case "BLOB_UNKNOWN":
            return NotFound("unknown blob")
    return error_of(refused)
