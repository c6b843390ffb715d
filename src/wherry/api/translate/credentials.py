"""``X-Registry-Auth`` and ``X-Registry-Config`` → credentials."""

import base64
from typing import TypeVar

import msgspec

from wherry.model.malformed import MALFORMED
from wherry.model.registry import Credentials
from wherry.wire.registry import AuthConfig

T = TypeVar("T")


def credentials(header: str | None) -> Credentials | None:
    """Read base64 of JSON, in either alphabet and with or without padding; None if nothing is in it.

    What cannot be read is no credentials either, as dockerd has it: some clients send a placeholder.
    """
    auth = decoded(header, AuthConfig)
    found = given(auth) if auth else Credentials()
    return None if found == Credentials() else found


def decoded(header: str | None, kind: type[T]) -> T | None:
    """What a header holds in base64 of JSON; None if it is empty, or cannot be read."""
    if not header:
        return None
    text = header.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (ValueError, *MALFORMED):  # of the base64: bytes that it does not have, or a length
        return None


def given(auth: AuthConfig) -> Credentials:
    return Credentials(
        username=auth.username or "",
        password=auth.password or "",
        identity_token=auth.identitytoken or "",
        registry_token=auth.registrytoken or "",
    )
