"""``X-Registry-Auth`` → credentials."""

import base64
import binascii

import msgspec

from wherry.model.registry import Credentials
from wherry.wire.registry import AuthConfig

_decode = msgspec.json.Decoder(AuthConfig).decode


def credentials(header: str | None) -> Credentials | None:
    """Read base64 of JSON, in either alphabet and with or without padding; None if nothing is in it.

    What cannot be read is no credentials either, as dockerd has it: some clients send a placeholder.
    """
    if not header:
        return None
    text = header.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        auth = _decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, UnicodeError, msgspec.DecodeError):
        return None
    found = given(auth)
    return None if found == Credentials() else found


def given(auth: AuthConfig) -> Credentials:
    return Credentials(
        username=auth.username or "",
        password=auth.password or "",
        identity_token=auth.identitytoken or "",
        registry_token=auth.registrytoken or "",
    )
