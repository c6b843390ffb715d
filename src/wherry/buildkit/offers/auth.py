"""Credentials of a session's client for registries (``moby.filesync.v1.Auth``)."""

from typing import Annotated, Final

from msgspec import Struct

from wherry.buildkit.protobuf import decode, encode
from wherry.buildkit.session import Session
from wherry.model.reference import DEFAULT_DOMAIN, HUB_HOST
from wherry.model.registry import Credentials

CREDENTIALS: Final = "/moby.filesync.v1.Auth/Credentials"


class Asked(Struct, frozen=True):
    """``CredentialsRequest``"""

    host: Annotated[str, 1] = ""


class Shown(Struct, frozen=True):
    """``CredentialsResponse``: without a name the secret is an identity token."""

    username: Annotated[str, 1] = ""
    secret: Annotated[str, 2] = ""


async def credentials(session: Session, registry: str) -> Credentials | None:
    """What the client shows to a registry; None for nothing. CallFailed."""
    if CREDENTIALS not in session.methods:
        return None
    host = HUB_HOST if registry == DEFAULT_DOMAIN else registry
    shown = decode(Shown, await session.call(CREDENTIALS, encode(Asked(host))))
    if not shown.secret:
        return None
    if not shown.username:
        return Credentials(identity_token=shown.secret)
    return Credentials(username=shown.username, password=shown.secret)
